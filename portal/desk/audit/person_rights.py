"""One person's rights at an instant are shown with their explanation."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse

from delegation.activity import people_in_events
from delegation.authorization.errors import NotFound
from delegation.catalogue import display_names
from delegation.staff.readings import Reading
from portal.desk.audit import context, questions
from portal.desk.desk_page import OrganizationPage
from portal.shell import query_string
from portal.shell.explanation import RightRow, RightsExplanation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, time_zones


@dataclass(frozen=True, kw_only=True)
class PersonRightsPage(PageModel):
    """Shows what one person could do at an instant."""

    template: ClassVar[str] = "desk/audit/rights.html"

    name: str
    customer: str
    when: str
    since: str
    rights: Sequence[RightRow]
    changes_url: str
    back_url: str


def rights_page(page: PageContext, membership: uuid.UUID, query: QueryDict) -> PersonRightsPage:
    """Return what this member could do at the instant. Raises NotFound for one of another customer."""
    members = people_in_events.members(memberships=[membership], organization=page.organization_id)
    if membership not in members:
        raise NotFound
    at, clock = _instant(query, page), dates.Clock(page.at, page.zone)
    names = display_names.load(organization=page.organization_id)
    explanation = RightsExplanation(dataclasses.replace(page, at=at), [membership], names, clock)
    return PersonRightsPage(
        name=members[membership].name,
        customer=page.organization.name,
        when=time_zones.with_zone(clock.date_time(at, seconds=False), page.zone),
        since=explanation.since,
        rights=explanation.rows(),
        changes_url=query_string.with_values(
            reverse("staff_audit_changes", args=[page.organization.key]), {"person": str(membership)}
        ),
        back_url=query_string.with_values(
            reverse("staff_audit_answer", args=[page.organization.key]), context.values_of(query)
        ),
    )


def record_rights(found: OrganizationPage, membership: uuid.UUID) -> None:
    """Record in the customer's log that the reader sees what this member could do."""
    found.record(Reading.RIGHTS, membership=membership)


def _instant(query: QueryDict, page: PageContext) -> dt.datetime:
    """Return the instant that the address names; the present where it names none that has passed."""
    asked = context.values_of(query)
    day, time = dates.parse_day(asked["day"]), questions.parse_time(asked["time"])
    if day is None or time is None:
        return page.at
    return min(dt.datetime.combine(day, time, tzinfo=page.zone).astimezone(dt.UTC), page.at)
