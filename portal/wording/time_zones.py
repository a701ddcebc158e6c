"""Time zones, by name and of people."""

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from identity.memberships.queries import ActiveMembership
from portal.wording import cldr


def first(*names: str) -> ZoneInfo:
    """The first of these that exists, else UTC."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def zone_of(membership: ActiveMembership) -> ZoneInfo:
    """A colleague's own, else the company's."""
    return first(membership.user.time_zone, membership.organization.time_zone)


def moment(at: dt.datetime, zone: ZoneInfo | None) -> str:
    """`29 Nov 2026, 14:03`; where nobody's zone is known, in UTC and with that word."""
    said = cldr.moment(at.astimezone(zone or dt.UTC))
    return said if zone else f"{said} UTC"


def named(at: dt.datetime, zone: ZoneInfo) -> str:
    """`29 Nov 2026, 14:03 (Helsinki time)`: for mails, which are read anywhere."""
    return placed(cldr.moment(at.astimezone(zone)), zone)


def placed(moment: str, zone: ZoneInfo) -> str:
    """A moment that is written already, with the place whose time it is."""
    return _("%(moment)s (%(place)s time)") % {"moment": moment, "place": cldr.place(zone)}
