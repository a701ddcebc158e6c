"""What must stay true, whoever asks. Called by commands under the lock."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from audit.actor import Actor
from delegation import powers
from delegation.errors import BadAccess, BeyondAuthority, BeyondCeiling, Denied, LastAdmin
from delegation.models import Ceiling, RoleEntitlement, RoleVersion
from delegation.powers import Power
from delegation.verbs import Verb
from delegation.wanted import Access, Limit
from identity import memberships
from identity.models import Membership, Site


def keep_an_admin(*, organization: uuid.UUID, losing: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Raises LastAdmin if the organization has a working admin and all of them are among `losing`.

    An admin who counts has neither end date nor an ending period, so that one who counts at `at` counts at every
    later instant already in the data.
    """
    admins = powers.working_admins(organization=organization, at=at)
    if not admins.exclude(id__in=list(losing)).exists() and admins.exists():
        raise LastAdmin(organization=str(organization))


REFUSALS = (BadAccess, BeyondAuthority, BeyondCeiling, Denied)
"""What `within_authority` raises."""


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
    """Nobody gives beyond their grant authority or the ceiling, and nobody gives to themselves.

    `receivers` are users. Raises BadAccess, BeyondAuthority, BeyondCeiling or Denied, naming the field.
    """
    if actor.is_person and actor.id in receivers:
        raise Denied(reason="self")
    version = _version(access, at)
    _sites_exist(organization, access)
    lines = _lines(organization, version, at)
    _limits_make_sense(access, lines, at)
    if actor.is_person:
        _given_by_someone_who_may(actor, verb, organization, access, at)


def _version(access: Access, at: dt.datetime) -> RoleVersion:
    version = RoleVersion.objects.filter(memberships.covering(at), role__key=access.role).first()
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
        row.entitlement_id: row
        for row in Ceiling.objects.filter(memberships.covering(at), organization=organization)
    }
    held = RoleEntitlement.objects.filter(version=version, may_do=True).select_related("entitlement")
    return {
        row.entitlement.key: _Line(
            row.entitlement.key, row.entitlement.takes_amount, ceiling.amount, ceiling.currency
        )
        for row in held
        if (ceiling := offered.get(row.entitlement_id))
    }


def _limits_make_sense(access: Access, lines: dict[str, _Line], at: dt.datetime) -> None:
    if access.until is not None and access.until <= at:
        raise BadAccess(field="until", problem="past")
    needed = {key for key, line in lines.items() if line.takes_amount}
    for key in access.limits.keys() - needed:
        raise BadAccess(field="limit", problem="unknown", entitlement=key)
    for key in sorted(needed):
        if key not in access.limits:
            raise BadAccess(field="limit", problem="missing", entitlement=key)
        _under_ceiling(lines[key], access.limits[key])


def _under_ceiling(line: _Line, limit: Limit) -> None:
    if limit.amount is not None and limit.amount < 0:
        raise BadAccess(field="limit", problem="negative", entitlement=line.entitlement)
    if line.ceiling is None:
        return
    if limit.amount is not None and limit.currency != line.currency:
        raise BadAccess(
            field="limit", problem="currency", entitlement=line.entitlement, currency=line.currency
        )
    if limit.amount is None or limit.amount > line.ceiling:
        raise BeyondCeiling(
            field="limit", entitlement=line.entitlement, amount=f"{line.ceiling:.2f}", currency=line.currency
        )


def _given_by_someone_who_may(
    actor: Actor, verb: Verb, organization: uuid.UUID, access: Access, at: dt.datetime
) -> None:
    mine = [p for p in powers.of(actor=actor, at=at, organization=organization) if verb.value in p.verbs]
    if not mine:
        raise Denied(reason="not_held")
    refusals = [refusal for power in mine if (refusal := _beyond(power, access, at)) is not None]
    if len(refusals) == len(mine):
        # Of several powers, the refusal of the one that came closest helps most: the last field asked.
        raise max(
            refusals, key=lambda refusal: ["role", "sites", "until", "limit"].index(refusal.data["field"])
        )


def _beyond(power: Power, access: Access, at: dt.datetime) -> BeyondAuthority | None:
    if access.role not in power.gives:
        return BeyondAuthority(field="role")
    if not power.all_sites and (access.all_sites or not access.sites <= power.sites):
        return BeyondAuthority(field="sites")
    if power.longest_days is not None:
        latest = at + dt.timedelta(days=power.longest_days)
        if access.until is None or access.until > latest:
            return BeyondAuthority(field="until", until=latest.isoformat())
    return _beyond_amounts(power, access)


def _beyond_amounts(power: Power, access: Access) -> BeyondAuthority | None:
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


def makes_an_admin(*, access: Access, at: dt.datetime) -> bool:
    """Whether whoever holds `access` is an admin that counts: the role is an admin's, and without end."""
    admin = RoleVersion.objects.filter(
        memberships.covering(at), role__key=access.role, is_admin=True
    ).exists()
    return admin and access.until is None


def same_organization(*, members: Sequence[Membership]) -> uuid.UUID:
    """The one organization of a set. Raises Denied for a set of several."""
    organizations = {member.organization_id for member in members}
    if len(organizations) != 1:
        raise Denied(reason="several")
    return organizations.pop()
