"""Nobody gives beyond their grant authority or the ceiling, and nobody gives to themselves."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from audit.actor import Actor, Kind
from audit.intervals import InForce
from delegation import powers
from delegation.errors import BadAccess, BeyondAuthority, BeyondCeiling, Denied
from delegation.models import Ceiling, RoleEntitlement, RoleVersion
from delegation.powers import Authority
from delegation.rules import shape
from delegation.verbs import Verb
from delegation.wanted import Access, Limit
from identity.models import Organization, Site

REFUSALS = (BadAccess, BeyondAuthority, BeyondCeiling, Denied)
"""What `within_authority` raises."""

_CLOSENESS = ("role", "sites", "until", "limit")


@dataclass(frozen=True, slots=True)
class _Line:
    """What one entitlement of the wanted role may carry at most, here."""

    entitlement: str
    takes_amount: bool
    ceiling: Decimal | None
    currency: str


def within_authority(
    *,
    actor: Actor,
    verb: Verb,
    organization: uuid.UUID,
    access: Access,
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
    shape.sound(access=access, at=at)
    version = _version(access, at)
    _sites_exist(organization, access)
    _limits_make_sense(access, _lines(organization, version, at))
    if actor.kind is not Kind.SYSTEM:
        _given_by_someone_who_may(actor, verb, organization, access, at)


def _version(access: Access, at: dt.datetime) -> RoleVersion:
    version = RoleVersion.objects.filter(InForce(at), role__key=access.role).first()
    if version is None:
        raise BadAccess(field="role", problem="unknown")
    return version


def _sites_exist(organization: uuid.UUID, access: Access) -> None:
    if access.all_sites:
        if access.sites:
            raise BadAccess(field="sites", problem="both")
        return
    if not access.sites:
        raise BadAccess(field="sites", problem="missing")
    if Site.objects.filter(organization=organization, id__in=access.sites).count() != len(access.sites):
        raise BadAccess(field="sites", problem="unknown")


def _lines(organization: uuid.UUID, version: RoleVersion, at: dt.datetime) -> dict[str, _Line]:
    offered = {
        row.entitlement_id: row for row in Ceiling.objects.filter(InForce(at), organization=organization)
    }
    held = RoleEntitlement.objects.filter(version=version, may_do=True).select_related("entitlement")
    return {
        row.entitlement.key: _Line(
            row.entitlement.key, row.entitlement.takes_amount, ceiling.amount, ceiling.currency
        )
        for row in held
        if (ceiling := offered.get(row.entitlement_id))
    }


def _limits_make_sense(access: Access, lines: dict[str, _Line]) -> None:
    needed = {key for key, line in lines.items() if line.takes_amount}
    if access.limits.keys() - needed:
        raise BadAccess(field="limit", problem="unknown")
    for key in sorted(needed):
        if key not in access.limits:
            raise BadAccess(field="limit", problem="missing", entitlement=key)
        _under_ceiling(lines[key], access.limits[key])


def _under_ceiling(line: _Line, limit: Limit) -> None:
    if line.currency and limit.currency != line.currency:
        raise BadAccess(
            field="limit", problem="currency", entitlement=line.entitlement, currency=line.currency
        )
    if line.ceiling is not None and (limit.amount is None or limit.amount > line.ceiling):
        raise BeyondCeiling(
            field="limit", entitlement=line.entitlement, amount=f"{line.ceiling:.2f}", currency=line.currency
        )


def _given_by_someone_who_may(
    actor: Actor, verb: Verb, organization: uuid.UUID, access: Access, at: dt.datetime
) -> None:
    mine = [
        p
        for p in powers.authorities_of(actor=actor, at=at, organization=organization)
        if verb.value in p.verbs
    ]
    if not mine:
        raise Denied(reason="not_held")
    refusals = [refusal for power in mine if (refusal := _beyond(power, access, at)) is not None]
    if len(refusals) == len(mine):
        # Of several powers, the refusal of the one that came closest helps most: the last field asked.
        raise max(refusals, key=lambda refusal: _CLOSENESS.index(refusal.data["field"]))


def _beyond(power: Authority, access: Access, at: dt.datetime) -> BeyondAuthority | None:
    if access.role not in power.gives:
        return BeyondAuthority(field="role")
    if not power.all_sites and (access.all_sites or not access.sites <= power.sites):
        return BeyondAuthority(field="sites")
    if power.longest_days is not None:
        latest = at + dt.timedelta(days=power.longest_days)
        if access.until is None or access.until > latest:
            return BeyondAuthority(field="until", until=latest.isoformat())
    return _beyond_amounts(power, access)


def _beyond_amounts(power: Authority, access: Access) -> BeyondAuthority | None:
    rows = RoleEntitlement.objects.filter(version=power.version, may_give=True).select_related("entitlement")
    may = {row.entitlement.key: row for row in rows}
    for key, limit in sorted(access.limits.items()):
        row = may.get(key)
        if row is None:
            return BeyondAuthority(field="limit", entitlement=key, amount="0.00", currency=limit.currency)
        if row.give_amount is None:
            continue
        if limit.amount is None or limit.currency != row.give_currency or limit.amount > row.give_amount:
            return BeyondAuthority(
                field="limit", entitlement=key, amount=f"{row.give_amount:.2f}", currency=row.give_currency
            )
    return None
