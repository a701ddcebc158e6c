"""An admin confirms by one act to be one still."""

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.verbs import Verb
from delegation.continuity_grades import rules
from delegation.continuity_grades.models import AdminConfirmation
from delegation.continuity_grades.subjects import OwnAdminPart
from identity.memberships.models import Membership


@command
def confirm(*, actor: Actor, membership: Membership, idempotency_key: str | None = None) -> Outcome[None]:
    """Confirm that the actor is still an admin by this own membership.

    Raises Unchanged soon after a confirmation, besides the errors of every act.
    """
    subject = OwnAdminPart([membership])
    with acting(actor, Verb.ADMIN_CONFIRM, on=subject, idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_due(membership=row.id, at=act.at)
        AdminConfirmation.objects.create(
            membership=row, organization_id=row.organization_id, confirmed_at=act.at, act=act.id
        )
        act.record()
    return act.outcome
