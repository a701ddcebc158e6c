"""No actor assigns beyond their assignment authority or the ceiling, and none to themselves."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from audit.foundation.actor import Actor, ActorKind
from audit.foundation.intervals import InForce
from delegation.authorization import access_validation, authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.errors import Denied, ExceedsAuthority, ExceedsCeiling, InvalidAccess
from delegation.authorization.models import ceilings
from delegation.authorization.models.ceilings import Ceiling
from delegation.authorization.models.roles import RoleEntitlement, RoleVersion
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.authorization.verbs import Verb
from identity.organizations.models import Organization, Site

REFUSALS = (InvalidAccess, ExceedsAuthority, ExceedsCeiling, Denied)
"""What `check_assignment_authority` raises."""

_FIELDS_IN_ORDER = ("role", "sites", "until", "limit")


@dataclass(frozen=True, slots=True)
class _OfferedEntitlement:
    """Holds one entitlement of the requested role that the organization is offered, with its ceiling."""

    entitlement: str
    takes_amount: bool
    ceiling: Decimal | None
    currency: str


def check_assignment_authority(
    *,
    actor: Actor,
    verb: Verb,
    organization: uuid.UUID,
    access: AccessSpec,
    at: dt.datetime,
    receivers: Sequence[uuid.UUID] = (),
) -> None:
    """Check that `actor` may assign `access` in this organization by `verb`; `receivers` are users.

    For the system, only the ceiling applies. Raises one of REFUSALS with the field.
    """
    AssignmentRules(organization, at).check(actor=actor, verb=verb, access=access, receivers=receivers)


class AssignmentRules:
    """Checks any number of accesses in one organization at one instant: what the rules read is read once.

    The number of statements is bounded by the number of tiers, whatever the number of accesses and actors.
    """

    def __init__(
        self, organization: uuid.UUID, at: dt.datetime, *, people: Collection[uuid.UUID] = ()
    ) -> None:
        """Read the authorities of these people by one statement; those of others are read when they are checked."""
        self._organization, self._at = organization, at
        self._authorities: dict[uuid.UUID, list[Authority]] = (
            authorities.authorities_of_people(users=people, at=at, organization=organization)
            if people
            else {}
        )
        self._versions: dict[str, RoleVersion | None] = {}
        self._offered: dict[uuid.UUID, dict[str, _OfferedEntitlement]] = {}
        self._assignable: dict[uuid.UUID, dict[str, RoleEntitlement]] = {}

    def check(
        self, *, actor: Actor, verb: Verb, access: AccessSpec, receivers: Sequence[uuid.UUID] = ()
    ) -> None:
        """Check one access as `check_assignment_authority` does. Raises one of REFUSALS."""
        if actor.is_person and not actor.own_users.isdisjoint(receivers):
            raise Denied(reason="own_membership")
        if not self._is_open:
            raise Denied(reason="organization_closed")
        access_validation.validate_access(access=access, at=self._at)
        version = self._version(access)
        self._check_sites(access)
        _check_limits(access, self._offered_entitlements(version))
        if actor.kind is not ActorKind.SYSTEM:
            self._check_actor_authority(actor, verb, access)

    @cached_property
    def _is_open(self) -> bool:
        return Organization.objects.filter(id=self._organization, status=Organization.Status.ACTIVE).exists()

    @cached_property
    def _sites(self) -> frozenset[uuid.UUID]:
        return frozenset(Site.objects.filter(organization=self._organization).values_list("id", flat=True))

    @cached_property
    def _ceilings(self) -> dict[uuid.UUID, Ceiling]:
        rows = ceilings.offer_of(organization=self._organization, at=self._at)
        return {row.entitlement_id: row for row in rows}

    def _version(self, access: AccessSpec) -> RoleVersion:
        if access.role not in self._versions:
            rows = RoleVersion.objects.filter(InForce(self._at), role__key=access.role)
            self._versions[access.role] = rows.first()
        version = self._versions[access.role]
        if version is None:
            raise InvalidAccess(field="role", problem="unknown")
        return version

    def _check_sites(self, access: AccessSpec) -> None:
        if access.all_sites:
            if access.sites:
                raise InvalidAccess(field="sites", problem="both")
            return
        if not access.sites:
            raise InvalidAccess(field="sites", problem="missing")
        if not access.sites <= self._sites:
            raise InvalidAccess(field="sites", problem="unknown")

    def _offered_entitlements(self, version: RoleVersion) -> dict[str, _OfferedEntitlement]:
        if version.id not in self._offered:
            allowed = RoleEntitlement.objects.filter(version=version, allowed=True).select_related(
                "entitlement"
            )
            self._offered[version.id] = {
                row.entitlement.key: _OfferedEntitlement(
                    row.entitlement.key, row.entitlement.takes_amount, ceiling.amount, ceiling.currency
                )
                for row in allowed
                if (ceiling := self._ceilings.get(row.entitlement_id))
            }
        return self._offered[version.id]

    def _check_actor_authority(self, actor: Actor, verb: Verb, access: AccessSpec) -> None:
        holding = [authority for authority in self._authorities_of(actor) if verb.value in authority.verbs]
        if not holding:
            raise Denied(reason="no_permission")
        refusals = [
            refusal for authority in holding if (refusal := self._exceeds(authority, access)) is not None
        ]
        if len(refusals) == len(holding):
            # The refusal of the authority that came closest helps most: the one that failed at the last field.
            raise max(refusals, key=lambda refusal: _FIELDS_IN_ORDER.index(refusal.data["field"]))

    def _authorities_of(self, actor: Actor) -> list[Authority]:
        if actor.id not in self._authorities:
            self._authorities[actor.id] = authorities.authorities_of(
                actor=actor, at=self._at, organization=self._organization
            )
        return self._authorities[actor.id]

    def _exceeds(self, authority: Authority, access: AccessSpec) -> ExceedsAuthority | None:
        if access.role not in authority.assignable_roles:
            return ExceedsAuthority(field="role")
        if not authority.all_sites and (access.all_sites or not access.sites <= authority.sites):
            return ExceedsAuthority(field="sites")
        if authority.max_days is not None:
            latest = self._at + dt.timedelta(days=authority.max_days)
            if access.until is None or access.until > latest:
                return ExceedsAuthority(field="until", until=latest.isoformat())
        return _exceeds_amounts(self._assignable_by(authority), access)

    def _assignable_by(self, authority: Authority) -> dict[str, RoleEntitlement]:
        if authority.version not in self._assignable:
            rows = RoleEntitlement.objects.filter(version=authority.version, assignable=True)
            self._assignable[authority.version] = {
                row.entitlement.key: row for row in rows.select_related("entitlement")
            }
        return self._assignable[authority.version]


def _check_limits(access: AccessSpec, offered: dict[str, _OfferedEntitlement]) -> None:
    needed = {key for key, entitlement in offered.items() if entitlement.takes_amount}
    if access.limits.keys() - needed:
        raise InvalidAccess(field="limit", problem="unknown")
    for key in sorted(needed):
        if key not in access.limits:
            raise InvalidAccess(field="limit", problem="missing", entitlement=key)
        _check_ceiling(offered[key], access.limits[key])


def _check_ceiling(offered: _OfferedEntitlement, limit: AmountLimit) -> None:
    if offered.currency and limit.currency != offered.currency:
        raise InvalidAccess(
            field="limit", problem="currency", entitlement=offered.entitlement, currency=offered.currency
        )
    if offered.ceiling is not None and (limit.amount is None or limit.amount > offered.ceiling):
        raise ExceedsCeiling(
            field="limit",
            entitlement=offered.entitlement,
            amount=f"{offered.ceiling:.2f}",
            currency=offered.currency,
        )


def _exceeds_amounts(
    assignable: Mapping[str, RoleEntitlement], access: AccessSpec
) -> ExceedsAuthority | None:
    for key, limit in sorted(access.limits.items()):
        row = assignable.get(key)
        if row is None:
            return ExceedsAuthority(field="limit", entitlement=key, amount="0.00", currency=limit.currency)
        if row.max_assignable_amount is None:
            continue
        if (
            limit.amount is None
            or limit.currency != row.max_assignable_currency
            or limit.amount > row.max_assignable_amount
        ):
            return ExceedsAuthority(
                field="limit",
                entitlement=key,
                amount=f"{row.max_assignable_amount:.2f}",
                currency=row.max_assignable_currency,
            )
    return None
