"""The list of colleagues has this page model."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.http import QueryDict
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import continuity
from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.people import queries as people_queries
from delegation.people.queries import Members, PeopleFilter
from portal.shell import attention, components
from portal.shell import forms as shell_forms
from portal.shell.actions import Action
from portal.shell.components import Callout, Link, Pager, counted
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import FilterMenu, HiddenField
from portal.shell.unconfirmed import Notice
from portal.web.people import (
    columns,
    elsewhere,
    filter_menus,
    filters,
    list_rows,
    pending_invitations,
    selection,
)
from portal.web.people.columns import Column
from portal.web.people.filter_menus import Matching
from portal.web.people.filters import Filters
from portal.web.people.list_rows import PersonRow
from portal.web.people.pending_invitations import PendingSection
from portal.web.people.selection import BulkBar
from portal.wording import dates
from provisioning.accounts import queries as accounts_queries


@dataclass(frozen=True, kw_only=True)
class PeoplePage(PageModel):
    """Shows the list of colleagues, with the pending invitations above it."""

    template: ClassVar[str] = "web/people/list.html"
    unconfirmed: Sequence[Notice] = ()
    """Removals that a system has not confirmed in time, or is known to fail."""
    is_updating: bool = False
    """Whether a system is updated or waited for: a script asks again, less and less often."""

    summary: str
    """`298 people, 1 admin`: the people that the reader may see, whatever is searched."""
    attention: Link | None
    """The number of people with a system that is out of date or failed, whatever is searched, and the list of them."""
    invite: Action | None
    note: Callout | None
    invitations: PendingSection
    invitations_url: str
    idempotency_key: str = field(default_factory=shell_forms.new_idempotency_key)
    """The idempotency key of the form around the invitations."""
    search_url: str
    list_url: str
    """This list with its filters and position."""
    q: str
    hidden_fields: Sequence[HiddenField]
    """Filters and order, which the search form sends along."""
    filters: Sequence[FilterMenu]
    is_filtered: bool
    found: str
    """`286 of 300 people match.`, with markup; empty for a list that is not filtered."""
    ignored: str
    """A sentence about values of the address that do not exist; may be empty."""
    download_url: str
    """The list as CSV; empty for the list of removed people."""
    former: bool
    """Whether these people are removed: they have no access and no sites."""
    columns: Sequence[Column]
    people: Sequence[PersonRow]
    bulk: BulkBar | None
    """None for a reader who may do nothing to several people."""
    pager: Pager
    elsewhere: Sequence[Link]
    """Removed people, invitations or present people that match the words, where no person of the list does."""


def people_page(
    page: PageContext, query: QueryDict, clock: dates.Clock, *, size: int | None = None
) -> PeoplePage:
    """Return the list that the address names, with at most `size` rows; the pages it links to lead back to it."""
    url = page.url("people")
    names = display_names.load(organization=page.organization_id)
    active = filters.parse(query, names)
    found = filter_menus.matching(page, active)
    active, member_page = _rows(page, active, found, size)
    page = page.from_list(active.here(url))
    everyone = _everyone(page, active, found)
    total = people_queries.count(rows=everyone) if active.is_active else found.total
    removed = filter_menus.removed(page, active, found, total)
    invitations = pending_invitations.section(page, active, clock)
    may = _abilities(page, active, found, member_page)
    return PeoplePage(
        **_head(page, active, found, everyone, total),
        **_search(page, active),
        invite=Action(page.url("invite")) if Verb.MEMBER_INVITE in page.abilities else None,
        invitations=invitations,
        invitations_url=page.url("invitations"),
        filters=filter_menus.menus(page, active, found, removed, url),
        people=list_rows.rows(page, member_page, clock, names, may, former=active.former),
        bulk=selection.bulk_bar(page, active, found.ids, may),
        pager=_pager(active, member_page, found.total, url),
        elsewhere=elsewhere.links(page, active, found, removed, invitations),
    )


def _abilities(
    page: PageContext, active: Filters, found: Matching, member_page: people_queries.PeoplePage
) -> selection.Abilities:
    """Decide once about the people of the rows and of the bulk bar. Two statements, or none without people."""
    ids = {*(row.id for row in member_page.rows), *selection.within_maximum(page, active, found.ids)}
    if not ids:
        return {}
    return policy.abilities(actor=page.viewer, memberships=list(ids), at=page.at, verbs=list_rows.VERBS)


def _search(page: PageContext, active: Filters) -> dict[str, Any]:
    """Return what the address says."""
    url = page.url("people")
    return {
        "search_url": url,
        "list_url": active.here(url),
        "q": active.q,
        "hidden_fields": active.fields(without="q"),
        "is_filtered": active.is_active,
        "ignored": _ignored() if active.has_unknown else "",
        "download_url": "" if active.former else active.here(page.url("people_csv")),
        "former": active.former,
        "columns": columns.columns(active, url),
    }


def _rows(
    page: PageContext, active: Filters, found: Matching, size: int | None
) -> tuple[Filters, people_queries.PeoplePage]:
    """Read the page at the list's position; the first one where all people after the position are gone."""
    member_page = _read(page, active, found, size)
    if member_page.rows or not active.has_position:
        return active, member_page
    first = active.from_beginning()
    return first, _read(page, first, found, size)


