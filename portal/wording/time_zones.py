"""Instants are shown in the organization's time zone, with the name of the zone."""

import datetime as dt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from identity.memberships.queries import ActiveMembership
from portal.wording import cldr


def first_known(*names: str) -> ZoneInfo:
    """Return the first of these zones that exists, else UTC."""
    for name in names:
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def zone_of(membership: ActiveMembership) -> ZoneInfo:
    """Return the zone in which days are read and written: the organization's, for every reader.

    A day that one admin enters is then the same day for a colleague abroad, in mails and in the log.
    """
    return first_known(membership.organization.time_zone)


def date_time(at: dt.datetime, zone: ZoneInfo | None) -> str:
    """Return `29 Nov 2026, 14:03`; in UTC, and followed by `UTC`, where the reader's zone is not known."""
    text = cldr.date_time(at.astimezone(zone or dt.UTC))
    return text if zone else f"{text} UTC"


def date_time_with_zone(at: dt.datetime, zone: ZoneInfo) -> str:
    """Return `29 Nov 2026, 14:03 (Helsinki time)`: for mails, which are read anywhere."""
    return with_zone(cldr.date_time(at.astimezone(zone)), zone)


def with_zone(text: str, zone: ZoneInfo) -> str:
    """Return a written date and time, followed by the name of its zone."""
    return _("%(moment)s (%(place)s time)") % {"moment": text, "place": cldr.place(zone)}
