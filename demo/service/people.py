"""Every page and every order reads who is known here and what they may do, as SCIM last said it."""

import dataclasses
import datetime as dt
import decimal
import hashlib

TIER_NAMES = {"organization_admin": "admin"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Organization:
    id: str
    key: str
    name: str
    customer_number: str
    active: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grant:
    """A grant is one entitlement in one organization; without a site it holds for all of them."""

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
    """One person may do this for one organization at one instant."""

    organization: Organization
    grants: tuple[Grant, ...]
    limits: tuple[Limit, ...]

    def may(self, entitlement: str) -> bool:
        return any(grant.entitlement == entitlement for grant in self.grants)

    def sites(self, entitlement: str) -> dict[str, str] | None:
        """Return the sites by id, or None where the entitlement holds for all of them."""
        grants = [grant for grant in self.grants if grant.entitlement == entitlement]
        if any(grant.site is None for grant in grants):
            return None
        return {grant.site: grant.site_name for grant in grants if grant.site}

    def limits_at(self, entitlement: str, site: str | None) -> list[Limit]:
        """Return one limit per period: this site's own before the general one, the lowest of equals."""
        chosen: dict[str, Limit] = {}
        for limit in sorted(self.limits, key=lambda limit: (limit.site is None, limit.amount)):
            if limit.entitlement == entitlement and limit.site in (None, site):
                chosen.setdefault(limit.period, limit)
        return list(chosen.values())

    @property
    def tiers(self) -> list[str]:
        return [tier_name(role) for role in dict.fromkeys(grant.role for grant in self.grants)]

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
        return next((organization for organization in self.organizations if organization.id == key), None)

    def in_force(self, organization: str) -> bool:
        member_of = self.organization(organization)
        return self.active and member_of is not None and member_of.active

    def rights(self, organization: Organization, *, at: dt.datetime) -> Rights:
        if not self.in_force(organization.id):
            return Rights(organization=organization, grants=(), limits=())
        grants = (
            grant for grant in self.grants if grant.organization == organization.id and grant.holds(at=at)
        )
        limits = (limit for limit in self.limits if limit.organization == organization.id)
        return Rights(organization=organization, grants=tuple(grants), limits=tuple(limits))


def tier_name(role: str) -> str:
    """Return the tier's name as the portal shows it."""
    return TIER_NAMES.get(role) or role.replace("_", " ")


class People:
    """All people are found by the identity with which the portal signs them in."""

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

    def members(self, organization: str) -> list[Person]:
        """Return all present and former members, by name."""
        members = [person for person in self.everybody() if person.organization(organization)]
        return sorted(members, key=lambda person: (person.name.casefold(), person.sub))

    def sites(self, organization: str) -> dict[str, str]:
        """Return the organization's sites that appear in any person's rights, by id."""
        grants = [grant for person in self.everybody() for grant in person.grants]
        names = {
            grant.site: grant.site_name
            for grant in grants
            if grant.site and grant.organization == organization
        }
        return dict(sorted(names.items(), key=lambda item: item[1]))
