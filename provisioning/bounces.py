"""Addresses that mail does not reach any more: noted of the person, and of the organizations that concerns."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from audit import clock, encryption
from audit.actor import system
from audit.errors import Busy
from audit.ledger import Subject
from audit.noting import Note
from delegation import powers
from delegation.act import observations
from delegation.rules import admins
from delegation.verbs import Noted
from identity import addresses, memberships
from identity.models import Membership, User
from provisioning import mail_events, noted, returned
from provisioning.answer import Code
from provisioning.models import Mail


def came_back(*, messages: Iterable[bytes]) -> int:
    """Read mails that reached our sender's address. Returns how many of ours turn out not to have arrived.

    A report of a mail that we did not send, or to somebody else, or know of already, changes nothing. Raises Busy, with
    everything else written down, where an organization could not be held: the same mails may be read again.
    """
    reports = _by_mail(messages)
    sent = Mail.objects.filter(message_id__in=list(reports), sent_at__isnull=False, failed_at=None)
    written, busy = 0, False
    for row in sent.order_by("id"):
        failed, dead = reports[row.message_id]
        recipient = _recipient(row)
        if recipient in failed:
            try:
                written += _write_down(row, dead=recipient in dead)
            except Busy:
                busy = True
    if busy:
        raise Busy(seconds=1)
    return written


def _by_mail(messages: Iterable[bytes]) -> dict[str, tuple[set[str], set[str]]]:
    """Of each Message-ID, which addresses failed, and which of them are dead, whatever reports say so."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for report in filter(None, map(returned.read, messages)):
        failed, dead = found[report.message_id]
        failed |= report.failed
        dead |= report.dead
    return dict(found)


def _write_down(row: Mail, *, dead: bool) -> int:
    with holding(mails=[row] if dead else []) as note:
        at = clock.now()
        new = Mail.objects.filter(id=row.id, failed_at=None).update(
            failed_at=at, last_error=Code.REFUSED.value
        )
        if new:
            failed = noted.Notes()
            mail_events.record(failed, Noted.MAIL_FAILED, row, {"code": Code.REFUSED.value})
            failed.write(at=at)
            flag(note=note, mails=[row] if dead else [], at=at)
    return new


def holding(*, mails: Sequence[Mail]) -> AbstractContextManager[Note]:
    """Record under the locks of the owners of these addresses and of their organizations. Raises Busy."""
    return observations.recording_under_locks(
        actor=system(),
        users=lambda: {one.id for one in addresses.unreached(addresses=map(_recipient, mails))},
        chains=lambda users: set(
            Membership.objects.filter(user__in=users).values_list("organization", flat=True)
        ),
    )


def flag(*, note: Note, mails: Sequence[Mail], at: dt.datetime) -> None:
    """Nobody is where these went; the mails are held. Until mail arrives again, their owners are no working admins."""
    people = addresses.unreached(addresses=map(_recipient, mails))
    looked_after = {person.id: admins.looked_after(user=person.id, at=at) for person in people}
    addresses.bounced(users=people, at=at)
    for person in people:
        _tell(note, person, at)
    for organization in sorted({one for several in looked_after.values() for one in several}):
        if not powers.working_admins(organization=organization, at=at).exists():
            _orphaned(note, organization)


def _recipient(row: Mail) -> str:
    return encryption.decrypt_secret(data=row.recipient, context=row.id.bytes).decode().lower()


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
