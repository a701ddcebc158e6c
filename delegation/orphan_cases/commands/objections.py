"""A recipient of a notice objects by its link and stops the clock; one of the staff decides with a reason."""

import datetime as dt

from audit.foundation.actor import Actor
from delegation.acts import authorize
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import CaseStep, NotFound
from delegation.authorization.verbs import Verb
from delegation.orphan_cases import case_events, letters, rules
from delegation.orphan_cases.models import OrphanCase, OrphanLetter
from delegation.orphan_cases.subjects import CaseSet, LetterSet

_STATE = OrphanCase.State


@command
def object_to(
    *, actor: Actor, letter: OrphanLetter, link: str, text: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Object to the proposal, once by each link: the clock stops, and an approval is void.

    Raises CaseStep where the case is over or the link was used, and NotFound for another link.
    """
    text = input_cleaning.reason(text)
    with acting(actor, Verb.ORPHAN_CASE_OBJECT, on=LetterSet(letter), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        found = letters.locked(case=row, link=link, purpose=OrphanLetter.Purpose.NOTICE)
        rules.require_state(row, *rules.OBJECTABLE)
        letters.mark(act, found, OrphanLetter.LetterAnswer.OBJECTED)
        row.stopped_at = row.stopped_at or act.at
        if row.state == _STATE.APPROVED:  # what was approved was approved without knowing of this
            row.state = _STATE.PROPOSED
            row.approved_by = row.approved_at = row.approved_act = None
        row.save()
        about = [found.membership.user_id] if found.membership else []
        case_events.record(act, row, note=text, facts=case_events.letter_facts([found]), about=about)
    return act.outcome


@command
def go_on(
    *, actor: Actor, case: OrphanCase, letter: OrphanLetter, reason: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Decide that the case goes on in spite of an objection; the clock goes on where it stopped.

    After the invitation another one of senior support decides. Raises OwnCase for the one who approved, and then for
    those who opened, named and proposed; CaseStep, NotFound and InvalidInput besides the errors of every act.
    """
    reason = rules.required(reason)
    with acting(actor, Verb.ORPHAN_CASE_CONTINUE, on=CaseSet(case), idempotency_key=idempotency_key) as act:
        (row,) = act.on
        rules.require_state(row, *rules.OBJECTABLE)
        rules.require_impartial(row, actor=actor, others=rules.barred_from_objections(row))
        if row.state in rules.APPROVED_FINALLY:
            authorize.require_all(on=act.subjects, actor=actor, verb=Verb.ORPHAN_CASE_APPROVE, at=act.at)
        objections = OrphanLetter.objects.select_for_update().filter(
            case=row, answer=OrphanLetter.LetterAnswer.OBJECTED, decided_at=None
        )
        undecided = {one.id: one for one in objections}
        if letter.id not in undecided:
            raise CaseStep(state=row.state) if letter.case_id == row.id else NotFound
        found = undecided.pop(letter.id)
        found.decided_by, found.decided_at = actor.id, act.at
        found.save(update_fields=["decided_by", "decided_at"])
        if not undecided:
            _start_clock(row, act.at)
        case_events.record(act, row, note=reason, facts=case_events.letter_facts([found]))
    return act.outcome


def _start_clock(case: OrphanCase, at: dt.datetime) -> None:
    """Let the clock go on, with as much time left as when it stopped."""
    if case.stopped_at is None:
        return
    stopped = at - case.stopped_at
    if case.state == _STATE.PROPOSED and case.waits_until is not None:
        case.waits_until += stopped
    if case.state == _STATE.JOINED and case.full_from is not None:
        case.full_from += stopped
    case.stopped_at = None
    case.save(update_fields=["waits_until", "full_from", "stopped_at"])
