"""Addresses that mail does not reach any more: noted of the person, and of the organizations that concerns."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from audit.foundation import clock, encryption
from audit.foundation.actor import system
from audit.foundation.errors import Busy
from audit.log.ledger import Subject
from audit.log.observations import EventBatch
from delegation import continuity
from delegation.acts import observations
from delegation.authorization import authorities
from delegation.authorization.verbs import Observation
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.people import addresses
from identity.people.models import User
from provisioning.delivery import events as delivery_events
from provisioning.delivery.errors import Code
from provisioning.mail import delivery_status, events
from provisioning.mail.models import Mail


def handle_returned_mail(*, messages: Iterable[bytes]) -> int:
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
                written += _record(row, dead=recipient in dead)
            except Busy:
                busy = True
    if busy:
        raise Busy(seconds=1)
    return written


def _by_mail(messages: Iterable[bytes]) -> dict[str, tuple[set[str], set[str]]]:
    """Of each Message-ID, which addresses failed, and which of them are dead, whatever reports say so."""
    found: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for report in filter(None, map(delivery_status.read, messages)):
        failed, dead = found[report.message_id]
        failed |= report.failed
        dead |= report.dead
    return dict(found)


def _record(row: Mail, *, dead: bool) -> int:
    with holding(mails=[row] if dead else []) as note:
        at = clock.now()
        new = Mail.objects.filter(id=row.id, failed_at=None).update(
            failed_at=at, last_error=Code.REFUSED.value
        )
        if new:
            failed = delivery_events.DeliveryEvents()
            events.record(failed, Observation.MAIL_FAILED, row, {"code": Code.REFUSED.value})
            failed.write(at=at)
            flag(note=note, mails=[row] if dead else [], at=at)
    return new


def holding(*, mails: Sequence[Mail]) -> AbstractContextManager[EventBatch]:
    """Record under the locks of the owners of these addresses and of their organizations. Raises Busy."""
    return observations.recording_under_locks(
        actor=system(),
        users=lambda: {one.id for one in addresses.undeliverable(addresses=map(_recipient, mails))},
        chains=lambda users: set(
            Membership.objects.filter(user__in=users).values_list("organization", flat=True)
        ),
    )


def flag(*, note: EventBatch, mails: Sequence[Mail], at: dt.datetime) -> None:
    """Nobody is where these went; the mails are held. Until mail arrives again, their owners are no working admins."""
    people = addresses.undeliverable(addresses=map(_recipient, mails))
    looked_after = {
        person.id: continuity.organizations_administered_by(user=person.id, at=at) for person in people
    }
    addresses.mark_undeliverable(users=people, at=at)
    for person in people:
        _record_event(note, person, at)
    for organization in sorted({one for several in looked_after.values() for one in several}):
        if not authorities.working_admins(organization=organization, at=at).exists():
            _orphaned(note, organization)


def _recipient(row: Mail) -> str:
    return encryption.decrypt_secret(data=row.recipient, context=row.id.bytes).decode().lower()


def _record_event(note: EventBatch, person: User, at: dt.datetime) -> None:
    note.add(Observation.MAIL_BOUNCED, subject=Subject("user", person.id), chain=person.id)
    for one in memberships_queries.active_or_suspended(at=at).filter(user=person).order_by("id"):
        note.add(
            Observation.MAIL_BOUNCED,
            subject=Subject("membership", one.id),
            chain=one.organization_id,
            organization=one.organization_id,
        )


def _orphaned(note: EventBatch, organization: uuid.UUID) -> None:
    """The outside world may take the last working admin away; whoever looks after orphans begins here."""
    subject = Subject("organization", organization)
    note.add(
        Observation.ORGANIZATION_ORPHANED, subject=subject, chain=organization, organization=organization
    )
