"""The acceptance of the invitation is a step of its case, in the same act."""

from django.conf import settings

from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.authorization.errors import InvitationGone
from delegation.authorization.verbs import On, Verb
from delegation.invitations import followups
from delegation.invitations.models import Invitation
from delegation.orphan_cases import case_events, rules
from delegation.orphan_cases.models import OrphanCase
from identity.memberships.models import Membership


def join(act: Act, invitation: Invitation, membership: Membership) -> None:
    """Let the case go on with this member, whose rights are those of the invitation until the further time is over.

    Raises InvitationGone where the case was closed, an objection stops it, or an admin is back.
    """
    case = OrphanCase.objects.select_for_update().filter(invitation=invitation).first()
    if case is None:
        return
    is_back = rules.present_admins(organization=case.organization_id, at=act.at).exists()
    if case.state != OrphanCase.State.INVITED or case.stopped_at is not None or is_back:
        raise InvitationGone(state="cancelled")
    case.state, case.membership = OrphanCase.State.JOINED, membership
    case.full_from = act.at + settings.ORPHAN_PROBATION
    case.save(update_fields=["state", "membership", "full_from"])
    act.also(
        Verb.ORPHAN_CASE_JOIN,
        Subject(On.ORGANIZATION.value, case.organization_id),
        cause=Verb.INVITATION_ACCEPT,
        facts={**case_events.case_facts(case), "case_state": case.state},
        chain=case.organization_id,
    )


followups.register(join)
