"""The owner of clients is notified by mail, once a week, from two weeks before their secrets end."""

import datetime as dt
import itertools
import uuid
from collections.abc import Sequence

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from delegation.applications import queries
from delegation.applications.queries import ExpiringSecret
from portal.desk.applications import wording
from portal.shell import shell
from portal.wording import mail_events
from provisioning import failed_rows
from provisioning.mail import queue, reminders
from provisioning.mail.queue import Draft

NOTICE, INTERVAL = dt.timedelta(days=14), dt.timedelta(days=7)
"""How long before the end the owner is notified, and how often."""


def queue_due(at: dt.datetime) -> int:
    """Queue a mail for each owner of secrets that end within NOTICE. Two statements."""
    notified = queue.subjects_since(purpose=mail_events.CLIENT_SECRET_ENDS, since=at - INTERVAL)
    # Without addresses for alerts a client whose owner cannot be reached leads to no mail, and would be read each time.
    expiring = queries.expiring(
        at=at, until=at + NOTICE, notified=notified, reachable=not settings.STAFF_ALERTS
    )
    due = sorted(expiring, key=lambda one: (one.owner, one.until))
    by_owner = [list(secrets) for _owner, secrets in itertools.groupby(due, key=lambda one: one.owner)]
    return failed_rows.in_halves(by_owner, _queue, event="reminder.failed")


def _queue(by_owner: Sequence[Sequence[ExpiringSecret]]) -> int:
    drafts = [draft for secrets in by_owner for draft in _drafts(secrets[0].owner, secrets)]
    queue.queue_all(drafts)
    return len(drafts)


def _drafts(owner: uuid.UUID, secrets: Sequence[ExpiringSecret]) -> list[Draft]:
    """Write to the owner; for one who has left or has no address, to the addresses for alerts."""
    contact = secrets[0].contact
    language = (secrets[0].language if contact else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        values = {
            "brand": shell.mail_brand(),
            "supplier": settings.SUPPLIER_NAME,
            "secrets": [{"client": one.client, "ends_at": wording.in_utc(one.until)} for one in secrets],
            "has_owner": bool(contact),
        }
        text = render_to_string("mail/clients/secrets_end_message.txt", values)
        html = render_to_string("mail/clients/secrets_end_message.html", values)
        subject = _("Secrets of clients end soon")
    return [
        Draft(
            to=address,
            subject=f"{settings.SUPPLIER_NAME}: {subject}",
            text=text,
            html=html,
            purpose=mail_events.CLIENT_SECRET_ENDS,
            language=language,
            about=owner,
        )
        for address in ([contact] if contact else settings.STAFF_ALERTS)
    ]


reminders.register(queue_due)
