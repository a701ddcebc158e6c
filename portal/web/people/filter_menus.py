"""The filters of the list of colleagues are menus with the number of people that each choice would show."""

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from delegation.people import facets
from delegation.people import queries as people_queries
from delegation.people.queries import Members, PeopleFilter
from portal.shell.page_context import PageContext
from portal.shell.query_string import FilterMenu, Option
from portal.web.people import filters as list_filters
from portal.web.people.filters import FORMER, Filters
from portal.wording import cldr, dates, systems
from provisioning.accounts import status


@dataclass(frozen=True, slots=True)
class Matching:
    """Holds the people that the reader may see, and the first of those that match the filters, in order of names."""

    readable: Members
    rows: Members
    ids: Sequence[uuid.UUID]
    """Up to `COUNT_LIMIT` + 1."""

    @property
    def total(self) -> int:
        """Return how many match, up to `COUNT_LIMIT` + 1."""
        return len(self.ids)


def narrow(page: PageContext, readable: Members, filters: Filters) -> Members:
    """Filter those of the readable people that match."""
    criteria = list_filters.to_query(filters)
    return people_queries.narrowed(
        rows=readable, organization=page.organization_id, at=page.at, filters=criteria
    )


def matching(page: PageContext, filters: Filters) -> Matching:
    """Read the people that match. Two statements, three where a text is searched."""
    readable = people_queries.readable(actor=page.viewer, organization=page.organization_id, at=page.at)
    rows = narrow(page, readable, filters)
    return Matching(readable, rows, people_queries.first_ids(rows=rows))


@dataclass(frozen=True, slots=True)
class RemovedPeople:
    """Says whether the organization has removed people, and how many of them the searched text matches.

    `matching` is None where they are too many to count.
    """

    exist: bool
    matching: int | None


def menus(
    page: PageContext, filters: Filters, found: Matching, removed: RemovedPeople, url: str
) -> list[FilterMenu]:
    """Return the filters. A choice that would show no one is left out, unless it is chosen.

    Removed people can be chosen whatever is searched. Three statements at most, and one for each filter that is on.
    """
    shown = {FORMER: removed.matching} if removed.matching is not None else None
    counts = {**_counts(page, filters, found), "who": shown}
    labels = list_filters.labels()
    every = [
        _menu(name, labels[name], filters, counts[name], url, with_zero=name == "who")
        for name in labels
        if name != "who" or removed.exist
    ]
    return [menu for menu in every if menu.options]


def _menu(
    name: str, label: str, filters: Filters, counts: Mapping[str, int] | None, url: str, *, with_zero: bool
) -> FilterMenu:
    chosen = filters.chosen[name]
    options = []
    for value, text in filters.options[name].items():
        is_chosen = value in chosen
        number = None if counts is None else counts.get(value, 0)
        if number != 0 or is_chosen or with_zero:
            others = [other for other in chosen if other != value]
            target = filters.url(url, **{name: others if is_chosen else [*chosen, value]})
            options.append(Option(text, target, is_chosen, "" if number is None else cldr.number(number)))
    names = [filters.options[name][value] for value in chosen]
    clear_url = filters.url(url, **{name: ""}) if chosen else ""
    return FilterMenu(label, options, dates.name_list(names, most=5), clear_url)


def _counts(page: PageContext, filters: Filters, found: Matching) -> dict[str, Mapping[str, int] | None]:
    """Count the people of each choice among those that match the other filters; None where they are too many."""
    among = {name: _others(page, filters, found, name) for name in ("site", "tier", "seen", "systems")}
    with_access = {member for name in ("site", "tier") for member in among[name] or ()}
    accesses = facets.accesses(memberships=with_access, at=page.at) if with_access else []
    counts: dict[str, Mapping[str, int] | None] = dict.fromkeys(among)
    if (at_sites := among["site"]) is not None:
        sites = [uuid.UUID(site) for site in filters.options["site"]]
        by_site = facets.by_site(accesses, at_sites, sites)
        counts["site"] = {str(site): number for site, number in by_site.items()}
    if (members := among["tier"]) is not None:
        counts["tier"] = facets.by_role(accesses, members)
    if (members := among["seen"]) is not None:
        counts["seen"] = facets.by_recency(among=members, at=page.at)
    if (members := among["systems"]) is not None:
        counts["systems"] = _by_state(members, former=filters.former)
    return counts


def _others(page: PageContext, filters: Filters, found: Matching, name: str) -> Collection[uuid.UUID] | None:
    """Return the people that match the filters but this one; None where they are too many to count."""
    ids = found.ids
    if filters.chosen[name]:
        ids = people_queries.first_ids(rows=narrow(page, found.readable, filters.without(name)))
    return None if len(ids) > people_queries.COUNT_LIMIT else set(ids)


def _by_state(members: Collection[uuid.UUID], *, former: bool) -> Mapping[str, int]:
    worst = status.worst_states(memberships=members)
    return Counter(systems.choice_of(one.state, former=former) for one in worst.values())


def removed(page: PageContext, filters: Filters, found: Matching, total: int) -> RemovedPeople:
    """Count the removed people that match the searched text: they have no access that other filters could ask for.

    `total`: the present people. One statement, two where a text is searched. Not counted in an organization of many
    people: among 50,000, finding those who have left takes 0.3 s.
    """
    if filters.former:
        return RemovedPeople(exist=True, matching=found.total)
    if total > people_queries.COUNT_LIMIT:
        return RemovedPeople(exist=True, matching=None)
    rows = people_queries.narrowed(
        rows=found.readable, organization=page.organization_id, at=page.at, filters=PeopleFilter(former=True)
    )
    number, matching = people_queries.count_former(
        rows=rows, text=filters.q, organization=page.organization_id, at=page.at
    )
    return RemovedPeople(
        exist=bool(number), matching=matching if number <= people_queries.COUNT_LIMIT else None
    )
