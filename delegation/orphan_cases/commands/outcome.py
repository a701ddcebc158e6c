"""The approved person gets one invitation, first invites and views only, and gets all rights after a further time."""

from dataclasses import dataclass, field

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.access import store as access_store
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization.errors import CaseWaits, NoticesReturned
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import effects as invitations_effects
from delegation.invitations import links as invitation_links
from delegation.orphan_cases import basis, case_events, letters, rules
from delegation.orphan_cases.interim import ADMIN_ROLE, FIRST_ROLE
from delegation.orphan_cases.models import OrphanCase, OrphanProof
from delegation.orphan_cases.subjects import CaseSet

_STATE = OrphanCase.State


@dataclass(frozen=True, slots=True)
class Invited:
    """Holds the secret of the invitation's link: the caller mails it to the named address."""

    link: str = field(default="", metadata=NOT_STORED)


@command
def invite(*, actor: Actor, case: OrphanCase, idempotency_key: str | None = None) -> Outcome[Invited]:
    """Send the one invitation, once proofs, two people and time are there.

    Raises CaseStep, CaseStopped, CaseWaits, CaseChanged, NoticesReturned, ProofsMissing and HasAdmin besides the errors
    of an invitation.
    """
    with acting(actor, Verb.ORPHAN_CASE_INVITE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.APPROVED)
        rules.require_running(row)
        rules.require_wait_over(row, at=act.at)
        _require_as_approved(act, row)
        access = AccessSpec(role=FIRST_ROLE, all_sites=True)
        link = invitations_effects.invite_first(
            act, email=row.email, name=row.name, access=access, language=row.language, also_members=True
        )
        row.invitation = invitation_links.invitation_of_link(link)
        row.state, row.invited_at = _STATE.INVITED, act.at
        row.save()
        case_events.record(act, row)
        return act.set_result(Invited(link))


def _require_as_approved(act: Act, case: OrphanCase) -> None:
    """Check again under the locks what the two people decided, and that a notice can have reached a person."""
    rules.require_orphaned(organization=act.organization, at=act.at)
    proofs = list(OrphanProof.objects.filter(case=case).defer("file"))
    rules.require_shown(case, proofs, case.digest)
    accepted = rules.accepted_in(case.proposed_act) & rules.accepted_in(case.approved_act)
    counted = [one for one in proofs if one.id in accepted]
    rules.require_enough(case, basis.counting(case, counted, at=act.at))
    if not letters.are_reachable(case):
        raise NoticesReturned


@command
def complete(*, actor: Actor, case: OrphanCase, idempotency_key: str | None = None) -> Outcome[None]:
    """Give the new admin all rights of an admin, once the further time is over without an objection.

    Where an admin is there again, the case is closed instead, and the new one keeps the limited access.

    Raises CaseStep, CaseStopped and CaseWaits besides the errors of every act.
    """
    with acting(actor, Verb.ORPHAN_CASE_COMPLETE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.JOINED)
        rules.require_running(row)
        if act.at < row.full_from:
            raise CaseWaits(until=row.full_from.isoformat())
        is_back = rules.present_admins(organization=act.organization, at=act.at).exists()
        given = not is_back and _give_all(act, row)
        row.state, row.closed_at = _STATE.RESOLVED if given else _STATE.CLOSED, act.at
        row.save(update_fields=["state", "closed_at"])
        case_events.record(act, row)
    return act.outcome


def _give_all(act: Act, case: OrphanCase) -> bool:
    """Replace the first role by an admin's; return False for one who was removed meanwhile."""
    member = case.membership_id
    if member is None:
        return False
    access = AccessSpec(role=ADMIN_ROLE, all_sites=True)
    before = access_store.snapshot(memberships=[member], at=act.at).get(member, [])
    if not before:
        return False
    kept = before if any(one["role"] != FIRST_ROLE for one in before) else []
    ended = {} if kept else access_store.end(memberships=[member], at=act.at)
    access_store.assign(
        memberships=[member], access=access, actor=act.actor, act=act.id, at=act.at, ended=ended
    )
    act.also(
        Verb.ACCESS_CHANGE,
        Subject("membership", member),
        cause=act.verb,
        before={"access": before},
        after={"access": [*kept, access.to_json()]},
        chain=case.organization_id,
    )
    return True
