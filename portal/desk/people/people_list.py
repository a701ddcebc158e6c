"""The list of a customer's people has this page model for staff."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.access import queries as access_queries
from delegation.catalogue import display_names
from delegation.organizations import customer_sites
from delegation.people import queries, recency
from delegation.people.queries import PeopleFilter
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.components import Pager, counted
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import ActiveFilter, HiddenField
from portal.wording import access, dates, systems
from provisioning.accounts import status

REMOVED = "removed"
"""The value of `show` for the people who were removed."""


@dataclass(frozen=True, slots=True)
class CustomerPerson:
    """Describes a person in the list; `state` is empty without an account in a connected system."""

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


@dataclass(frozen=True, kw_only=True)
class CustomerPeoplePage(PageModel):
    """Lists the people of a customer by name: the present ones, or those who were removed."""

    template: ClassVar[str] = "desk/people/list.html"

    customer: str
    back_url: str
    heading: str
    summary: str
    """`300 people`, or how many match."""
    search_url: str
    q: str
    active_filters: Sequence[ActiveFilter]
    """The site whose people are shown; none on the other lists."""
    hidden_fields: Sequence[HiddenField]
    former: bool
    other_url: str
    """The list of removed people; of present ones on the list of removed."""
    other_label: str
    people: Sequence[CustomerPerson]
    pager: Pager


def people_page(page: PageContext, query: QueryDict) -> CustomerPeoplePage:
    """Return the list that the address names. The number of statements does not grow with the list."""
    text, former = query_string.text(query, "q"), query.get("show") == REMOVED
    site, site_name = (None, "") if former else _site(page, query)
    filters = _filters(page, query, site, former=former)
    readable = queries.readable(actor=page.viewer, organization=page.organization_id, at=page.at)
    rows = queries.narrowed(rows=readable, organization=page.organization_id, at=page.at, filters=filters)
    found = queries.page(rows=rows, filters=filters, at=page.at, among=readable)
    url, shown = page.url("staff_people"), {"show": REMOVED if former else "", "site": str(site or "")}
    chip = ActiveFilter(_("Site"), site_name, query_string.with_values(url, {"q": text}))
    return CustomerPeoplePage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        heading=_("Removed people") if former else _("People"),
        summary=_summary(queries.count(rows=rows), narrowed=bool(text or site), former=former),
        search_url=url,
        q=text,
        active_filters=[chip] if site else [],
        hidden_fields=[HiddenField(name, value) for name, value in shown.items() if value],
        former=former,
        other_url=url if former else query_string.with_values(url, {"show": REMOVED}),
        other_label=_("Present people") if former else _("Removed people"),
        people=_people(page, found, former=former),
        pager=Pager(
            "",
            query_string.beside(url, {**shown, "q": text}, before=found.previous),
            query_string.beside(url, {**shown, "q": text}, after=found.next),
        ),
    )


def _filters(page: PageContext, query: QueryDict, site: uuid.UUID | None, *, former: bool) -> PeopleFilter:
    return PeopleFilter(
        text=query_string.text(query, "q"),
        former=former,
        condition=queries.assigned_there_alone(site=site, at=page.at) if site else Q(),
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )


def _site(page: PageContext, query: QueryDict) -> tuple[uuid.UUID | None, str]:
    """Return the site of the address with its name; none where the customer has no such site."""
    site = shell_forms.identifier(query.get("site", ""))
    name = customer_sites.name(organization=page.organization_id, site=site) if site else ""
    return (site, name) if name else (None, "")


def _summary(number: int, *, narrowed: bool, former: bool) -> str:
    if narrowed:
        return ngettext("%(number)s match", "%(number)s matches", number) % {"number": counted(number)}
    if former:
        words = ngettext("%(number)s removed person", "%(number)s removed people", number)
    else:
        words = ngettext("%(number)s person", "%(number)s people", number)
    return words % {"number": counted(number)}


def _people(page: PageContext, found: queries.PeoplePage, *, former: bool) -> list[CustomerPerson]:
    """Return the rows of one page. Four statements."""
    ids, clock = [row.id for row in found.rows], dates.Clock(page.at, page.zone)
    names = display_names.load(organization=page.organization_id)
    assignments = access_queries.assignments(memberships=ids, at=page.at)
    signed_in = recency.last_sign_ins(memberships=ids)
    worst = status.worst_states(memberships=ids)
    people = []
    for row in found.rows:
        held = assignments.get(row.id, [])
        limit = (access.limits(held), access.ends(held, clock))
        people.append(
            CustomerPerson(
                name=row.shown_name,
                email=row.user.email,
                url=page.url("staff_person", membership=row.id),
                is_admin=any(one.is_admin for one in held),
                tier=access.tiers(held) if held else _("No access"),
                limit=", ".join(part for part in limit if part),
                sites=access.sites(held) if held else "",
                last_seen=dates.first_upper(clock.last_sign_in(signed_in.get(row.id))),
                **systems.worst(worst.get(row.id), names, former=former),
            )
        )
    return people
