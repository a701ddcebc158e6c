"""The lines of a file are onboarded one after the other, each in an act; a repetition goes on after the last.

A line that was onboarded before is found by its number and name. Where a process was killed between the act and the
mail, the repetition sends a new link.
"""

import datetime as dt
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from audit.foundation import digests
from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from delegation.onboarding import commands, known_customers
from delegation.onboarding.new_customer import FirstAdmin, NewCustomer
from portal.desk.onboarding.checked_lines import EXISTS, NEW, CheckedLine
from portal.web.invitations import mail as invitations_mail
from portal.wording import refusals
from provisioning.mail import queue

_PURPOSE = "invitation"
_RECENT = dt.timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AppliedLine:
    """Says what became of a line: the key of the customer, or the sentence of the refusal."""

    line: CheckedLine
    key: str = ""
    refusal: str = ""


def apply(
    *,
    actor: Actor,
    lines: Sequence[CheckedLine],
    at: dt.datetime,
    seconds: float | None = None,
    done: Callable[[AppliedLine], object] = lambda _line: None,
) -> list[AppliedLine]:
    """Onboard the new customers among the lines until the seconds are over, and mail the invitations.

    Returns what was done, also to `done` line by line.
    """
    send_unsent(actor=actor, keys=[line.key for line in lines if line.state == EXISTS], at=at)
    end, applied = time.monotonic() + seconds if seconds else None, []
    for line in lines:
        if line.state != NEW or line.customer is None:
            continue
        applied.append(_apply(actor, line, line.customer, at))
        done(applied[-1])
        if end is not None and time.monotonic() > end:
            break
    return applied


def _apply(actor: Actor, line: CheckedLine, customer: NewCustomer, at: dt.datetime) -> AppliedLine:
    key = f"customer-file:{digests.digest(repr(customer))}"
    try:
        onboarded = commands.onboard(actor=actor, customer=customer, idempotency_key=key)
    except DomainError as error:
        return AppliedLine(line, refusal=refusals.sentence_for(error).text)
    invitations_mail.queue_each(onboarded.result.links, at=at)
    return AppliedLine(line, key=onboarded.result.key)


def send_unsent(*, actor: Actor, keys: Collection[str], at: dt.datetime) -> int:
    """Replace the invitations of the last days about which no mail was queued. Returns how many."""
    if not keys:
        return 0
    rows = [
        row
        for row in known_customers.open_invitations(keys=keys)
        if at - _RECENT < row.created_at and row.expires_at > at
    ]
    sent = queue.queued_about(purpose=_PURPOSE, about=[row.id for row in rows], since=at - 2 * _RECENT)
    unsent = [row for row in rows if row.id not in sent]
    for row in unsent:
        admin = FirstAdmin(row.email, row.name, row.language)
        again = commands.invite_again(actor=actor, invitation=row, admin=admin)
        invitations_mail.queue_each(again.result.links, at=at)
    return len(unsent)
