"""The pages of both services show people and their rights as lines of text."""

import dataclasses
from collections.abc import Iterable, Mapping

from demo.service import current_visit, language, money, parts, people

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
    search: str
    total: int
    number: int

    @property
    def more(self) -> bool:
        return self.number * PAGE < self.total


@dataclasses.dataclass(frozen=True, kw_only=True)
class May:
    """The person may do this, with its sites and limits in words."""

    what: str
    sites: str
    limits: str


def page(visit: current_visit.Visit, query: Mapping[str, str]) -> Page:
    """List the people of the visitor's own organization with a name or address that contains the search."""
    words = query.get("q", "").strip()[:PAGE].casefold()
    number = int(query["page"]) if query.get("page", "").isdecimal() and len(query["page"]) < PAGE else 1
    everybody = parts.current().people.members(visit.organization.id)
    matching = [person for person in everybody if words in f"{person.name} {person.email}".casefold()]
    start = max(number - 1, 0) * PAGE
    rows = [row(person, visit) for person in matching[start : start + PAGE]]
    return Page(rows=rows, search=query.get("q", ""), total=len(matching), number=max(number, 1))


def row(person: people.Person, visit: current_visit.Visit) -> Row:
    organization = person.organization(visit.organization.id) or visit.organization
    rights = person.rights(organization, at=visit.at)
    return Row(
        name=person.name,
        email=person.email,
        tiers=", ".join(map(language.text, rights.tiers)),
        limits="; ".join(
            limit_words(rights, [limit for limit in rights.limits if rights.may(limit.entitlement)])
        ),
        sites="; ".join(places(rights)),
        active=person.in_force(organization.id),
    )


def places(rights: people.Rights) -> list[str]:
    """Return where a person works; tier by tier where the tiers differ."""
    by_role: dict[str, list[people.Grant]] = {}
    for grant in rights.grants:
        by_role.setdefault(grant.role, []).append(grant)
    words = {role: ", ".join(role_sites(grants)) for role, grants in by_role.items()}
    if len(set(words.values())) <= 1:
        return list(words.values())[:1]
    return [f"{language.text(people.tier_name(role))}: {where}" for role, where in words.items()]


def role_sites(grants: Iterable[people.Grant]) -> list[str]:
    """Return the sites of a tier, taken from the entitlements that are limited to sites, where there are any."""
    by_entitlement: dict[str, dict[str | None, str]] = {}
    for grant in grants:
        by_entitlement.setdefault(grant.entitlement, {})[grant.site] = grant.site_name
    per_site = [site_names for site_names in by_entitlement.values() if None not in site_names]
    names = dict.fromkeys(name for site_names in per_site for name in site_names.values())
    return list(names) or [language.text(ALL_SITES)]


def may(rights: people.Rights, names: Mapping[str, str]) -> list[May]:
    return [line(rights, key, what) for key, what in names.items() if rights.may(key)]


def line(rights: people.Rights, entitlement: str, what: str) -> May:
    sites = rights.sites(entitlement)
    limits = [limit for limit in rights.limits if limit.entitlement == entitlement]
    where = language.text(ALL_SITES) if sites is None else ", ".join(sites.values())
    return May(what=language.text(what), sites=where, limits="; ".join(limit_words(rights, limits)))


def limit_words(rights: people.Rights, limits: Iterable[people.Limit]) -> list[str]:
    """Word each limit once, and for which site where they differ."""
    distinct = list(limits)
    plain = dict.fromkeys(one_limit(limit) for limit in distinct)
    if len(plain) <= 1:
        return list(plain)
    names = {grant.site: grant.site_name for grant in rights.grants}
    return list(dict.fromkeys(one_limit(limit) + for_site(names.get(limit.site, "")) for limit in distinct))


def one_limit(limit: people.Limit) -> str:
    return language.text(f"{{amount}} per {limit.period}", amount=money.show(limit.amount, limit.currency))


def for_site(name: str) -> str:
    return language.text(" for {site}", site=name) if name else ""
