"""The page behind the link of a letter shows the customer, the person, and whether it can still be answered."""

import datetime as dt
import uuid
from dataclasses import dataclass

from delegation.orphan_cases import letters, rules
from delegation.orphan_cases.models import OrphanCase, OrphanLetter


@dataclass(frozen=True, slots=True)
class LetterPageFacts:
    """Holds what the recipient of a letter reads."""

    row: OrphanLetter
    """What commands take."""
    is_notice: bool
    is_open: bool
    """Whether it can be answered now."""
    answer: str
    """Empty where the case is over, too."""
    customer: str
    person: str
    """Both are empty once the letter is past its end: an old link names no one."""
    ends: dt.datetime | None
    """When the time for objections ends; None where the clock does not run."""
    member: uuid.UUID | None
    """The user who must be signed in to answer; None where the link alone is enough."""
    language: str
    time_zone: str
    is_claim: bool
    """Whether the case rests on admins who did not answer: one who signs in stops it."""
    is_admin: bool
    """Whether the recipient has or had the admin role."""


def find(link: str) -> LetterPageFacts | None:
    """Find the letter of a link; None for one that opens nothing. One statement."""
    row = letters.find(link)
    if row is None:
        return None
    case, is_notice = row.case, row.purpose == OrphanLetter.Purpose.NOTICE
    states = rules.OBJECTABLE if is_notice else (OrphanCase.State.OPEN,)
    is_over = case.state in (OrphanCase.State.RESOLVED, OrphanCase.State.CLOSED)
    is_past = is_over or (not row.answer and case.state not in states)
    needs_sign_in = not is_notice and row.recipient == OrphanLetter.LetterRecipient.MEMBER
    return LetterPageFacts(
        row=row,
        is_notice=is_notice,
        is_open=not row.answer and case.state in states,
        answer="" if is_over else row.answer,
        customer="" if is_past else case.organization.name,
        person="" if is_past else case.name,
        ends=case.full_from or case.waits_until if is_notice and case.stopped_at is None else None,
        member=row.membership.user_id if needs_sign_in and row.membership else None,
        language=row.membership.user.language if row.membership else case.organization.language,
        time_zone=case.organization.time_zone,
        is_claim=case.cause == OrphanCase.CaseCause.CLAIM,
        is_admin=row.recipient == OrphanLetter.LetterRecipient.FORMER_ADMIN,
    )