def _read(page: PageContext, active: Filters, found: Matching, size: int | None) -> people_queries.PeoplePage:
    return people_queries.page(
        rows=found.rows, filters=filters.to_query(active), at=page.at, among=found.readable, size=size
    )


def _everyone(page: PageContext, active: Filters, found: Matching) -> Members:
    """Filter the present people that the reader may see, whatever is searched."""
    if not active.is_active:
        return found.rows
    return people_queries.narrowed(
        rows=found.readable, organization=page.organization_id, at=page.at, filters=PeopleFilter()
    )


def _head(
    page: PageContext, active: Filters, found: Matching, everyone: Members, total: int
) -> dict[str, Any]:
    """Return what counts the people. Three statements. Admins have all sites: every reader of the list sees them."""
    working = continuity.working_admins(organization=page.organization_id, at=page.at)
    admins = [admin.id for admin in working]
    return {
        "summary": _summary(total, len(admins)),
        "attention": _attention(page, everyone),
        "note": components.only_admin(page, admins),
        "found": _found(active, found.total, total),
    }


def _summary(total: int, admins: int) -> str:
    parts = [ngettext("%(number)s person", "%(number)s people", total) % {"number": counted(total)}]
    if admins:
        parts.append(ngettext("%(number)d admin", "%(number)d admins", admins) % {"number": admins})
    return ", ".join(parts)


def _attention(page: PageContext, everyone: Members) -> Link | None:
    """Return the link to people with a system that is out of date or failed. One statement."""
    needs_attention = accounts_queries.worst_state_is(accounts_queries.NEEDS_ATTENTION)
    number = people_queries.count(rows=everyone.filter(needs_attention))
    if not number:
        return None
    text = ngettext("%(number)s needs attention", "%(number)s need attention", number)
    return Link(text % {"number": counted(number)}, attention.people_url(page))


def _found(active: Filters, number: int, total: int) -> str:
    if not active.is_active:
        return ""
    numbers = {"shown": "{0}", "total": counted(total)}
    if active.former:
        text = ngettext("%(shown)s removed person.", "%(shown)s removed people.", number) % numbers
    else:
        text = (
            ngettext("%(shown)s of %(total)s person matches.", "%(shown)s of %(total)s people match.", total)
            % numbers
        )
    return format_html(text, format_html("<b>{}</b>", counted(number)))


def _ignored() -> str:
    return _("The address of this page has a filter that does not exist any more. It is ignored.")


def _pager(active: Filters, member_page: people_queries.PeoplePage, total: int, url: str) -> Pager:
    number = len(member_page.rows)
    whole = member_page.previous is None and member_page.next is None
    numbers = {"shown": number, "total": counted(total)}
    if whole and active.former:
        text = ngettext("%(shown)d removed", "%(shown)d removed", number) % numbers
    elif whole:
        text = ngettext("%(shown)d person", "%(shown)d people", number) % numbers
    else:
        text = _("%(shown)d of %(total)s") % numbers
    previous_url = _page_url(active, url, before=member_page.previous)
    return Pager(text, previous_url, _page_url(active, url, after=member_page.next))


def _page_url(active: Filters, url: str, **anchor: uuid.UUID | None) -> str:
    position = {name: str(membership) for name, membership in anchor.items() if membership}
    return active.url(url, **position) if position else ""
