"""The form of onboarding reads business units and services; the page after it reads invitations."""

import datetime as dt
import itertools
import re
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from audit.foundation.actor import Actor
from delegation.authorization import authorities
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit, amount_from_json
from delegation.authorization.verbs import Verb
from delegation.catalogue.models import CeilingTemplate
from delegation.invitations import scope
from delegation.invitations.models import Invitation
from delegation.onboarding.new_customer import ADMIN_ROLE
from delegation.organizations.new_organization import RESERVED_KEYS
from identity.organizations.models import BusinessUnit, Organization
from identity.people import normalization

_KEY_LENGTH = 40
_MOST_INVITATIONS = 10


@dataclass(frozen=True, slots=True)
class Unit:
    """Names a business unit."""

    id: uuid.UUID
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class OfferableService:
    """Describes an application of the catalogue; `entitlements` says of each whether it takes an amount."""

    key: str
    name: Mapping[str, str]
    entitlements: Mapping[str, bool]

    @property
    def takes_amount(self) -> bool:
        """Return whether a limit says how much the customer may order."""
        return any(self.entitlements.values())


def units(*, actor: Actor, at: dt.datetime) -> list[Unit]:
    """List the business units for which the actor may onboard customers, by name. Two statements."""
    verb = Verb.ORGANIZATION_CREATE.value
    own = [row for row in authorities.authorities_of(actor=actor, at=at) if verb in row.verbs]
    rows = BusinessUnit.objects.order_by("name", "id")
    if not any(authority.is_for_all for authority in own):
        rows = rows.filter(id__in=[authority.unit for authority in own if authority.unit])
    return [Unit(*row) for row in rows.values_list("id", "key", "name")]


def all_units() -> list[Unit]:
    """List all business units by name, for the system. One statement."""
    return [
        Unit(*row) for row in BusinessUnit.objects.order_by("name", "id").values_list("id", "key", "name")
    ]


def services() -> list[OfferableService]:
    """List the applications with entitlements, in the order of the catalogue. One statement."""
    rows = Entitlement.objects.filter(application__is_active=True).order_by("rank", "key")
    found: dict[str, tuple[Mapping[str, str], dict[str, bool]]] = {}
    for key, takes_amount, application, name in rows.values_list(
        "key", "takes_amount", "application__key", "application__name"
    ):
        found.setdefault(application, (name, {}))[1][key] = takes_amount
    return [OfferableService(key, name, entitlements) for key, (name, entitlements) in found.items()]


@dataclass(frozen=True, slots=True)
class OfferTemplate:
    """Names a ready-made offer of the catalogue; without `units`, all business units use it."""

    key: str
    name: Mapping[str, str]
    offer: Mapping[str, AmountLimit]
    units: Sequence[str] = ()


def templates() -> list[OfferTemplate]:
    """List the templates of ceilings, in the order of the catalogue. One statement."""
    rows = CeilingTemplate.objects.order_by("rank", "key")
    return [OfferTemplate(row.key, row.name, _limits(row.offer), row.units) for row in rows]


def _limits(amounts: Mapping[str, str | None]) -> dict[str, AmountLimit]:
    return {key: AmountLimit(amount_from_json(amount)) for key, amount in amounts.items()}


def offer_of(
    *, among: Sequence[OfferableService], chosen: Collection[str], limit: Decimal | None
) -> dict[str, AmountLimit]:
    """Return the offer of these services: all their entitlements, with the limit for those that take an amount."""
    return {
        key: AmountLimit(limit if takes_amount else None)
        for service in among
        if service.key in chosen
        for key, takes_amount in service.entitlements.items()
    }


def free_key(*, name: str) -> str:
    """Propose the key of an organization from its name: the name in small Latin letters, with a number where taken."""
    stem = key_stem(name)
    taken = Organization.objects.filter(key__startswith=stem).values_list("key", flat=True)
    return free_among(stem, set(taken))


def free_among(stem: str, taken: Collection[str]) -> str:
    """Return the stem, or the stem with the first number with which it is not taken."""
    numbered = (f"{stem}-{number}" for number in itertools.count(2))
    return next(
        key for key in itertools.chain([stem], numbered) if key not in taken and key not in RESERVED_KEYS
    )


def key_stem(name: str) -> str:
    """Return the name in small Latin letters, with room for a number."""
    latin = normalization.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", latin).strip("-")[: _KEY_LENGTH - 5].strip("-") or "customer"


def first_invitations(*, organization: uuid.UUID) -> list[Invitation]:
    """List the supplier's invitations of admins, in order, without those that another one replaced."""
    rows = _of_first_admins(organization).filter(cancelled_at=None)
    return list(rows.order_by("created_at", "id")[:_MOST_INVITATIONS])


def first_invitation(*, organization: uuid.UUID, invitation: uuid.UUID | None) -> Invitation | None:
    """Find one of the supplier's invitations of admins, also one that another one replaced. One statement."""
    return _of_first_admins(organization).filter(id=invitation).first() if invitation else None


def _of_first_admins(organization: uuid.UUID) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(organization=organization, role__key=ADMIN_ROLE)
    return rows.filter(scope.of_supplier()).select_related("organization")
