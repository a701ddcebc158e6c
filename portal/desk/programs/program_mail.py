"""The owner of a program of the supplier is notified by mail before its secret ends, once."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from delegation.service_users import queries
from delegation.service_users.queries import ExpiringStaffProgram
from portal.http import languages
from portal.signin.staff import middleware
from portal.wording import brands, mail_events, time_zones
from provisioning.mail import queue, reminders
from provisioning.mail.queue import Draft

NOTICE = dt.timedelta(days=14)
"""How long before the end the owner is notified; one without an address, by the addresses for alerts."""


def queue_due(at: dt.datetime) -> int:
    """Queue the mails about each program whose secret ends within NOTICE. Two statements, more with one."""
    notified = queue.subjects_since(purpose=mail_events.STAFF_PROGRAM_ENDS, since=at - NOTICE)
    expiring = queries.expiring_of_staff(at=at, until=at + NOTICE, notified=notified)
    drafts = [
        _draft(row, to)
        for row in expiring
        for to in ([row.contact] if row.contact else settings.STAFF_ALERTS)
    ]
    queue.queue_all(drafts)
    return len(drafts)


def _draft(row: ExpiringStaffProgram, to: str) -> Draft:
    language = languages.first_supported((row.language,)) or settings.LANGUAGE_CODE
    with override(language):
        values = {
            "supplier": brands.brand()["name"],
            "program": row.name,
            "moment": time_zones.date_time(row.valid_until, None),
        }
        texts = [
            _("The secret of your program “%(program)s” ends %(moment)s. After that, its calls are refused.")
            % values,
            _("Make a new secret on this page. The old one can work on for some days."),
            settings.ISSUER + reverse("staff_program_secret", middleware.URL_MAP, args=[row.id]),
        ]
        return Draft(
            to=to,
            subject=_("%(supplier)s: the secret of a program ends soon") % values,
            text="\n\n".join(texts) + "\n",
            purpose=mail_events.STAFF_PROGRAM_ENDS,
            language=language,
            about=row.id,
        )


reminders.register(queue_due)
