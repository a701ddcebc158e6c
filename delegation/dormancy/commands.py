"""The system warns dormant members twice, and then suspends their membership."""

from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.verbs import Verb
from delegation.dormancy import rules
from delegation.dormancy.models import DormancyWarning
from delegation.dormancy.subjects import DormantMembers
from delegation.people import effects
from delegation.people.commands.members import Removed
from identity.memberships.models import Membership


@command
def warn(
    *, actor: Actor, memberships: Sequence[Membership], number: int, idempotency_key: str | None = None
) -> Outcome[None]:
    """Record that these members of one organization are warned; the channel mails them. Their access does not change.

    Raises Unchanged where a member signed in meanwhile, besides the errors of every act.
    """
    subjects = DormantMembers(memberships)
    with acting(actor, Verb.DORMANCY_WARN, on=subjects, idempotency_key=idempotency_key) as act:
        steps = {
            row.id: rules.step_of(row, at=act.at)
            for row in rules.require_due(act.on, number=number, at=act.at)
        }
        rows = [
            DormancyWarning(
                membership=row,
                organization_id=row.organization_id,
                number=number,
                warned_at=act.at,
                suspends_at=step.suspends_at,
                act=act.id,
            )
            for row in act.on
            if (step := steps[row.id]) is not None
        ]
        DormancyWarning.objects.bulk_create(rows)
        for row in rows:
            facts = {"warning": number, "suspends_at": row.suspends_at.isoformat()}
            act.record_change(row.membership_id, before={}, after={}, facts=facts)
    return act.outcome


@command
def suspend(
    *, actor: Actor, memberships: Sequence[Membership], idempotency_key: str | None = None
) -> Outcome[Removed]:
    """Suspend the membership of these members of one organization, as every suspension does.

    Raises Unchanged where a member signed in meanwhile, and LastAdmin, besides the errors of every act.
    """
    subjects = DormantMembers(memberships)
    with acting(actor, Verb.MEMBER_SUSPEND, on=subjects, idempotency_key=idempotency_key) as act:
        rules.require_due(act.on, number=rules.SUSPENSION, at=act.at)
        ended = effects.suspend_members(act, act.on)
        act.record(dormant=True)
        return Removed.recorded(act, ended, reason="")
