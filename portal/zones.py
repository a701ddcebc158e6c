"""Time zones, by name and of people."""

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import formats
from django.utils.translation import gettext as _

from identity.models import Membership


def first(*names: str) -> ZoneInfo:
    """The first of these that exists, else UTC."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def of(membership: Membership) -> ZoneInfo:
    """A colleague's own, else the company's."""
    return first(membership.user.time_zone, membership.organization.time_zone)


def moment(at: dt.datetime, zone: ZoneInfo | None) -> str:
    """`29 Nov 2026, 14:03`; where nobody's zone is known, in UTC and with that word."""
    said = formats.date_format(at.astimezone(zone or dt.UTC), "DATETIME_FORMAT")
    return said if zone else f"{said} UTC"


def named(at: dt.datetime, zone: ZoneInfo) -> str:
    """`29 Nov 2026, 14:03 (Helsinki time)`: for mails, which are read anywhere."""
    return placed(formats.date_format(at.astimezone(zone), "DATETIME_FORMAT"), zone)


def placed(moment: str, zone: ZoneInfo) -> str:
    """A moment that is written already, with the place whose time it is."""
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return _("%(moment)s (%(place)s time)") % {"moment": moment, "place": place}
