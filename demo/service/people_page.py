"""People and their rights as lines of text for the pages of both services."""

import dataclasses
from collections.abc import Iterable, Mapping

from demo.service import current_visit, money, parts, people

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


def page(visit: current_visit.Visit, asked: Mapping[str, str]) -> Page:
    """Give the people of the visitor's own organization, those whose name or address holds what is asked."""
    words = asked.get("q", "").strip()[:PAGE].casefold()
    number = int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < PAGE else 1
    everybody = parts.current().people.of(visit.organization.id)
    found = [one for one in everybody if words in f"{one.name} {one.email}".casefold()]
    first = max(number - 1, 0) * PAGE
    rows = [row(one, visit) for one in found[first : first + PAGE]]
    return Page(rows=rows, asked=asked.get("q", ""), total=len(found), number=max(number, 1))


def row(person: people.Person, visit: current_visit.Visit) -> Row:
    organization = person.organization(visit.organization.id) or visit.organization
    rights = person.rights(organization, at=visit.at)
    return Row(
        name=person.name,
        email=person.email,
        tiers=", ".join(rights.tiers),
        limits="; ".join(limit_words(rights, [one for one in rights.limits if rights.may(one.entitlement)])),
        sites="; ".join(places(rights)),
        active=person.in_force(organization.id),
    )


def places(rights: people.Rights) -> list[str]:
    """Say where somebody works; tier by tier where the tiers differ."""
    by_role: dict[str, list[people.Grant]] = {}
    for grant in rights.grants:
        by_role.setdefault(grant.role, []).append(grant)
    words = {role: ", ".join(role_sites(grants)) for role, grants in by_role.items()}
    if len(set(words.values())) <= 1:
        return list(words.values())[:1]
    return [f"{role.replace('_', ' ')}: {where}" for role, where in words.items()]


def role_sites(grants: Iterable[people.Grant]) -> list[str]:
    """Give the sites of a tier: the entitlements that are held per site tell, where there are any."""
    by_entitlement: dict[str, dict[str | None, str]] = {}
    for one in grants:
        by_entitlement.setdefault(one.entitlement, {})[one.site] = one.site_name
    per_site = [named for named in by_entitlement.values() if None not in named]
    names = dict.fromkeys(name for named in per_site for name in named.values())
    return list(names) or [ALL_SITES]


def may(rights: people.Rights, names: Mapping[str, str]) -> list[May]:
    return [line(rights, key, what) for key, what in names.items() if rights.may(key)]


def line(rights: people.Rights, entitlement: str, what: str) -> May:
    sites = rights.sites(entitlement)
    limits = [one for one in rights.limits if one.entitlement == entitlement]
    where = ALL_SITES if sites is None else ", ".join(sites.values())
    return May(what=what, sites=where, limits="; ".join(limit_words(rights, limits)))


def limit_words(rights: people.Rights, limits: Iterable[people.Limit]) -> list[str]:
    """Say each limit once, and for which site where they differ."""
    found = list(limits)
    plain = dict.fromkeys(one_limit(one) for one in found)
    if len(plain) <= 1:
        return list(plain)
    names = {grant.site: grant.site_name for grant in rights.grants}
    return list(dict.fromkeys(one_limit(one) + for_site(names.get(one.site, "")) for one in found))


def one_limit(limit: people.Limit) -> str:
    return f"{money.show(limit.amount, limit.currency)} per {limit.period}"


def for_site(name: str) -> str:
    return f" for {name}" if name else ""
