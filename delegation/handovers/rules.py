"""A handover goes from a working admin to another member, in time, and gives the giver nothing new."""

import datetime as dt
import uuid
from collections.abc import Sequence

from delegation.access import queries as access_queries
from delegation.authorization import admin_queries, authorities
from delegation.authorization.errors import (
    AlreadyExists,
    Denied,
    HandoverNotReady,
    HandoverOver,
    InvalidInput,
)
from delegation.authorization.models.roles import RoleEntitlement, RoleVersion
from delegation.authorization.values import AccessSpec
from delegation.handovers.models import Handover
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.people import credentials

LASTS = dt.timedelta(days=14)
"""From the beginning to the end of a handover that is not completed."""
LIVE = (Handover.HandoverStep.OPEN, Handover.HandoverStep.ACCEPTED)


def require_giver(giver: Membership, *, at: dt.datetime) -> None:
    """Raise Denied unless this member is a working admin."""
    admins = admin_queries.working_admins(organization=giver.organization_id, at=at)
    if not admins.filter(id=giver.id).exists():
        raise Denied(reason="no_permission")


def require_successor(successor: Membership, *, giver: Membership, at: dt.datetime) -> None:
    """Raise InvalidInput unless this is another present person of the organization without an admin's role."""
    admins = admin_queries.working_admins(organization=giver.organization_id, at=at)
    rows = memberships_queries.active(at=at).filter(
        organization=giver.organization_id, kind=Membership.Kind.PERSON
    )
    known = rows.filter(id=successor.id).exclude(id=giver.id).exists()
    if not known or admins.filter(id=successor.id).exists():
        raise InvalidInput(field="successor", problem="unknown")


def require_none_live(giver: Membership, *, at: dt.datetime) -> Handover | None:
    """Return the giver's handover that its time ended. Raises AlreadyExists beside one that goes on."""
    row = Handover.objects.filter(giver=giver, step__in=LIVE).first()
    if row is not None and row.ends_at > at:
        raise AlreadyExists(field="handover")
    return row


def require_step(row: Handover, *steps: str, at: dt.datetime) -> None:
    """Raise HandoverOver unless the handover is at one of these steps and its time is not over."""
    if row.step not in steps or row.ends_at <= at:
        raise HandoverOver(step=row.step)


def is_able(successor: Membership) -> bool:
    """Return whether the successor can sign in with a second factor. One statement."""
    return credentials.able_to_sign_in(strong=True).filter(pk=successor.user_id).exists()


def require_ready(row: Handover, *, at: dt.datetime) -> Membership:
    """Return the successor. Raises HandoverNotReady before the acceptance, without a second factor and for a leaver."""
    successor = row.successor
    if successor is None or row.step != Handover.HandoverStep.ACCEPTED or not is_able(successor):
        raise HandoverNotReady
    if not memberships_queries.active(at=at).filter(id=successor.id).exists():
        raise HandoverNotReady
    return successor


def to_give(*, giver: uuid.UUID, successor: uuid.UUID, at: dt.datetime) -> list[AccessSpec]:
    """Return what the giver holds and the successor does not hold just so. One statement.

    Raises HandoverNotReady where the giver holds one tier twice: the log names an assignment by its act and tier.
    """
    rows = access_queries.assignments(memberships=[giver, successor], at=at)
    known = [one.access for one in rows.get(successor, [])]
    specs = [one.access for one in rows.get(giver, []) if one.access not in known]
    if len({one.role for one in specs}) != len(specs):
        raise HandoverNotReady
    return specs


def lower_tiers(*, giver: uuid.UUID, at: dt.datetime) -> list[str]:
    """List the tiers with which the giver can stay: each gives nothing that the giver does not have. Three statements.

    A tier that needs an amount is left out, and so is an admin's.
    """
    versions = authorities.versions(at)
    rows = authorities.in_force(at).filter(membership=giver, all_sites=True, valid_until=None)
    own = [versions[role] for role in rows.values_list("role_id", flat=True) if role in versions]
    verbs = {verb for one in own for verb in one.verbs}
    assignable = {role for one in own for role in one.assignable_roles}
    allowed = _entitlements(list(versions.values()))
    entitlements = {key for one in own for key, _ in allowed.get(one.id, ())}
    roles = RoleVersion.objects.filter(id__in=[one.id for one in versions.values()])
    return [
        one.role.key
        for one in roles.select_related("role").order_by("role__rank", "role__key")
        if not one.is_admin
        and set(one.verbs) <= verbs
        and set(one.assignable_roles) <= assignable
        and not any(amount for _, amount in allowed.get(one.id, ()))
        and {key for key, _ in allowed.get(one.id, ())} <= entitlements
    ]


def _entitlements(versions: Sequence[RoleVersion]) -> dict[uuid.UUID, list[tuple[uuid.UUID, bool]]]:
    found: dict[uuid.UUID, list[tuple[uuid.UUID, bool]]] = {}
    rows = RoleEntitlement.objects.filter(version__in=[one.id for one in versions], allowed=True)
    for version, key, amount in rows.values_list("version_id", "entitlement_id", "entitlement__takes_amount"):
        found.setdefault(version, []).append((key, amount))
    return found
