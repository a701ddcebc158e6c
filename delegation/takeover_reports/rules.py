"""A change is reported once; what came after it, and before a change that was reported earlier, is removed."""

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
    """Return the report that covers this change: it has ended the change's link. One statement."""
    rows = TakeoverReport.objects.filter(
        person=person, changed_at__lte=changed_at, covered_until__gt=changed_at
    )
    return rows.first()


def covered_until(*, person: uuid.UUID, changed_at: dt.datetime, at: dt.datetime) -> dt.datetime:
    """Return the end of what a report of this change at `at` covers: earlier reports cover the rest. One statement.

    What the person set up after an earlier report stays.
    """
    later = TakeoverReport.objects.filter(person=person, changed_at__gt=changed_at).order_by("changed_at")
    return later.values_list("changed_at", flat=True).first() or at


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
    """Raise AlreadyExists where a report covers this change: what the person set up since then stays."""
    if covering(person=person, changed_at=changed_at) is not None:
        raise AlreadyExists(field="takeover")


def require_open(report: TakeoverReport) -> None:
    """Raise TakeoverClosed for a report that is closed."""
    if report.closed_at is not None:
        raise TakeoverClosed


def factors_added(*, person: uuid.UUID, since: dt.datetime, until: dt.datetime) -> list[int]:
    """List the rows of factors that were added to this person in this time, by the log. One statement."""
    verbs = [Observation.FACTOR_ADDED, Observation.FACTOR_RESET]
    rows = Event.objects.filter(chain=person, verb__in=verbs, at__gte=since, at__lt=until)
    mac_keys = authentication.keys_for_reading()
    contents = [activity_events.authentic_content(row=row, mac_keys=mac_keys) for row in rows.order_by("seq")]
    return [int(one["facts"]["added"]) for one in contents if one is not None]
