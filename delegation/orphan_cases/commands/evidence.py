"""Staff add proofs and ask members, old admins and contacts, who answer on the page behind a link."""

import datetime as dt
import uuid
from dataclasses import dataclass, field

from audit.foundation import ids
from audit.foundation.actor import Actor, ActorKind
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization.errors import CaseStep, Denied, InvalidInput, NotFound
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import basis, case_events, files, ladder, letters, rules, sources
from delegation.orphan_cases.files import ProofFile
from delegation.orphan_cases.letters import LetterTo
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof
from delegation.orphan_cases.subjects import CaseSet, LetterSet, UnknownLink
from identity import machine_secrets
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership

_STATE, _ANSWER = OrphanCase.State, OrphanLetter.LetterAnswer


@dataclass(frozen=True, slots=True)
class ProofAdded:
    """Names the proof."""

    proof: uuid.UUID


@command
def add_proof(
    *,
    actor: Actor,
    case: OrphanCase,
    kind: str,
    note: str,
    file: bytes = b"",
    idempotency_key: str | None = None,
) -> Outcome[ProofAdded]:
    """Add a proof with what it shows; it is never changed afterwards, and none is added once one of the staff proposed.

    Raises CaseStep and InvalidInput besides the errors of every act.
    """
    note, proof = rules.required(note), ids.uuid7()
    if kind not in ladder.BY_STAFF:
        raise InvalidInput(field="kind", problem="unknown")
    if kind in ladder.WITH_FILE and not file:
        raise InvalidInput(field="file", problem="missing")
    checked = files.checked(file, proof=proof) if file else None
    with acting(actor, Verb.ORPHAN_CASE_PROVE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.OPEN)
        basis.require(row, kind=kind, at=act.at)
        rests_on = _Basis(kind, sources.of_added(row, kind))
        added = _insert(act, row, proof, rests_on, checked)
        case_events.record(act, row, note=note, facts=case_events.proof_facts(added))
        return act.set_result(ProofAdded(added.id))


@dataclass(frozen=True, slots=True)
class _Basis:
    """Says what a proof is, and what it rests on."""

    kind: str
    source: str


def _insert(act: Act, case: OrphanCase, proof: uuid.UUID, of: _Basis, file: ProofFile | None) -> OrphanProof:
    if case.proofs.count() >= rules.MAX_PROOFS:
        raise InvalidInput(field="proof", problem="too_many", longest=rules.MAX_PROOFS)
    of_file = {}
    if file is not None:
        of_file = {
            "file": file.stored,
            "file_type": file.type,
            "file_size": file.size,
            "file_digest": file.digest,
            "stored_digest": file.stored_digest,
        }
    return OrphanProof.objects.create(
        id=proof,
        case=case,
        organization_id=case.organization_id,
        kind=of.kind,
        source=of.source,
        weight=ladder.weight_of(of.kind),
        added_by=act.actor.id,
        added_by_kind=act.actor.kind.value,
        added_at=act.at,
        act=act.id,
        **of_file,
    )


@dataclass(frozen=True, slots=True)
class LetterSent:
    """Names the letter and holds the secret of its link: the caller mails it, and only its hash is stored."""

    letter: uuid.UUID
    link: str = field(default="", metadata=NOT_STORED)


