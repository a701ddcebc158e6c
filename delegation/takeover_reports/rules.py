"""A change is reported once; what came after it is removed."""

import datetime as dt
import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.log import authentication
from audit.models import Event
from delegation.activity import events as activity_events
from delegation.authorization.errors import AlreadyExists, TakeoverClosed
from delegation.authorization.event_types import Observation
from delegation.takeover_reports.models import TakeoverReport
from identity.memberships.models import Membership, MembershipPeriod


def covering(*, person: uuid.UUID, changed_at: dt.datetime) -> TakeoverReport | None:
    """Return the report after this change: it has ended the change's link. One statement."""
    rows = TakeoverReport.objects.filter(person=person, reported_at__gte=changed_at)
    return rows.order_by("reported_at", "id").first()


def memberships_of(*, person: Any, changed_at: Any, reported_at: Any) -> QuerySet[Membership]:
    """Filter the person's memberships of the time from the change to the report: support of these customers reads it.

    The values are a report's, or expressions for them.
    """
    periods = MembershipPeriod.objects.filter(
        Q(valid_until=None) | Q(valid_until__gt=changed_at),
        membership=OuterRef("pk"),
        valid_from__lte=reported_at,
    )
    return Membership.objects.filter(Exists(periods), user=person)


def require_unreported(*, person: uuid.UUID, changed_at: dt.datetime) -> None:
    """Raise AlreadyExists where a report followed this change: what the person set up since then stays."""
    if covering(person=person, changed_at=changed_at) is not None:
        raise AlreadyExists(field="takeover")


def require_open(report: TakeoverReport) -> None:
    """Raise TakeoverClosed for a report that is closed."""
    if report.closed_at is not None:
        raise TakeoverClosed


def factors_added(*, person: uuid.UUID, since: dt.datetime) -> list[int]:
    """List the rows of factors that were added to this person from that change on, by the log. One statement."""
    rows = Event.objects.filter(
        chain=person, verb__in=[Observation.FACTOR_ADDED, Observation.FACTOR_RESET], at__gte=since
    )
    mac_keys = authentication.keys_for_reading()
    contents = [activity_events.authentic_content(row=row, mac_keys=mac_keys) for row in rows.order_by("seq")]
    return [int(one["facts"]["added"]) for one in contents if one is not None]
