"""Returned mails show undeliverable addresses, which are recorded for the person and each of their organizations."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import chain

from audit.foundation import clock
from audit.foundation.actor import system
from audit.foundation.errors import Busy
from audit.log.ledger import Subject
from audit.log.observations import EventBatch
from delegation import continuity
from delegation.acts import locked_observations
from delegation.authorization import admin_queries
from delegation.authorization.event_types import Observation
from identity import machine_secrets
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.people import addresses
from identity.people.models import User
from provisioning.delivery import events as delivery_events
from provisioning.delivery.errors import Code
from provisioning.mail import delivery_status, events, stored
from provisioning.mail.events import MailOutcomeFacts
from provisioning.mail.models import Mail


def handle_returned_mail(*, messages: Iterable[bytes]) -> int:
    """Process mails returned to our sender's address. Returns how many of our mails newly count as failed.

    A report changes nothing where we sent no such mail, sent it to another address, or know the failure already.
    Raises Busy where an organization is locked, after storing everything else: the same mails may be processed again.
    """
    reports = _reports_by_hash(messages)
    sent = Mail.objects.filter(message_id_hash__in=list(reports), sent_at__isnull=False, failed_at=None)
    stored, busy = 0, False
    for row in filter(_is_authentic, sent.order_by("id")):
        failed, dead = reports[row.message_id_hash]
        recipient = _recipient(row)
        if recipient in failed:
            try:
                stored += _record(row, dead=recipient in dead)
            except Busy:
                busy = True
    if busy:
        raise Busy(seconds=1)
    return stored


def _is_authentic(row: Mail) -> bool:
    return stored.is_authentic(row=row)


def _reports_by_hash(messages: Iterable[bytes]) -> dict[str, tuple[set[str], set[str]]]:
    """Collect the failed and the dead addresses of each Message-ID, over all reports, by its possible hashes."""
    addresses_by_id: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for report in filter(None, map(delivery_status.parse, messages)):
        for hashed in chain.from_iterable(map(machine_secrets.hash_candidates, report.message_ids)):
            failed, dead = addresses_by_id[hashed]
            failed |= report.failed
            dead |= report.dead
    return dict(addresses_by_id)


def _record(row: Mail, *, dead: bool) -> int:
    with recording_under_locks(mails=[row] if dead else []) as batch:
        at = clock.now()
        new = Mail.objects.filter(id=row.id, failed_at=None).update(
            failed_at=at, last_error=Code.REFUSED.value
        )
        if new:
            failed = delivery_events.DeliveryEvents()
            events.record(failed, [MailOutcomeFacts(Observation.MAIL_FAILED, row, events.REFUSED)])
            failed.write(at=at)
            mark_undeliverable(batch=batch, mails=[row] if dead else [], at=at)
    return new


def recording_under_locks(*, mails: Sequence[Mail]) -> AbstractContextManager[EventBatch]:
    """Record under the locks of these addresses' owners and of their organizations. Raises Busy."""
    return locked_observations.recording_under_locks(
        actor=system(),
        users=lambda: {user.id for user in addresses.undeliverable(addresses=map(_recipient, mails))},
        chains=lambda users: set(
            Membership.objects.filter(user__in=users).values_list("organization", flat=True)
        ),
    )


def mark_undeliverable(*, batch: EventBatch, mails: Sequence[Mail], at: dt.datetime) -> None:
    """Mark the recipients' addresses as undeliverable. Their owners are no working admins until mail arrives again.

    The caller records under the locks of `recording_under_locks`.
    """
    people = addresses.undeliverable(addresses=map(_recipient, mails))
    administered = {
        person.id: continuity.organizations_administered_by(user=person.id, at=at) for person in people
    }
    addresses.mark_undeliverable(users=people, at=at)
    for person in people:
        _record_event(batch, person, at)
    for organization in sorted({key for keys in administered.values() for key in keys}):
        if not admin_queries.working_admins(organization=organization, at=at).exists():
            _record_orphan(batch, organization)


def _recipient(row: Mail) -> str:
    return stored.recipient(row=row).lower()


def _record_event(batch: EventBatch, person: User, at: dt.datetime) -> None:
    facts = {"deliverable": False}
    batch.add(Observation.MAIL_BOUNCED, subject=Subject("user", person.id), chain=person.id, facts=facts)
    for membership in memberships_queries.active_or_suspended(at=at).filter(user=person).order_by("id"):
        batch.add(
            Observation.MAIL_BOUNCED,
            subject=Subject("membership", membership.id),
            chain=membership.organization_id,
            organization=membership.organization_id,
        )


def _record_orphan(batch: EventBatch, organization: uuid.UUID) -> None:
    """Record that the last working admin is lost, which an outside event may cause: the orphan desk starts here."""
    subject = Subject("organization", organization)
    batch.add(
        Observation.ORGANIZATION_ORPHANED, subject=subject, chain=organization, organization=organization
    )
