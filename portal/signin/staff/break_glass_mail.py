"""The addresses of `KEYHOLDER_STAFF_ALERTS` are notified of a break-glass sign-in by mail."""

import datetime as dt

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from identity.staff.models import BreakGlass
from portal.wording import time_zones
from provisioning.mail import queue
from provisioning.mail.queue import Draft

_PURPOSE = "break_glass"


def queue_opened(row: BreakGlass, *, reason: str) -> int:
    """Queue a mail to each address, in the caller's transaction. Returns how many."""
    with override(settings.LANGUAGE_CODE):
        return _queue(
            _("Break-glass sign-in was opened"),
            _(
                "A command on the server opened the break-glass sign-in for staff pages of %(supplier)s.\n\n"
                "Opened: %(opened)s\nEnds: %(ends)s\nReason: %(reason)s\n\n"
                "If this is unexpected, close it on the server with: manage.py staff close"
            )
            % {
                "supplier": settings.SUPPLIER_NAME,
                "opened": _moment(row.opened_at),
                "ends": _moment(row.ends_at),
                "reason": reason,
            },
        )


def queue_used(row: BreakGlass) -> int:
    """Queue a mail to each address about the session. Returns how many."""
    with override(settings.LANGUAGE_CODE):
        return _queue(
            _("Break-glass sign-in was used"),
            _(
                "A person signed in to staff pages of %(supplier)s by the break-glass link and a passkey.\n\n"
                "Signed in: %(used)s\nEnds: %(ends)s\n\n"
                "If this is unexpected, close it on the server with: manage.py staff close"
            )
            % {
                "supplier": settings.SUPPLIER_NAME,
                "used": _moment(row.used_at or row.opened_at),
                "ends": _moment(row.ends_at),
            },
        )


def _queue(subject: str, text: str) -> int:
    addresses: list[str] = settings.STAFF_ALERTS
    drafts = [
        Draft(to=address, subject=f"{settings.SUPPLIER_NAME}: {subject}", text=text, purpose=_PURPOSE)
        for address in addresses
    ]
    return len(queue.queue_all(drafts))


def _moment(at: dt.datetime) -> str:
    return time_zones.date_time(at, None)
