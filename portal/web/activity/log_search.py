"""The address of the log says which events are asked for."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from delegation.activity import scope as activity_scope
from delegation.activity.queries import EventFilter
from delegation.activity.scope import LogScope
from delegation.authorization.event_types import FAILURES, event_types
from delegation.authorization.verbs import Topic
from delegation.invitations import queries as invitations_queries
from delegation.people import queries as people_queries
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.page_context import PageContext
from portal.web.activity import filters, log_days
from portal.web.activity.log_days import TypedDays
from portal.wording import dates


@dataclass(frozen=True, slots=True)
class LogSearch:
    """Holds what the address asks, as far as the reader sees the log; with wrong days nothing is searched."""

    scope: LogScope
    values: Mapping[str, str]
    """The parameters of the address, as they were read."""
    days: TypedDays
    events: EventFilter


def parse(page: PageContext, query: QueryDict, clock: dates.Clock) -> LogSearch:
    """Read the address. Statements find the people and invitations of a searched text."""
    values = {name: query_string.choice(query, name, allowed) for name, allowed in filters.options().items()}
    days = log_days.typed(query, clock)
    values |= {"q": query_string.text(query, "q"), "person": _person(query), **days.values}
    scope = activity_scope.log_scope(actor=page.viewer, organization=page.organization_id, at=page.at)
    return LogSearch(scope, values, days, _event_filter(scope, query, values, days))


def _person(query: QueryDict) -> str:
    membership = shell_forms.identifier(query.get("person", ""))
    return str(membership) if membership else ""


def _event_filter(
    scope: LogScope, query: QueryDict, values: Mapping[str, str], days: TypedDays
) -> EventFilter:
    kinds = _verbs(values["what"])
    return EventFilter(
        people=_people(scope, values),
        invitations=_invitations(scope, values),
        verbs=kinds,
        outcome=values["outcome"],
        since=days.since,
        until=days.until,
        hide_prompt_deliveries=kinds is None and values["outcome"] != "observed",
        before=shell_forms.identifier(query.get("before", "")),
        after=shell_forms.identifier(query.get("after", "")),
    )


def _verbs(topic: str) -> list[str] | None:
    """Return the verbs under this filter; None: all."""
    if not topic:
        return None
    return sorted(FAILURES) if topic == filters.FAILED else event_types(Topic(topic))


def _people(scope: LogScope, values: Mapping[str, str]) -> list[uuid.UUID] | None:
    """Return the users that the search or the address names; None for all."""
    if values["person"]:
        return people_queries.users(among=scope.memberships, memberships=[uuid.UUID(values["person"])])
    if values["q"]:
        return people_queries.users_like(among=scope.memberships, text=values["q"])
    return None


def _invitations(scope: LogScope, values: Mapping[str, str]) -> list[uuid.UUID]:
    """Find invited people, who are no colleagues yet: the text is searched in their invitations."""
    if values["person"] or not values["q"]:
        return []
    return invitations_queries.matching(among=scope.invitations, text=values["q"])
