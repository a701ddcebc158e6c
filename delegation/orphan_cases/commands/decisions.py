"""One of the staff proposes the new admin and starts the time for objections; another approves."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from audit.foundation import ids
from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import basis, case_events, interim, letters, rules
from delegation.orphan_cases.case_events import LETTERS_OF_AN_EVENT
from delegation.orphan_cases.commands.evidence import LetterSent
from delegation.orphan_cases.letters import LetterTo
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof, OrphanVerdict
from delegation.orphan_cases.subjects import CaseSet
from identity import machine_secrets

_STATE = OrphanCase.State
POST_WAIT = dt.timedelta(days=7)
"""A letter by post takes days: objections wait for it."""


@dataclass(frozen=True, slots=True)
class Notified:
    """Holds the letters and the secrets of their links; only the hashes are stored."""

    number: int
    links: tuple[LetterSent, ...] = field(default=(), metadata=NOT_STORED)


@command
def propose(
    *,
    actor: Actor,
    case: OrphanCase,
    verdicts: Mapping[uuid.UUID, bool],
    shown: str,
    idempotency_key: str | None = None,
) -> Outcome[Notified]:
    """Judge each proof and propose the named person; members, old admins and known contacts get a link to object.

    The time for objections starts. Raises CaseStep, CaseChanged, ProofsMissing, TierMissing, HasAdmin, OwnCase and
    InvalidInput besides the errors of every act.
    """
    with acting(actor, Verb.ORPHAN_CASE_PROPOSE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.OPEN)
        if not row.email:
            raise InvalidInput(field="email", problem="missing")
        rules.require_impartial(row, actor=actor)
        interim.require_tiers(at=act.at)
        proofs = _judged(act, row, verdicts, shown)
        row.digest = rules.digest_of(row, proofs)
        row.state, row.proposed_by, row.proposed_at, row.proposed_act = (
            _STATE.PROPOSED,
            actor.id,
            act.at,
            act.id,
        )
        row.waits_until = act.at + settings.ORPHAN_WAIT
        row.save()
        sent = _notify(act, row)
        case_events.record(act, row, facts={"verdicts": _plain(verdicts), "notified": len(sent)})
        return act.set_result(Notified(len(sent), tuple(sent)))


@command
def approve(
    *,
    actor: Actor,
    case: OrphanCase,
    verdicts: Mapping[uuid.UUID, bool],
    shown: str,
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Judge each proof as the second person, without the first one's verdicts, and approve the named person.

    Raises OwnCase for one who opened, named, proposed or answered an objection; CaseStep, CaseChanged, CaseStopped,
    ProofsMissing, HasAdmin and InvalidInput besides the errors of every act.
    """
    with acting(actor, Verb.ORPHAN_CASE_APPROVE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.PROPOSED)
        rules.require_running(row)
        others = {*rules.makers(row), *rules.deciders(row)}
        rules.require_impartial(row, actor=actor, others=others)
        _judged(act, row, verdicts, shown, also_by=row.proposed_act)
        row.state, row.approved_by, row.approved_at, row.approved_act = (
            _STATE.APPROVED,
            actor.id,
            act.at,
            act.id,
        )
        row.save()
        case_events.record(act, row, facts={"verdicts": _plain(verdicts)})
    return act.outcome


@command
def withdraw(
    *, actor: Actor, case: OrphanCase, reason: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Take the proposal back, for more proofs; a new one starts the time for objections again.

    Raises CaseStep and InvalidInput besides the errors of every act.
    """
    reason = rules.required(reason)
    with acting(actor, Verb.ORPHAN_CASE_WITHDRAW, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.PROPOSED, _STATE.APPROVED)
        rules.require_running(row)
        row.state, row.digest, row.waits_until = _STATE.OPEN, "", None
        row.proposed_by = row.proposed_at = row.proposed_act = None
        row.approved_by = row.approved_at = row.approved_act = None
        row.save()
        case_events.record(act, row, note=reason)
    return act.outcome


@command
def note_post(
    *, actor: Actor, case: OrphanCase, note: str, idempotency_key: str | None = None
) -> Outcome[LetterSent]:
    """Note that a letter with a link to object is sent by post; the time for objections lasts a week from now at least.

    Raises CaseStep and InvalidInput besides the errors of every act.
    """
    note, link = rules.required(note), machine_secrets.generate(prefix=letters.PREFIX)
    with acting(actor, Verb.ORPHAN_CASE_NOTIFY, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, _STATE.PROPOSED, _STATE.APPROVED)
        to = LetterTo(OrphanLetter.LetterRecipient.POST)
        letter = letters.new(act, row, OrphanLetter.Purpose.NOTICE, to, link)
        letter.save(force_insert=True)
        row.waits_until = max(row.waits_until, act.at + POST_WAIT)
        row.save(update_fields=["waits_until"])
        case_events.record(act, row, note=note, facts=case_events.letter_facts([letter]))
        return act.set_result(LetterSent(letter.id, link))


def _judged(
    act: Act,
    case: OrphanCase,
    verdicts: Mapping[uuid.UUID, bool],
    shown: str,
    *,
    also_by: uuid.UUID | None = None,
) -> list[OrphanProof]:
    """Write the verdicts and return all proofs. Those that count were accepted here, and in the act `also_by`."""
    rules.require_orphaned(organization=act.organization, at=act.at)
    proofs = list(OrphanProof.objects.filter(case=case).defer("file").order_by("id"))
    rules.require_shown(case, proofs, shown)
    if also_by is not None:
        rules.require_shown(case, proofs, case.digest)
    rules.require_complete(verdicts, proofs)
    before = rules.accepted_in(also_by) if also_by else set(verdicts)
    accepted = [one for one in proofs if verdicts[one.id] and one.id in before]
    rules.require_enough(case, basis.counting(case, accepted, at=act.at))
    OrphanVerdict.objects.bulk_create(
        OrphanVerdict(
            id=ids.uuid7(),
            proof=one,
            act=act.id,
            judged_by=act.actor.id,
            judged_at=act.at,
            accepted=verdicts[one.id],
        )
        for one in proofs
    )
    return proofs


def _plain(verdicts: Mapping[uuid.UUID, bool]) -> dict[str, bool]:
    return {str(proof): accepted for proof, accepted in sorted(verdicts.items())}


def _notify(act: Act, case: OrphanCase) -> list[LetterSent]:
    """Write a letter with a link for everyone who may object."""
    recipients = letters.notified(case=case, at=act.at)
    links = [machine_secrets.generate(prefix=letters.PREFIX) for _one in recipients]
    rows = [
        letters.new(act, case, OrphanLetter.Purpose.NOTICE, to, link)
        for to, link in zip(recipients, links, strict=True)
    ]
    OrphanLetter.objects.bulk_create(rows, batch_size=1000)
    for start in range(0, len(rows), LETTERS_OF_AN_EVENT):
        _record_letters(act, case, rows[start : start + LETTERS_OF_AN_EVENT])
    return [LetterSent(row.id, link) for row, link in zip(rows, links, strict=True)]


def _record_letters(act: Act, case: OrphanCase, rows: Sequence[OrphanLetter]) -> None:
    facts = {"case": str(case.id), **case_events.letter_facts(rows)}
    case_events.to_supplier(act, Verb.ORPHAN_CASE_NOTIFY, facts=facts)
