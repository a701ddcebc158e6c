"""Addresses that mail does not reach any more: noted of the person, and of the organizations that concerns."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from django.db.models import QuerySet

from audit import clock, noting
from audit.actor import system
from audit.ledger import Subject
from audit.noting import Note
from delegation import powers
from delegation.rules import admins
from delegation.verbs import Noted
from identity import addresses, memberships
from identity.models import User
from provisioning import noted, returned, vault
from provisioning.answer import Code
from provisioning.models import Mail
from provisioning.returned import Report


def came_back(*, messages: Iterable[bytes]) -> int:
    """Read mails that reached our sender's address. Returns how many of ours turn out not to have arrived.

    A report of a mail that we did not send, or know of already, changes nothing.
    """
    reports = {report.message_id: report for raw in messages if (report := returned.read(raw))}
    sent = Mail.objects.filter(message_id__in=list(reports), sent_at__isnull=False, failed_at=None)
    return _write_down(sent, reports, clock.now()) if reports else 0


def _write_down(sent: QuerySet[Mail], reports: dict[str, Report], at: dt.datetime) -> int:
    with noting.noting(actor=system()) as note:
        rows = list(sent.order_by("id").select_for_update())
        Mail.objects.filter(id__in=[row.id for row in rows]).update(
            failed_at=at, last_error=Code.REFUSED.value
        )
        failed = noted.Notes()
        for row in rows:
            noted.mail(failed, Noted.MAIL_FAILED, row, {"code": Code.REFUSED.value})
        failed.write(at=at)
        _flag(note, [row for row in rows if reports[row.message_id].dead], at)
    return len(rows)


def dead(*, mails: Sequence[Mail], at: dt.datetime) -> None:
    """These were refused because nobody is there. Until mail arrives again, their owners are no working admins."""
    with noting.noting(actor=system()) as note:
        _flag(note, mails, at)


def _flag(note: Note, mails: Sequence[Mail], at: dt.datetime) -> None:
    recipients = {vault.reveal(sealed=row.recipient, context=row.id.bytes).decode() for row in mails}
    people = addresses.unreached(addresses=recipients)
    looked_after = {person.id: admins.looked_after(user=person.id, at=at) for person in people}
    addresses.bounced(users=people, at=at)
    for person in people:
        _tell(note, person, at)
    for organization in sorted({one for several in looked_after.values() for one in several}):
        if not powers.working_admins(organization=organization, at=at).exists():
            _orphaned(note, organization)


def _tell(note: Note, person: User, at: dt.datetime) -> None:
    note.say(Noted.MAIL_BOUNCED, subject=Subject("user", person.id), chain=person.id)
    for one in memberships.present(at=at).filter(user=person).order_by("id"):
        note.say(
            Noted.MAIL_BOUNCED,
            subject=Subject("membership", one.id),
            chain=one.organization_id,
            organization=one.organization_id,
        )


def _orphaned(note: Note, organization: uuid.UUID) -> None:
    """The outside world may take the last working admin away; whoever looks after orphans begins here."""
    subject = Subject("organization", organization)
    note.say(Noted.ORGANIZATION_ORPHANED, subject=subject, chain=organization, organization=organization)
