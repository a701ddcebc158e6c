"""One person's rights at an instant are shown with their explanation."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from delegation.activity import people_in_events
from delegation.activity.scope import LogScope
from delegation.authorization.errors import NotFound
from delegation.catalogue import display_names
from portal.shell import access_answer_page, access_questions, query_string
from portal.shell.access_answer_page import AnswerUrls
from portal.shell.explanation import RightRow, RightsExplanation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, time_zones


@dataclass(frozen=True, kw_only=True)
class PersonRights(PageModel):
    """Shows what one person could do at an instant."""

    name: str
    when: str
    since: str
    rights: Sequence[RightRow]
    changes_url: str
    back_url: str


def page_fields(
    page: PageContext, membership: uuid.UUID, query: QueryDict, scope: LogScope, urls: AnswerUrls
) -> dict[str, Any]:
    """Return what this member could do at the instant. Raises NotFound for one that the reader does not see."""
    members = people_in_events.members(memberships=[membership], organization=page.organization_id)
    if membership not in members or not (scope.whole or scope.memberships.filter(id=membership).exists()):
        raise NotFound
    at, clock = _instant(query, page), dates.Clock(page.at, page.zone)
    names = display_names.load(organization=page.organization_id)
    explanation = RightsExplanation(replace(page, at=at), [membership], names, clock)
    return {
        "name": members[membership].name,
        "when": time_zones.with_zone(clock.date_time(at, seconds=False), page.zone),
        "since": explanation.since,
        "rights": explanation.rows(),
        "changes_url": query_string.with_values(urls.changes, {"person": str(membership)}),
        "back_url": query_string.with_values(urls.here, access_answer_page.values_of(query)),
    }


def _instant(query: QueryDict, page: PageContext) -> dt.datetime:
    """Return the instant that the address names; the present where it names none that has passed."""
    asked = access_answer_page.values_of(query)
    day, time = dates.parse_day(asked["day"]), access_questions.parse_time(asked["time"])
    if day is None or time is None:
        return page.at
    return min(dt.datetime.combine(day, time, tzinfo=page.zone).astimezone(dt.UTC), page.at)
