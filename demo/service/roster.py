"""People and their rights as lines of text for the pages of both services."""

import dataclasses
from collections.abc import Iterable, Mapping

from demo.service import house, money, people, visits

PAGE = 50
ALL_SITES = "all sites"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    email: str
    tiers: str
    limits: str
    sites: str
    active: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Page:
    rows: list[Row]
    asked: str
    total: int
    number: int

    @property
    def more(self) -> bool:
        return self.number * PAGE < self.total


@dataclasses.dataclass(frozen=True, kw_only=True)
class May:
    """One thing this person may do, with its sites and limits in words."""

    what: str
    sites: str
    limits: str


def page(visit: visits.Visit, asked: Mapping[str, str]) -> Page:
    """Give the people of the visitor's own organization, those whose name or address holds what is asked."""
    words = asked.get("q", "").strip()[:PAGE].casefold()
    number = int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < PAGE else 1
    everybody = house.here().people.of(visit.organization.id)
    found = [one for one in everybody if words in f"{one.name} {one.email}".casefold()]
    first = max(number - 1, 0) * PAGE
    rows = [row(one, visit) for one in found[first : first + PAGE]]
    return Page(rows=rows, asked=asked.get("q", ""), total=len(found), number=max(number, 1))


def row(person: people.Person, visit: visits.Visit) -> Row:
    organization = person.organization(visit.organization.id) or visit.organization
    rights = person.rights(organization, at=visit.at)
    return Row(
        name=person.name,
        email=person.email,
        tiers=", ".join(rights.tiers),
        limits="; ".join(limit_words(rights.limits if rights.grants else ())),
        sites=", ".join(site_words(rights.grants)),
        active=person.in_force(organization.id),
    )


def may(rights: people.Rights, names: Mapping[str, str]) -> list[May]:
    return [line(rights, key, what) for key, what in names.items() if rights.may(key)]


def line(rights: people.Rights, entitlement: str, what: str) -> May:
    grants = [one for one in rights.grants if one.entitlement == entitlement]
    limits = [one for one in rights.limits if one.entitlement == entitlement]
    return May(what=what, sites=", ".join(site_words(grants)), limits="; ".join(limit_words(limits)))


def site_words(grants: Iterable[people.Grant]) -> list[str]:
    names = {one.site: one.site_name for one in grants}
    return [ALL_SITES] if None in names else list(names.values())


def limit_words(limits: Iterable[people.Limit]) -> list[str]:
    """Say each limit once, however many sites and entitlements share it."""
    words = (f"{money.show(one.amount, one.currency)} per {one.period}" for one in limits)
    return list(dict.fromkeys(words))
