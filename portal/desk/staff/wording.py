"""Staff read here what each role allows, and what a right is for."""

import datetime as dt
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from delegation.staff.queries import StaffRightView
from portal.wording import time_zones

ALLOWED: Mapping[str, Callable[[], str]] = {
    "support": lambda: _("Reads customers, their people and their activity."),
    "senior_support": lambda: _("The same as support."),
    "account_manager": lambda: _("Reads and onboards customers, and places and lifts holds."),
    "catalogue_owner": lambda: _("Changes the catalogue and what customers are offered."),
    "operator": lambda: _("Registers services and connected systems."),
    "auditor": lambda: _("Reads customers and staff rights. Has no other role."),
    "owner": lambda: _("Gives and ends staff rights. Reads no customers’ data."),
}
"""What a right with each role allows, in a sentence."""


def scope_of(right: StaffRightView) -> str:
    """Return what the right is for."""
    if right.organization:
        return right.organization
    return right.unit or _("Everything")


def end_of(until: dt.datetime | None) -> str:
    """Return the end with its time."""
    return time_zones.date_time(until, None) if until else _("Without end")
