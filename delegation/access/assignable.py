"""A form offers the tiers and sites that an actor may assign. `rules.check_assignment_authority` decides."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from audit.foundation.actor import Actor
from audit.foundation.intervals import InForce
from delegation.access.queries import SiteName, Text
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.verbs import Verb
from identity.organizations.models import Site


@dataclass(frozen=True, slots=True)
class TierOption:
    """A tier is one choice of the form; `limited_entitlements` need an amount, up to `max_amount`."""

    key: str
    name: Text
    description: Text
    assignable: bool
    verbs: frozenset[str] = frozenset()
    """What its holder may do to members."""
    assignable_roles: frozenset[str] = frozenset()
    """The keys of the tiers that its holder may assign."""
    limited_entitlements: Sequence[str] = ()
    max_amount: Decimal | None = None
    max_from_ceiling: bool = False
    """Whether `max_amount` comes from the organization's ceiling and not from the actor's authority."""
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class AssignableOptions:
    """Lists all tiers and sites of an organization, with what the actor may assign of them."""

    tiers: Sequence[TierOption]
    sites: Sequence[SiteName]
    all_sites: bool
    assignable_sites: frozenset[uuid.UUID] = frozenset()
    """The sites that this actor may assign."""

    def tier(self, key: str) -> TierOption | None:
        """Find the tier of this key; None for an unknown key."""
        return next((tier for tier in self.tiers if tier.key == key), None)


class _EntitlementLine(NamedTuple):
    """Holds one entitlement of a role version, with the organization's ceiling."""

    entitlement: uuid.UUID
    key: str
    takes_amount: bool
    allowed: bool
    assignable: bool
    max_assignable_amount: Decimal | None
    offered: bool
    ceiling: Decimal | None
    currency: str


@dataclass(slots=True)
class _Versions:
    """Holds the current role versions, with the entitlements of each."""

    current: Sequence[RoleVersion]
    lines: Mapping[uuid.UUID, Sequence[_EntitlementLine]]


_LINES = """
SELECT l.version_id, e.id, e.key, e.takes_amount, l.allowed, l.assignable, l.max_assignable_amount,
       c.id IS NOT NULL, c.amount, coalesce(c.currency, '')
FROM delegation_roleentitlement l
JOIN delegation_entitlement e ON e.id = l.entitlement_id
LEFT JOIN delegation_ceiling c ON c.entitlement_id = e.id AND c.organization_id = %(organization)s
 AND in_force(c.valid_from, c.valid_until, %(at)s)
WHERE l.version_id = ANY(%(versions)s)
ORDER BY e.rank, e.key
"""


def assignable_options(
    *, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime
) -> AssignableOptions:
    """Read the options that this actor may assign by `verb`. Four statements."""
    own = authorities.authorities_of(actor=actor, at=at, organization=organization)
    holding = [authority for authority in own if verb.value in authority.verbs]
    versions = _load_versions(organization, at)
    all_sites = any(authority.all_sites for authority in holding)
    rows = Site.objects.filter(organization=organization).order_by("sort_key", "id")
    sites = [SiteName(site, name) for site, name in rows.values_list("id", "name")]
    assignable_sites = (
        {site.id for site in sites} if all_sites else set().union(*(authority.sites for authority in holding))
    )
    tiers = [_tier(version, holding, versions) for version in versions.current]
    return AssignableOptions(tiers, sites, all_sites, frozenset(assignable_sites))


def _load_versions(organization: uuid.UUID, at: dt.datetime) -> _Versions:
    rows = RoleVersion.objects.filter(InForce(at))
    current = list(rows.select_related("role").order_by("role__rank", "role__key"))
    lines: dict[uuid.UUID, list[_EntitlementLine]] = defaultdict(list)
    parameters: dict[str, Any] = {
        "organization": organization,
        "at": at,
        "versions": [version.id for version in current],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, parameters)
        for version, *columns in cursor.fetchall():
            lines[version].append(_EntitlementLine(*columns))
    return _Versions(current, lines)


def _tier(version: RoleVersion, holding: Sequence[Authority], versions: _Versions) -> TierOption:
    limited = [
        line
        for line in versions.lines.get(version.id, ())
        if line.allowed and line.takes_amount and line.offered
    ]
    ceiling = min((line.ceiling for line in limited if line.ceiling is not None), default=None)
    assigning = [authority for authority in holding if version.role.key in authority.assignable_roles]
    own = _own_max_amount(assigning, limited, versions)
    return TierOption(
        key=version.role.key,
        name=version.role.name,
        description=version.role.description,
        assignable=bool(assigning),
        verbs=frozenset(version.verbs),
        assignable_roles=frozenset(version.assignable_roles),
        limited_entitlements=[line.key for line in limited],
        max_amount=min((value for value in (ceiling, own) if value is not None), default=None),
        max_from_ceiling=own is None or (ceiling is not None and ceiling < own),
        currency=next((line.currency for line in limited if line.currency), "EUR"),
    )


def _own_max_amount(
    assigning: Sequence[Authority], limited: Sequence[_EntitlementLine], versions: _Versions
) -> Decimal | None:
    """Return the highest amount that one authority may assign for all these entitlements; None means without limit."""
    amounts: list[Decimal] = []
    for authority in assigning:
        assignable = {
            line.entitlement: line for line in versions.lines.get(authority.version, ()) if line.assignable
        }
        maxima = [_max_amount(assignable.get(line.entitlement)) for line in limited]
        known = [amount for amount in maxima if amount is not None]
        if not known:
            return None
        amounts.append(min(known))
    return max(amounts, default=None)


def _max_amount(line: _EntitlementLine | None) -> Decimal | None:
    return Decimal(0) if line is None else line.max_assignable_amount
