"""The list of colleagues has a row for each person, present or removed."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.activity import queries as activity_queries
from delegation.activity.events import EventView
from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from delegation.catalogue.display_names import DisplayNames
from delegation.people import queries as people_queries
from delegation.people import recency
from portal.shell import actions, timeline
from portal.shell.actions import Action
from portal.shell.page_context import PageContext
from portal.web.people import removal_facts, selection
from portal.wording import access, dates, removal_reasons, systems
from portal.wording.events import EventWording
from provisioning.accounts import status

_PLACEHOLDER = uuid.UUID(int=0)
VERBS = (Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE, Verb.REMOVAL_PLAN)
"""What a row must know of its person, and the bulk bar of all that match."""


@dataclass(frozen=True, slots=True)
class RemovalSummary:
    """Describes a removal in the list; reason and receipt are empty for a reader who may not see the receipt."""

    when: str
    by: str = ""
    reason: str = ""
    receipt_url: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Describes a colleague in the list. `state` is empty for a person without accounts in connected systems."""

    id: str
    name: str
    email: str
    url: str
    is_admin: bool
    tier: str
    limit: str
    sites: str
    last_seen: str
    """`today 09:12`, or `no sign-in recorded`."""
    state: str
    state_where: str = ""
    change: Action | None = None
    remove: Action | None = None
    restore_url: str = ""
    is_selectable: bool = False
    """Whether every action of the bulk bar is allowed."""
    removal: RemovalSummary | None = None
    """For a removed person."""


def rows(
    page: PageContext,
    member_page: people_queries.PeoplePage,
    clock: dates.Clock,
    names: DisplayNames,
    may: selection.Abilities,
    *,
    former: bool,
) -> list[PersonRow]:
    """Return the rows of one page, with the decisions about `VERBS`. The number of statements does not grow with it."""
    memberships = [row.id for row in member_page.rows]
    assignments = access_queries.assignments(memberships=memberships, at=page.at)
    signed_in = recency.last_sign_ins(memberships=memberships)
    worst = status.worst_states(memberships=memberships)
    removals = _removals(page, memberships, names, clock) if former else {}
    urls = _Urls(page)
    return [
        PersonRow(
            id=str(row.id),
            name=row.shown_name,
            email=row.user.email,
            url=urls.reverse("person", row.id),
            **_access(assignments.get(row.id, []), clock),
            last_seen=clock.last_sign_in(signed_in.get(row.id)),
            **systems.worst(worst.get(row.id), names, former=former),
            **_actions(urls, row.id, may[row.id]),
            is_selectable=selection.is_selectable(page, may[row.id]),
            removal=removals.get(row.id),
        )
        for row in member_page.rows
    ]


def _access(assignments: Sequence[AssignmentView], clock: dates.Clock) -> dict[str, Any]:
    limit = (access.limits(assignments), access.ends(assignments, clock))
    return {
        "is_admin": any(assignment.is_admin for assignment in assignments),
        "tier": access.tiers(assignments),
        "limit": ", ".join(part for part in limit if part),
        "sites": access.sites(assignments) if assignments else "",
    }


class _Urls:
    """Holds the addresses of colleagues' pages: each route is looked up once, not once a row."""

    def __init__(self, page: PageContext) -> None:
        self._page, self._by_route = page, dict[str, str]()

    def reverse(self, route: str, membership: uuid.UUID) -> str:
        """Return the address of the route's page for this colleague."""
        if route not in self._by_route:
            self._by_route[route] = self._page.url(route, membership=_PLACEHOLDER)
        return self._by_route[route].replace(str(_PLACEHOLDER), str(membership))


def _actions(urls: _Urls, membership: uuid.UUID, may: Mapping[Verb, policy.Decision]) -> dict[str, Any]:
    change, remove = Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE
    return {
        "change": actions.action(may[change], url=urls.reverse("person_access", membership)),
        "remove": actions.action(may[remove], url=urls.reverse("person_remove", membership)),
        "restore_url": urls.reverse("person_restore", membership) if may[Verb.MEMBER_RESTORE] else "",
    }


def _removals(
    page: PageContext, memberships: Sequence[uuid.UUID], names: DisplayNames, clock: dates.Clock
) -> dict[uuid.UUID, RemovalSummary]:
    """Read the removals of these people. Five statements at most, and one for readers of the log."""
    events = activity_queries.latest_of_each(
        organization=page.organization_id, memberships=memberships, verb=Verb.MEMBER_REMOVE.value
    )
    wording = timeline.event_wording(page.organization_id, list(events.values()), names, clock)
    sees_all = bool(events) and removal_facts.sees_all_receipts(page)
    return {
        membership: _removal(page, event, _by(event, wording), clock, sees_all=sees_all)
        for membership, event in events.items()
    }


def _by(event: EventView, wording: EventWording) -> str:
    return _("as planned") if event.after.get("since") else wording.actor(event)


def _removal(
    page: PageContext, event: EventView, by: str, clock: dates.Clock, *, sees_all: bool
) -> RemovalSummary:
    in_full = sees_all or removal_facts.remover(event) == page.viewer.id
    return RemovalSummary(
        when=clock.when(event.at),
        by=by,
        reason=removal_reasons.describe(event.personal.get("reason", "")) if in_full else "",
        receipt_url=page.url("removal", act=event.act) if in_full else "",
    )