@command
def ask(
    *, actor: Actor, case: OrphanCase, membership: Membership, idempotency_key: str | None = None
) -> Outcome[LetterSent]:
    """Ask a member, or an admin of earlier days, whether the named person should be the admin.

    Raises CaseStep and InvalidInput, and NotFound for anyone else, besides the errors of every act.
    """
    with acting(actor, Verb.ORPHAN_CASE_ASK, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        recipient = letters.recipient_of(case=row, membership=membership.id, at=act.at)
        if recipient is None:
            raise NotFound
        return act.set_result(_question(act, row, LetterTo(recipient, membership.id)))


@command
def ask_contact(
    *, actor: Actor, case: OrphanCase, contact: uuid.UUID, idempotency_key: str | None = None
) -> Outcome[LetterSent]:
    """Ask a contact of the customer who was known before the case, whether the named person should be the admin.

    Raises CaseStep and InvalidInput, and NotFound for another contact, besides the errors of every act.
    """
    with acting(actor, Verb.ORPHAN_CASE_ASK, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        if contact not in {one.contact for one in letters.known_contacts(row)}:
            raise NotFound
        to = LetterTo(OrphanLetter.LetterRecipient.CONTACT, contact=contact)
        return act.set_result(_question(act, row, to))


def _question(act: Act, case: OrphanCase, to: LetterTo) -> LetterSent:
    """Write the question."""
    rules.require_state(case, _STATE.OPEN if case.email else "")
    if case.letters.filter(purpose=OrphanLetter.Purpose.QUESTION).count() >= rules.MAX_QUESTIONS:
        raise InvalidInput(field="letter", problem="too_many", longest=rules.MAX_QUESTIONS)
    link = machine_secrets.generate(prefix=letters.PREFIX)
    letter = letters.new(act, case, OrphanLetter.Purpose.QUESTION, to, link)
    letter.save(force_insert=True)
    case_events.record(act, case, facts=case_events.letter_facts([letter]))
    return LetterSent(letter.id, link)


@command
def answer(
    *, actor: Actor, letter: OrphanLetter, link: str, agrees: bool, idempotency_key: str | None = None
) -> Outcome[None]:
    """Answer a question once; a yes is a proof. A member answers signed in, an old admin or contact by the link alone.

    Raises Denied for another person than the member, CaseStep, and NotFound for another link.
    """
    with acting(actor, Verb.ORPHAN_CASE_ANSWER, on=LetterSet(letter), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        found = letters.locked(case=row, link=link, purpose=OrphanLetter.Purpose.QUESTION)
        rules.require_state(row, _STATE.OPEN)
        _require_recipient(found, actor, act.at)
        letters.mark(act, found, _ANSWER.YES if agrees else _ANSWER.NO)
        facts = case_events.letter_facts([found])
        if agrees:
            kind = _kind(found)
            rests_on = _Basis(kind, sources.of_answer(row, found, kind))
            facts |= case_events.proof_facts(_insert(act, row, ids.uuid7(), rests_on, None))
        case_events.record(act, row, facts=facts)
    return act.outcome


_KINDS = {
    OrphanLetter.LetterRecipient.MEMBER: OrphanProof.ProofKind.MEMBER,
    OrphanLetter.LetterRecipient.FORMER_ADMIN: OrphanProof.ProofKind.MAILBOX,
    OrphanLetter.LetterRecipient.CONTACT: OrphanProof.ProofKind.CONTACT,
}
"""What a yes of each recipient proves."""


def _kind(letter: OrphanLetter) -> str:
    return _KINDS[OrphanLetter.LetterRecipient(letter.recipient)]


def _require_recipient(letter: OrphanLetter, actor: Actor, at: dt.datetime) -> None:
    """Raise Denied unless a present member answers as the signed-in person: the mailbox alone is not enough.

    Raises CaseStep for the person to invite, who does not confirm the own request.
    """
    if letter.recipient == OrphanLetter.LetterRecipient.CONTACT:
        if letter.contact not in {one.contact for one in letters.known_contacts(letter.case)}:
            raise CaseStep(state=letter.case.state)
        return
    member = letter.membership
    if member is None or member.user.email.lower() == letter.case.email.lower():
        raise CaseStep(state=letter.case.state)
    if letter.recipient != OrphanLetter.LetterRecipient.MEMBER:
        return
    if actor.kind is not ActorKind.PERSON or actor.id != member.user_id:
        raise Denied(reason="no_permission")
    if (
        not memberships_queries.active(at=at).filter(id=member.id).exists()
    ):  # removed or suspended since the question
        raise Denied(reason="no_permission")


@command
def refuse_unknown(*, actor: Actor, objects: bool) -> Outcome[None]:
    """Record that a link which opens nothing was sent. Raises NotFound always."""
    verb = Verb.ORPHAN_CASE_OBJECT if objects else Verb.ORPHAN_CASE_ANSWER
    with acting(actor, verb, on=UnknownLink()) as act:
        return act.outcome
