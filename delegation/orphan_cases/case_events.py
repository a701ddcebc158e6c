"""Each step of a case is an event in the customer's log, and one with its note in the supplier's."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from audit.log import ledger
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.act import Act
from delegation.authorization.verbs import On, Verb
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof, OrphanRequest

CASE = (
    "id", "organization_id", "cause", "state", "threshold", "language", "named_by", "opened_by", "opened_by_kind",
    "opened_at", "digest", "proposed_by", "proposed_at", "proposed_act", "waits_until", "stopped_at", "approved_by",
    "approved_at", "approved_act", "invitation_id", "invited_at", "membership_id", "full_from", "closed_at",
)  # fmt: skip
PROOF = (
    "id", "case_id", "organization_id", "kind", "source", "weight", "added_by", "added_by_kind", "added_at", "act",
    "file_type", "file_size", "file_digest", "stored_digest",
)  # fmt: skip
LETTER = (
    "id", "case_id", "organization_id", "purpose", "recipient", "membership_id", "contact", "hash", "sent_by",
    "sent_at", "act", "answer", "answered_at", "answered_act", "decided_by", "decided_at",
)  # fmt: skip
REQUEST = (
    "id", "organization_id", "case_id", "language", "hash", "asked_at", "act", "expires_at", "confirmed_at",
    "decided_by", "decided_at",
)  # fmt: skip
LETTERS_OF_AN_EVENT = 500
"""Letters that one event names, so that its body stays small."""


def snapshot(row: Any, columns: Sequence[str]) -> dict[str, Any]:
    """Return these columns as the log holds them; the table is rebuilt from it."""
    return {name: _plain(getattr(row, name)) for name in columns}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def case_facts(case: OrphanCase) -> dict[str, Any]:
    """Return what the log says of a case after a step."""
    return {"case": str(case.id), "case_after": snapshot(case, CASE)}


def proof_facts(proof: OrphanProof) -> dict[str, Any]:
    """Return what the log says of a proof."""
    return {"proof": snapshot(proof, PROOF)}


def letter_facts(letters: Sequence[OrphanLetter]) -> dict[str, Any]:
    """Return what the log says of letters after a step."""
    return {"letters": [snapshot(one, LETTER) for one in letters]}


def request_facts(request: OrphanRequest) -> dict[str, Any]:
    """Return what the log says of a stranger's request after a step."""
    return {"request_after": snapshot(request, REQUEST)}


def record(
    act: Act,
    case: OrphanCase,
    *,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
    about: Sequence[uuid.UUID] = (),
    names_person: bool = False,
) -> None:
    """Record a step; the note is encrypted under the case's key and the keys of `about`.

    `names_person`: the event has the name and address of the person to invite, too.
    """
    act.record(case=str(case.id), case_state=case.state)
    writer = [act.actor.id] if act.actor.is_person else []
    personal = {"reason": PersonalValue(note, tuple(dict.fromkeys([*writer, *about, case.id])))}
    if names_person:
        personal |= {
            "name": PersonalValue(case.name, (case.id,)),
            "email": PersonalValue(case.email, (case.id,)),
        }
    given = {name: value for name, value in personal.items() if value.text}
    to_supplier(act, act.verb, facts={**case_facts(case), **(facts or {})}, personal=given)


def record_opened(act: Act, case: OrphanCase) -> None:
    """Record in the supplier's chain that this act, which is about a request, opened the case for its person."""
    to_supplier(
        act,
        Verb.ORPHAN_CASE_OPEN,
        facts={**case_facts(case), "case_state": case.state},
        personal={
            "name": PersonalValue(case.name, (case.id,)),
            "email": PersonalValue(case.email, (case.id,)),
        },
    )


def to_supplier(
    act: Act, verb: Verb, *, facts: Mapping[str, Any], personal: Mapping[str, PersonalValue] | None = None
) -> None:
    """Record an event in the supplier's chain alone."""
    act.also(
        verb,
        Subject(On.SUPPLIER.value, ledger.SUPPLIER),
        cause=act.verb,
        facts=facts,
        personal=personal or {},
        chain=ledger.SUPPLIER,
    )
