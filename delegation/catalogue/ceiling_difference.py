"""A change of what an organization is offered is compared with the present before it happens."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from delegation.authorization import entitlements, offered_rights
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.offered_rights import OfferCounts
from delegation.authorization.values import AmountLimit
from delegation.catalogue import rules, unit_ceilings
from identity.memberships.models import SHOWN_NAME, Membership

LISTED = 20
"""The most people who lose something that are listed by name."""


@dataclass(frozen=True, slots=True)
class CeilingChange:
    """Describes a change of the ceiling of one entitlement; None: not offered."""

    key: str
    before: AmountLimit | None
    after: AmountLimit | None

    @property
    def is_loss(self) -> bool:
        """Answer whether less is offered than before."""
        return unit_ceilings.rank(self.after) < unit_ceilings.rank(self.before)


@dataclass(frozen=True, slots=True)
class CeilingDifference:
    """Holds the changes of the ceiling in the catalogue's order, and the people affected."""

    version: str
    changes: Sequence[CeilingChange]
    hidden: Sequence[str]
    """The entitlements whose unit offers something else, while another unit's higher offer keeps the ceiling."""
    people: OfferCounts

    @property
    def is_empty(self) -> bool:
        """Answer whether nothing changes, for no unit."""
        return not self.changes and not self.hidden

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what a person who agrees has seen: each change, and who loses how much."""
        seen = (self.version, self.changes, self.hidden, self.people.lose, self.people.lose_by_entitlement)
        return hashlib.sha256(repr(seen).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LosingPerson:
    """Names a person who loses something, with the present rights to it."""

    membership: uuid.UUID
    name: str
    rights: Sequence[Right]


def version(*, organization: uuid.UUID, at: dt.datetime) -> str:
    """Return the SHA-256 of all present offers of this organization's units. One statement."""
    return _version(unit_ceilings.by_unit(organization=organization, at=at))


def _version(offers: Mapping[uuid.UUID | None, unit_ceilings.Offer]) -> str:
    facts = sorted(
        (str(unit), key, repr(limit)) for unit, offer in offers.items() for key, limit in offer.items()
    )
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def check(
    *,
    organization: uuid.UUID,
    units: Mapping[str, uuid.UUID | None],
    offer: Mapping[str, AmountLimit | None],
    at: dt.datetime,
) -> CeilingDifference:
    """Compare what these units would offer with the present. Three statements. Raises InvalidInput."""
    wanted = _stored(offer)
    present = unit_ceilings.by_unit(organization=organization, at=at)
    later = {unit: dict(present.get(unit, {})) for unit in {*present, *units.values()}}
    for unit in units.values():
        later[unit] = {key: limit for key, limit in {**later[unit], **wanted}.items() if limit is not None}
    before, after = _highest(present), _highest(later)
    differing = [key for key in wanted if before.get(key) != after.get(key)]
    of_units = [
        key
        for key in wanted
        if any(present.get(unit, {}).get(key) != later[unit].get(key) for unit in units.values())
    ]
    return CeilingDifference(
        version=_version(present),
        changes=[CeilingChange(key, before.get(key), after.get(key)) for key in differing],
        hidden=[key for key in of_units if key not in differing],
        people=offered_rights.people_under_offer(
            organization=organization, offer=after, keys=differing, listed=LISTED, at=at
        ),
    )


def _stored(offer: Mapping[str, AmountLimit | None]) -> dict[str, AmountLimit | None]:
    """Return the limits as they are stored, in the catalogue's order. Raises InvalidInput for an unknown key."""
    rows = Entitlement.objects.filter(key__in=list(offer)).order_by("rank", "key")
    takes_amount = dict(rows.values_list("key", "takes_amount"))
    if offer.keys() - takes_amount.keys():
        raise InvalidInput(field="entitlement", problem="unknown")
    return {
        key: (limit := offer[key]) and rules.stored_limit(limit, takes_amount=takes_amount[key])
        for key in takes_amount
    }


def _highest(offers: Mapping[uuid.UUID | None, unit_ceilings.Offer]) -> dict[str, AmountLimit]:
    keys = dict.fromkeys(key for offer in offers.values() for key in offer)
    limits = {key: [offer[key] for offer in offers.values() if key in offer] for key in keys}
    return {key: found for key in keys if (found := unit_ceilings.highest_of(limits[key])) is not None}


def losing(*, difference: CeilingDifference, at: dt.datetime) -> list[LosingPerson]:
    """Name the first people who lose something, with what they have of it now. Two statements."""
    lost = {change.key for change in difference.changes if change.is_loss}
    rights = entitlements.rights_of(memberships=difference.people.losing, at=at)
    rows = Membership.objects.filter(id__in=difference.people.losing).annotate(person_name=SHOWN_NAME)
    found = [
        LosingPerson(
            row.id, row.person_name, [right for right in rights[row.id] if right.entitlement in lost]
        )
        for row in rows
    ]
    return sorted(found, key=lambda person: (person.name, person.membership))
