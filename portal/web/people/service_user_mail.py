"""The owner of a service user is notified by mail before its secret ends."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from delegation.service_users import queries as service_users_queries
from delegation.service_users.queries import ExpiringServiceUser
from identity.organizations import queries as organizations_queries
from portal.shell import shell
from portal.wording import dates, mail_events, time_zones
from provisioning import failed_rows
from provisioning.mail import queue, reminders
from provisioning.mail.queue import Draft

NOTICE = dt.timedelta(days=14)
"""How long before the end the owner is notified, once."""


def queue_due(at: dt.datetime) -> int:
    """Queue a mail for each service user whose secret ends within NOTICE. Two statements, and more for each mail."""
    notified = queue.subjects_since(purpose=mail_events.PROGRAM_ENDS, since=at - NOTICE)
    expiring = service_users_queries.expiring(at=at, until=at + NOTICE, notified=notified)
    return failed_rows.in_halves(expiring, _queue, event="reminder.failed")


def _queue(rows: Sequence[ExpiringServiceUser]) -> int:
    queue.queue_all([_draft(row) for row in rows])
    return len(rows)


def _draft(row: ExpiringServiceUser) -> Draft:
    return Draft(
        to=row.email,
        purpose=mail_events.PROGRAM_ENDS,
        language=row.language,
        about=row.id,
        organization=row.organization,
        **_render(row),
    )


def _render(row: ExpiringServiceUser) -> Mapping[str, Any]:
    organization = organizations_queries.get(organization=row.organization)
    zone = time_zones.first_known(organization.time_zone)
    with translation.override(row.language or settings.LANGUAGE_CODE):
        ends_at = time_zones.with_zone(dates.Clock(row.valid_until, zone).date_time(row.valid_until), zone)
        values = {
            "brand": shell.mail_brand(organization),
            "program": row.name,
            "organization_name": organization.name,
            "ends_at": ends_at,
            "url": settings.ISSUER + reverse("program_secret", args=[organization.key, row.id]),
        }
        return {
            "subject": _("The access of %(program)s ends soon") % {"program": row.name},
            "text": render_to_string("mail/service_users/secret_ends_message.txt", values),
            "html": render_to_string("mail/service_users/secret_ends_message.html", values),
        }


reminders.register(queue_due)
