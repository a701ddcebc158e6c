"""The page model of the list of colleagues."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import continuity
from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.invitations import queries as invitations_queries
from delegation.people import queries as people_queries
from delegation.people import sessions
from delegation.people.queries import PeopleFilter
from portal.shell import actions, attention, components, query_string
from portal.shell import forms as shell_forms
from portal.shell.actions import Action
from portal.shell.components import Callout, Link, Pager, counted
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import ActiveFilter, FilterMenu, HiddenField
from portal.shell.unconfirmed import Notice
from portal.web.people import detail_context, filters, pending_invitations
from portal.web.people.pending_invitations import InvitationRow
from portal.wording import access, dates, systems
from provisioning.accounts import queries as accounts_queries
from provisioning.accounts import status

_PLACEHOLDER = uuid.UUID(int=0)
_VERBS = (Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE)


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
    state: str
    state_where: str = ""
    change: Action | None = None
    remove: Action | None = None
    restore_url: str = ""


@dataclass(frozen=True, kw_only=True)
class PeoplePage(PageModel):
    """Shows the list of colleagues, with the pending invitations above it."""

    template: ClassVar[str] = "web/people/list.html"
    unconfirmed: Sequence[Notice] = ()
    """Removals that a system has not confirmed in time."""
    is_updating: bool = False
    """Whether a system is updated or waited for: a script asks again, less and less often."""

    summary: str
    """`298 colleagues, 3 invited, 1 admin`."""
    attention: Link | None
    """The number of people with a system that is out of date or failed, and the list of them."""
    invite: Action | None
    note: Callout | None
    invitations: Sequence[InvitationRow]
    invitations_url: str
    idempotency_key: str = field(default_factory=shell_forms.new_idempotency_key)
    """The idempotency key of the form around the invitations."""
    search_url: str
    list_url: str
    """This list with its filters and position."""
    q: str
    hidden_fields: Sequence[HiddenField]
    """The filters, which the search form sends along."""
    active_filters: Sequence[ActiveFilter]
    filters: Sequence[FilterMenu]
    former: bool
    """Whether these people are removed: they have no access and no sites."""
    people: Sequence[PersonRow]
    select_url: str
    """POST of the ticked rows; empty for a reader who may remove none of them."""
    pager: Pager


def people_page(
    page: PageContext, query: QueryDict, clock: dates.Clock, *, size: int | None = None
) -> PeoplePage:
    """Return the list that the address names, with at most `size` rows."""
    organization, url = page.organization_id, page.url("people")
    names = display_names.load(organization=organization)
    active = filters.parse(query, names)
    criteria = filters.to_query(page, active)
    rows = people_queries.matching(actor=page.viewer, organization=organization, at=page.at, filters=criteria)
    member_page = people_queries.page(rows=rows, filters=criteria, size=size)
    total = people_queries.count(rows=rows)
    invitations = invitations_queries.pending(actor=page.viewer, organization=organization, at=page.at)
    admins = continuity.working_admins(organization=organization, at=page.at)
    return PeoplePage(
        summary=_summary(active, total, len(invitations), len(admins)),
        attention=None if active.is_active else _attention(page, url),
        invite=_invite_action(page, active, url),
        list_url=active.url(url),
        note=components.only_admin(page, [admin.id for admin in admins]),
        invitations=[pending_invitations.row(invitation, page, clock) for invitation in invitations],
        invitations_url=page.url("invitations"),
        search_url=url,
        q=active.values["q"],
        hidden_fields=query_string.hidden_fields(active.values, without="q"),
        active_filters=filters.active(active, url),
        filters=filters.menus(active, url),
        former=criteria.former,
        people=_rows(page, member_page, clock, names, former=criteria.former),
        select_url=_select_url(page, former=criteria.former),
        pager=_pager(active, member_page, total, url),
    )


def _select_url(page: PageContext, *, former: bool) -> str:
    """Return the address that removes selected people; empty where this reader may remove none of them."""
    return "" if former or Verb.MEMBER_REMOVE not in page.abilities else page.url("people_select")


def _attention(page: PageContext, url: str) -> Link | None:
    """Return the link to people with a system that is out of date or failed. One statement without any, else three."""
    memberships = attention.members_in_state(page, accounts_queries.NEEDS_ATTENTION)
    if not memberships:
        return None
    criteria = PeopleFilter(memberships=memberships)
    rows = people_queries.matching(
        actor=page.viewer, organization=page.organization_id, at=page.at, filters=criteria
    )
    number = people_queries.count(rows=rows)
    if not number:
        return None
    text = ngettext("%(number)s needs attention", "%(number)s need attention", number)
    return Link(text % {"number": counted(number)}, query_string.with_values(url, {"systems": "look"}))


def _invite_action(page: PageContext, active: filters.Filters, url: str) -> Action | None:
    """Return the button to invite; closing the panel leads back to the list with its filters."""
    if Verb.MEMBER_INVITE not in page.abilities:
        return None
    filters_of_list = active.url(url).partition("?")[2]
    return Action(query_string.with_values(page.url("invite"), {"list": filters_of_list}))


def _summary(active: filters.Filters, total: int, pending: int, admins: int) -> str:
    if active.is_active:
        return ngettext("%(number)s match", "%(number)s matches", total) % {"number": counted(total)}
    parts = [ngettext("%(number)s person", "%(number)s people", total) % {"number": counted(total)}]
    if pending:
        parts.append(
            ngettext("%(number)d pending invitation", "%(number)d pending invitations", pending)
            % {"number": pending}
        )
    parts.append(ngettext("%(number)d admin", "%(number)d admins", admins) % {"number": admins})
    return ", ".join(parts)


def _rows(
    page: PageContext,
    member_page: people_queries.PeoplePage,
    clock: dates.Clock,
    names: DisplayNames,
    *,
    former: bool,
) -> list[PersonRow]:
    memberships = [row.id for row in member_page.rows]
    assignments = access_queries.assignments(memberships=memberships, at=page.at)
    last_seen = sessions.last_seen(memberships=memberships, at=page.at)
    worst = status.worst_states(memberships=memberships)
    may = policy.abilities(actor=page.viewer, memberships=memberships, at=page.at, verbs=_VERBS)
    urls = _Urls(page)
    return [
        PersonRow(
            id=str(row.id),
            name=row.user.name,
            email=row.user.email,
            url=urls.reverse("person", row.id),
            **_access(assignments.get(row.id, []), clock),
            last_seen=detail_context.last_seen_when(last_seen.get(row.id), clock),
            **systems.worst(worst.get(row.id), names, former=former),
            **_actions(urls, row.id, may[row.id]),
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


def _pager(active: filters.Filters, member_page: people_queries.PeoplePage, total: int, url: str) -> Pager:
    number = len(member_page.rows)
    whole = member_page.previous is None and member_page.next is None
    numbers = {"shown": number, "total": counted(total)}
    if whole and active.values["who"] == "former":
        text = ngettext("%(shown)d removed", "%(shown)d removed", number) % numbers
    elif whole:
        text = ngettext("%(shown)d person", "%(shown)d people", number) % numbers
    else:
        text = _("%(shown)d of %(total)s") % numbers
    previous_url = _page_url(active, url, before=member_page.previous)
    return Pager(text, previous_url, _page_url(active, url, after=member_page.next))


def _page_url(active: filters.Filters, url: str, **anchor: uuid.UUID | None) -> str:
    if not any(anchor.values()):
        return ""
    return query_string.with_values(
        url, {**active.values, **{name: str(membership) for name, membership in anchor.items()}}
    )
