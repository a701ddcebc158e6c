"""No actor assigns beyond their assignment authority or the ceiling, and none to themselves."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from audit.foundation.actor import Actor, Kind
from audit.foundation.intervals import InForce
from delegation.authorization import access_validation, authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.errors import Denied, ExceedsAuthority, ExceedsCeiling, InvalidAccess
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
    if actor.is_person and actor.id in receivers:
        raise Denied(reason="own_membership")
    if not Organization.objects.filter(id=organization, status=Organization.Status.ACTIVE).exists():
        raise Denied(reason="organization_closed")
    access_validation.validate_access(access=access, at=at)
    version = _version(access, at)
    _check_sites(organization, access)
    _check_limits(access, _offered_entitlements(organization, version, at))
    if actor.kind is not Kind.SYSTEM:
        _check_actor_authority(actor, verb, organization, access, at)


def _version(access: AccessSpec, at: dt.datetime) -> RoleVersion:
    version = RoleVersion.objects.filter(InForce(at), role__key=access.role).first()
    if version is None:
        raise InvalidAccess(field="role", problem="unknown")
    return version


def _check_sites(organization: uuid.UUID, access: AccessSpec) -> None:
    if access.all_sites:
        if access.sites:
            raise InvalidAccess(field="sites", problem="both")
        return
    if not access.sites:
        raise InvalidAccess(field="sites", problem="missing")
    if Site.objects.filter(organization=organization, id__in=access.sites).count() != len(access.sites):
        raise InvalidAccess(field="sites", problem="unknown")


def _offered_entitlements(
    organization: uuid.UUID, version: RoleVersion, at: dt.datetime
) -> dict[str, _OfferedEntitlement]:
    ceilings = {
        row.entitlement_id: row for row in Ceiling.objects.filter(InForce(at), organization=organization)
    }
    allowed = RoleEntitlement.objects.filter(version=version, allowed=True).select_related("entitlement")
    return {
        row.entitlement.key: _OfferedEntitlement(
            row.entitlement.key, row.entitlement.takes_amount, ceiling.amount, ceiling.currency
        )
        for row in allowed
        if (ceiling := ceilings.get(row.entitlement_id))
    }


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


def _check_actor_authority(
    actor: Actor, verb: Verb, organization: uuid.UUID, access: AccessSpec, at: dt.datetime
) -> None:
    holding = [
        authority
        for authority in authorities.authorities_of(actor=actor, at=at, organization=organization)
        if verb.value in authority.verbs
    ]
    if not holding:
        raise Denied(reason="no_permission")
    refusals = [
        refusal for authority in holding if (refusal := _exceeds_authority(authority, access, at)) is not None
    ]
    if len(refusals) == len(holding):
        # The refusal of the authority that came closest helps most: the one that failed at the last field.
        raise max(refusals, key=lambda refusal: _FIELDS_IN_ORDER.index(refusal.data["field"]))


def _exceeds_authority(authority: Authority, access: AccessSpec, at: dt.datetime) -> ExceedsAuthority | None:
    if access.role not in authority.assignable_roles:
        return ExceedsAuthority(field="role")
    if not authority.all_sites and (access.all_sites or not access.sites <= authority.sites):
        return ExceedsAuthority(field="sites")
    if authority.max_days is not None:
        latest = at + dt.timedelta(days=authority.max_days)
        if access.until is None or access.until > latest:
            return ExceedsAuthority(field="until", until=latest.isoformat())
    return _exceeds_amounts(authority, access)


def _exceeds_amounts(authority: Authority, access: AccessSpec) -> ExceedsAuthority | None:
    rows = RoleEntitlement.objects.filter(version=authority.version, assignable=True).select_related(
        "entitlement"
    )
    assignable = {row.entitlement.key: row for row in rows}
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
