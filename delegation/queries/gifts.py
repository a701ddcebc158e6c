"""What an actor may give in an organization: for drawing choices. `rules.within_authority` decides."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from audit.actor import Actor
from delegation import powers
from delegation.models import Ceiling, RoleEntitlement, RoleVersion
from delegation.powers import Power
from delegation.queries.held import Place, Text
from delegation.verbs import Verb
from identity import memberships
from identity.models import Site


@dataclass(frozen=True, slots=True)
class Tier:
    """A role to choose. `amounts` are the entitlements that need a limit here; `most` what this actor may give."""

    key: str
    name: Text
    description: Text
    may_give: bool
    verbs: frozenset[str] = frozenset()
    """What it lets its holder do to colleagues."""
    gives: frozenset[str] = frozenset()
    """Keys of the tiers its holder may give."""
    amounts: Sequence[str] = ()
    most: Decimal | None = None
    by_ceiling: bool = False
    """Whether `most` is what was agreed for the organization, not the actor's own."""
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Gifts:
    """All of it, and where: `everywhere` where the actor may give all sites."""

    tiers: Sequence[Tier]
    sites: Sequence[Place]
    everywhere: bool
    own: frozenset[uuid.UUID] = frozenset()
    """The sites this actor may give."""

    def tier(self, key: str) -> Tier | None:
        """The tier of that key."""
        return next((tier for tier in self.tiers if tier.key == key), None)


@dataclass(slots=True)
class _Book:
    """What has been read: versions of roles, what each holds, what is offered."""

    versions: Mapping[uuid.UUID, RoleVersion]
    lines: dict[uuid.UUID, list[RoleEntitlement]] = field(default_factory=lambda: defaultdict(list))
    offered: dict[uuid.UUID, Ceiling] = field(default_factory=dict)


def of(*, actor: Actor, verb: Verb, organization: uuid.UUID, at: dt.datetime) -> Gifts:
    """What this actor may give by `verb`. Seven statements."""
    held = powers.of(actor=actor, at=at, organization=organization)
    mine = [power for power in held if verb.value in power.verbs]
    book = _read(organization, at)
    everywhere = any(power.all_sites for power in mine)
    places = [
        Place(site.id, site.name)
        for site in Site.objects.filter(organization=organization).order_by("sort_key", "id")
    ]
    own = {place.id for place in places} if everywhere else set().union(*(power.sites for power in mine))
    ordered = sorted(book.versions.values(), key=lambda version: version.role.rank)
    return Gifts([_tier(version, mine, book) for version in ordered], places, everywhere, frozenset(own))


def _read(organization: uuid.UUID, at: dt.datetime) -> _Book:
    current = RoleVersion.objects.filter(memberships.covering(at)).select_related("role")
    book = _Book({version.id: version for version in current})
    for line in RoleEntitlement.objects.filter(version__in=list(book.versions)).select_related("entitlement"):
        book.lines[line.version_id].append(line)
    for ceiling in Ceiling.objects.filter(memberships.covering(at), organization=organization):
        book.offered[ceiling.entitlement_id] = ceiling
    return book


def _tier(version: RoleVersion, mine: Sequence[Power], book: _Book) -> Tier:
    limited = [
        line
        for line in book.lines[version.id]
        if line.may_do and line.entitlement.takes_amount and line.entitlement_id in book.offered
    ]
    ceilings = [book.offered[line.entitlement_id] for line in limited]
    agreed = min((row.amount for row in ceilings if row.amount is not None), default=None)
    givers = [power for power in mine if version.role.key in power.gives]
    own = _own(givers, limited, book)
    return Tier(
        key=version.role.key,
        name=version.role.name,
        description=version.role.description,
        may_give=bool(givers),
        verbs=frozenset(version.verbs),
        gives=frozenset(version.gives),
        amounts=[line.entitlement.key for line in limited],
        most=min((value for value in (agreed, own) if value is not None), default=None),
        by_ceiling=own is None or (agreed is not None and agreed < own),
        currency=next((row.currency for row in ceilings if row.currency), "EUR"),
    )


def _own(givers: Sequence[Power], limited: Sequence[RoleEntitlement], book: _Book) -> Decimal | None:
    """The highest amount that one of these powers may give for all of these entitlements; None: no limit of its own."""
    best: list[Decimal] = []
    for power in givers:
        gives = {line.entitlement_id: line for line in book.lines[power.version] if line.may_give}
        caps = [_cap(gives.get(line.entitlement_id)) for line in limited]
        known = [cap for cap in caps if cap is not None]
        if not known:
            return None
        best.append(min(known))
    return max(best, default=None)


def _cap(line: RoleEntitlement | None) -> Decimal | None:
    return Decimal(0) if line is None else line.give_amount
