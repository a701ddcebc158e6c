"""A case opens for an organization without a working admin, and each step needs its state, its people and its time."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence

from django.db.models import Exists, Q, QuerySet

from audit.foundation.actor import Actor, ActorKind
from delegation.absence_claims import rules as claims_rules
from delegation.authorization import admin_queries, input_cleaning
from delegation.authorization.errors import (
    AlreadyExists,
    CaseChanged,
    CaseStep,
    CaseStopped,
    CaseWaits,
    HasAdmin,
    InvalidInput,
    OwnCase,
    ProofsMissing,
)
from delegation.orphan_cases import ladder
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof, OrphanVerdict
from identity.memberships.models import Membership
from identity.people.models import User

STATE = OrphanCase.State
MAX_PROOFS = 20
MAX_QUESTIONS = 20
OBJECTABLE = (STATE.PROPOSED, STATE.APPROVED, STATE.INVITED, STATE.JOINED)
CLOSABLE = (STATE.OPEN, *OBJECTABLE)
APPROVED_FINALLY = (STATE.INVITED, STATE.JOINED)
"""An objection does not void the approval: one more person of senior support decides on it."""


def present_admins(
    *, organization: uuid.UUID, at: dt.datetime, by_claims: bool = False
) -> QuerySet[Membership]:
    """Filter the working admins who are there.

    In a case that rests on unanswered questions, and with `by_claims`, absent admins do not count: they have neither
    answered in time nor signed in since the question. One who is back counts again, and the case goes no further.
    """
    unanswered = claims_rules.unanswered(at=at).filter(organization=organization)
    absent = unanswered.values("membership")
    admins = admin_queries.working_admins(organization=organization, at=at)
    if by_claims:
        return admins.exclude(id__in=absent)
    cases = OrphanCase.objects.filter(
        organization=organization, closed_at=None, cause=OrphanCase.CaseCause.CLAIM
    )
    return admins.filter(~Q(id__in=absent) | ~Q(Exists(cases)))


def require_orphaned(*, organization: uuid.UUID, at: dt.datetime, by_claims: bool = False) -> None:
    """Raise HasAdmin where a working admin is there, perhaps back. Call it under the lock of the chain."""
    if present_admins(organization=organization, at=at, by_claims=by_claims).exists():
        raise HasAdmin


def grounds(*, organization: uuid.UUID, at: dt.datetime) -> list[uuid.UUID]:
    """Return the unanswered questions that a case rests on. Raises InvalidInput for none. One statement."""
    rows = claims_rules.unanswered(at=at).filter(organization=organization)
    found = list(rows.order_by("claimed_at", "id").values_list("id", flat=True))
    if not found:
        raise InvalidInput(field="case", problem="invalid")
    return found


def require_no_other(*, organization: uuid.UUID) -> None:
    """Raise AlreadyExists for a second case at a time."""
    if OrphanCase.objects.filter(organization=organization, closed_at=None).exists():
        raise AlreadyExists(field="case")


def require_members(*, organization: uuid.UUID) -> None:
    """Raise InvalidInput where no person ever joined: the first admins are invited in another way."""
    if not Membership.objects.filter(organization=organization).exists():
        raise InvalidInput(field="case", problem="invalid")


def require_state(case: OrphanCase, *allowed: str) -> None:
    """Raise CaseStep for a step that is not the next one."""
    if case.state not in allowed:
        raise CaseStep(state=case.state)


def require_running(case: OrphanCase) -> None:
    """Raise CaseStopped while an objection waits for a decision."""
    if case.stopped_at is not None:
        raise CaseStopped


def require_wait_over(case: OrphanCase, *, at: dt.datetime) -> None:
    """Raise CaseWaits before the time for objections is over."""
    if case.waits_until is None or at < case.waits_until:
        raise CaseWaits(until=case.waits_until.isoformat() if case.waits_until else "")


def require_impartial(case: OrphanCase, *, actor: Actor, others: Collection[uuid.UUID | None] = ()) -> None:
    """Raise OwnCase for one of the staff who is named in `others`, or has the address of the person to invite."""
    if actor.kind is not ActorKind.STAFF or actor.id in others:
        raise OwnCase
    contact = User.all_directories.filter(pk=actor.id).values_list("contact", flat=True).first() or ""
    addresses = {case.email, *case.requests.values_list("email", flat=True)}
    if contact and contact.lower() in {address.lower() for address in addresses}:
        raise OwnCase


def makers(case: OrphanCase) -> set[uuid.UUID]:
    """Return those who made the case what it is: the ones who opened it, named the person, and proposed."""
    return {one for one in (case.opened_by, case.named_by, case.proposed_by) if one}


def barred_from_objections(case: OrphanCase) -> set[uuid.UUID]:
    """Return those who do not decide on an objection: who approved, and after the invitation who made the case, too."""
    made = makers(case) if case.state in APPROVED_FINALLY else set()
    return {*made, case.approved_by} if case.approved_by else made


def deciders(case: OrphanCase) -> set[uuid.UUID]:
    """Return those who decided on objections in this case. One statement."""
    rows = OrphanLetter.objects.filter(case=case, decided_by__isnull=False)
    return {one for one in rows.values_list("decided_by", flat=True) if one}


def digest_of(case: OrphanCase, proofs: Iterable[OrphanProof]) -> str:
    """Return the digest of what is decided on: the person, and each proof with its file."""
    parts = [str(case.id), case.email.lower(), case.name]
    parts += [
        f"{one.id}:{one.kind}:{one.source}:{one.weight}:{one.file_digest}"
        for one in sorted(proofs, key=lambda proof: str(proof.id))
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def require_shown(case: OrphanCase, proofs: Sequence[OrphanProof], shown: str) -> str:
    """Return the digest. Raises CaseChanged where the page showed the actor something else."""
    digest = digest_of(case, proofs)
    if digest != shown:
        raise CaseChanged
    return digest


def require_complete(verdicts: Mapping[uuid.UUID, bool], proofs: Sequence[OrphanProof]) -> None:
    """Raise InvalidInput unless every proof has its verdict, and nothing else has one."""
    if set(verdicts) != {proof.id for proof in proofs}:
        raise InvalidInput(field="verdict", problem="missing")


def require_enough(case: OrphanCase, accepted: Iterable[OrphanProof]) -> None:
    """Raise ProofsMissing where the accepted proofs are too few, too light, or rest on one source."""
    if not ladder.score(accepted).suffices(case.threshold):
        raise ProofsMissing


def accepted_in(act: uuid.UUID | None) -> set[uuid.UUID]:
    """Return the proofs that were accepted in this act. One statement."""
    if act is None:
        return set()
    rows = OrphanVerdict.objects.filter(act=act, accepted=True)
    return set(rows.values_list("proof", flat=True))


def required(reason: str) -> str:
    """Return the cleaned reason. Raises InvalidInput for none."""
    cleaned = input_cleaning.reason(reason)
    if not cleaned:
        raise InvalidInput(field="reason", problem="missing")
    return cleaned
