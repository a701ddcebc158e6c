"""Support reads the reports of the people of its customers."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import OuterRef, QuerySet, Subquery

from audit.models import Event
from delegation.activity import events as activity_events
from delegation.activity.events import EventView
from delegation.authorization.errors import NotFound
from delegation.authorization.verbs import Verb
from delegation.takeover_reports import rules
from delegation.takeover_reports.models import TakeoverReport
from identity.memberships.models import SHOWN_NAME
from identity.organizations.models import Organization
from identity.people.models import User

MOST_WAITING = 20
"""The reports that the worklist shows."""


@dataclass(frozen=True, slots=True)
class ReportView:
    """Describes a report, as one organization of the person sees the person."""

    membership: uuid.UUID
    name: str
    email: str
    closed_by: str
    row: TakeoverReport
    """What commands take."""


@dataclass(frozen=True, slots=True)
class WaitingReport:
    """Describes an open report, for one customer of the person."""

    id: uuid.UUID
    organization: Organization
    reported_at: dt.datetime


def reported_at(*, person: uuid.UUID, changed_at: dt.datetime) -> dt.datetime | None:
    """Return when this change was reported, or one before it was; None where the link can be used. One statement."""
    row = rules.covering(person=person, changed_at=changed_at)
    return None if row is None else row.reported_at


def get(*, organization: uuid.UUID, report: uuid.UUID) -> ReportView:
    """Return the report of a person who was a member of this organization then. Two statements. Raises NotFound."""
    row = TakeoverReport.objects.filter(id=report).first()
    if row is None:
        raise NotFound
    members = rules.memberships_of(
        person=row.person, changed_at=row.changed_at, reported_at=row.reported_at
    ).filter(organization=organization)
    closer = User.all_directories.filter(pk__in=[row.closed_by] if row.closed_by else []).values("name")
    shown = members.annotate(shown=SHOWN_NAME, closer=Subquery(closer)).select_related("user").first()
    if shown is None:
        raise NotFound
    return ReportView(shown.id, shown.shown, shown.user.email or "", shown.closer or "", row)


def events_of(report: TakeoverReport) -> dict[str, EventView]:
    """Read the authentic events of the report and of its end in the person's chain, by verb. Three statements."""
    verbs = [Verb.TAKEOVER_REPORT.value, Verb.TAKEOVER_CLOSE.value]
    rows = Event.objects.filter(
        chain=report.person, verb__in=verbs, outcome=Event.Outcome.DONE, at__gte=report.reported_at
    )
    events = activity_events.read_events(rows=list(rows.order_by("seq")))
    own = [one for one in events if one.is_authentic and one.facts.get("takeover") == str(report.id)]
    return {one.verb: one for one in own}


def waiting(*, organizations: QuerySet[Organization]) -> list[WaitingReport]:
    """List the open reports of the members of these organizations, the oldest first. Two statements at most.

    A person of several of them stands there once. One more than `MOST_WAITING` says that there are more.
    """
    members = rules.memberships_of(
        person=OuterRef("person"),
        changed_at=OuterRef(OuterRef("changed_at")),
        reported_at=OuterRef(OuterRef("reported_at")),
    ).filter(organization__in=organizations.order_by().values("pk"))
    first = members.order_by("created_at", "id").values("organization")[:1]
    rows = TakeoverReport.objects.filter(closed_at=None).annotate(organization=Subquery(first))
    found = list(rows.exclude(organization=None).order_by("reported_at", "id")[: MOST_WAITING + 1])
    customers = [(row, getattr(row, "organization", None)) for row in found]
    shown = Organization.objects.in_bulk([key for _row, key in customers]) if found else {}
    return [WaitingReport(row.id, shown[key], row.reported_at) for row, key in customers if key]
