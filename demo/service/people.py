"""Who is known here and what they may do, as SCIM last said it; read by every page and every order."""

import dataclasses
import datetime as dt
import decimal
import hashlib


@dataclasses.dataclass(frozen=True, kw_only=True)
class Organization:
    id: str
    key: str
    name: str
    customer_number: str
    active: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grant:
    """One entitlement in one organization; without a site it holds for all of them."""

    organization: str
    role: str
    entitlement: str
    site: str | None
    site_name: str
    valid_from: dt.datetime | None
    valid_until: dt.datetime | None

    def holds(self, *, at: dt.datetime) -> bool:
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_until is None or at < self.valid_until)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Limit:
    organization: str
    entitlement: str
    site: str | None
    amount: decimal.Decimal
    currency: str
    period: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rights:
    """What one person may do for one organization at one instant."""

    organization: Organization
    grants: tuple[Grant, ...]
    limits: tuple[Limit, ...]

    def may(self, entitlement: str) -> bool:
        return any(grant.entitlement == entitlement for grant in self.grants)

    def sites(self, entitlement: str) -> dict[str, str] | None:
        """Give the sites by id, or None where it holds for all of them."""
        grants = [grant for grant in self.grants if grant.entitlement == entitlement]
        if any(grant.site is None for grant in grants):
            return None
        return {grant.site: grant.site_name for grant in grants if grant.site}

    def limits_at(self, entitlement: str, site: str | None) -> list[Limit]:
        """Give one limit per period: this site's own before the general one, the lowest of equals."""
        chosen: dict[str, Limit] = {}
        for limit in sorted(self.limits, key=lambda one: (one.site is None, one.amount)):
            if limit.entitlement == entitlement and limit.site in (None, site):
                chosen.setdefault(limit.period, limit)
        return list(chosen.values())

    @property
    def tiers(self) -> list[str]:
        roles = dict.fromkeys(grant.role for grant in self.grants)
        return [role.replace("_", " ") for role in roles]

    @property
    def version(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Person:
    id: str
    sub: str
    name: str
    email: str
    active: bool
    organizations: tuple[Organization, ...]
    grants: tuple[Grant, ...]
    limits: tuple[Limit, ...]

    def organization(self, key: str) -> Organization | None:
        return next((one for one in self.organizations if one.id == key), None)

    def in_force(self, organization: str) -> bool:
        found = self.organization(organization)
        return self.active and found is not None and found.active

    def rights(self, organization: Organization, *, at: dt.datetime) -> Rights:
        if not self.in_force(organization.id):
            return Rights(organization=organization, grants=(), limits=())
        grants = (one for one in self.grants if one.organization == organization.id and one.holds(at=at))
        limits = (one for one in self.limits if one.organization == organization.id)
        return Rights(organization=organization, grants=tuple(grants), limits=tuple(limits))


class People:
    """Everybody, by the identity the portal signs them in with."""

    def __init__(self) -> None:
        self._by_sub: dict[str, Person] = {}
        self._subs: dict[str, str] = {}

    def put(self, person: Person) -> None:
        former = self._subs.get(person.id)
        self._by_sub[person.sub] = person
        self._subs[person.id] = person.sub
        if former not in (None, person.sub):
            self._by_sub.pop(former, None)

    def drop(self, resource_id: str) -> None:
        self._by_sub.pop(self._subs.pop(resource_id, ""), None)

    def by_sub(self, sub: str) -> Person | None:
        return self._by_sub.get(sub)

    def by_id(self, resource_id: str) -> Person | None:
        return self._by_sub.get(self._subs.get(resource_id, ""))

    def everybody(self) -> list[Person]:
        return list(self._by_sub.values())

    def of(self, organization: str) -> list[Person]:
        """All present and former members, by name."""
        found = [person for person in self.everybody() if person.organization(organization)]
        return sorted(found, key=lambda person: (person.name.casefold(), person.sub))

    def sites(self, organization: str) -> dict[str, str]:
        """Give the sites this service has heard of for an organization, in anybody's rights, by id."""
        grants = [grant for person in self.everybody() for grant in person.grants]
        found = {one.site: one.site_name for one in grants if one.site and one.organization == organization}
        return dict(sorted(found.items(), key=lambda item: item[1]))
