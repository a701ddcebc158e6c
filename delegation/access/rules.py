"""Nobody gives beyond their grant authority or the ceiling, and nobody gives to themselves."""

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
"""What `within_authority` raises."""

_CLOSENESS = ("role", "sites", "until", "limit")


@dataclass(frozen=True, slots=True)
class _Line:
    """What one entitlement of the wanted role may carry at most, here."""

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
    """Whether `actor` may give `access` here by `verb`; `receivers` are users.

    The system is bound by the ceiling alone. Raises one of REFUSALS, naming the field.
    """
    if actor.is_person and actor.id in receivers:
        raise Denied(reason="self")
    if not Organization.objects.filter(id=organization, status=Organization.Status.ACTIVE).exists():
        raise Denied(reason="closed")
    access_validation.validate_access(access=access, at=at)
    version = _version(access, at)
    _check_sites(organization, access)
    _check_limits(access, _lines(organization, version, at))
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


def _lines(organization: uuid.UUID, version: RoleVersion, at: dt.datetime) -> dict[str, _Line]:
    offered = {
        row.entitlement_id: row for row in Ceiling.objects.filter(InForce(at), organization=organization)
    }
    held = RoleEntitlement.objects.filter(version=version, allowed=True).select_related("entitlement")
    return {
        row.entitlement.key: _Line(
            row.entitlement.key, row.entitlement.takes_amount, ceiling.amount, ceiling.currency
        )
        for row in held
        if (ceiling := offered.get(row.entitlement_id))
    }


def _check_limits(access: AccessSpec, lines: dict[str, _Line]) -> None:
    needed = {key for key, line in lines.items() if line.takes_amount}
    if access.limits.keys() - needed:
        raise InvalidAccess(field="limit", problem="unknown")
    for key in sorted(needed):
        if key not in access.limits:
            raise InvalidAccess(field="limit", problem="missing", entitlement=key)
        _under_ceiling(lines[key], access.limits[key])


def _under_ceiling(line: _Line, limit: AmountLimit) -> None:
    if line.currency and limit.currency != line.currency:
        raise InvalidAccess(
            field="limit", problem="currency", entitlement=line.entitlement, currency=line.currency
        )
    if line.ceiling is not None and (limit.amount is None or limit.amount > line.ceiling):
        raise ExceedsCeiling(
            field="limit", entitlement=line.entitlement, amount=f"{line.ceiling:.2f}", currency=line.currency
        )


def _check_actor_authority(
    actor: Actor, verb: Verb, organization: uuid.UUID, access: AccessSpec, at: dt.datetime
) -> None:
    mine = [
        p
        for p in authorities.authorities_of(actor=actor, at=at, organization=organization)
        if verb.value in p.verbs
    ]
    if not mine:
        raise Denied(reason="no_permission")
    refusals = [refusal for power in mine if (refusal := _exceeds_authority(power, access, at)) is not None]
    if len(refusals) == len(mine):
        # Of several powers, the refusal of the one that came closest helps most: the last field asked.
        raise max(refusals, key=lambda refusal: _CLOSENESS.index(refusal.data["field"]))


def _exceeds_authority(power: Authority, access: AccessSpec, at: dt.datetime) -> ExceedsAuthority | None:
    if access.role not in power.gives:
        return ExceedsAuthority(field="role")
    if not power.all_sites and (access.all_sites or not access.sites <= power.sites):
        return ExceedsAuthority(field="sites")
    if power.longest_days is not None:
        latest = at + dt.timedelta(days=power.longest_days)
        if access.until is None or access.until > latest:
            return ExceedsAuthority(field="until", until=latest.isoformat())
    return _exceeds_amounts(power, access)


def _exceeds_amounts(power: Authority, access: AccessSpec) -> ExceedsAuthority | None:
    rows = RoleEntitlement.objects.filter(version=power.version, assignable=True).select_related(
        "entitlement"
    )
    may = {row.entitlement.key: row for row in rows}
    for key, limit in sorted(access.limits.items()):
        row = may.get(key)
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
