"""These rules must hold before a staff right is given or ended."""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import Q

from audit.foundation.actor import Actor, ActorKind
from audit.foundation.intervals import InForce, NotEnded
from delegation.authorization import authorities, input_cleaning, staff_rights
from delegation.authorization.errors import (
    AlreadyExists,
    AuditorApart,
    Denied,
    ExceedsAuthority,
    InvalidAccess,
    InvalidInput,
    LastOwner,
    NotFound,
    OwnerExists,
)
from delegation.authorization.models.staff import StaffRight, StaffScope
from delegation.authorization.policy import SupplierData
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.verbs import Verb
from identity.organizations.models import BusinessUnit, Organization
from identity.people.models import User
from identity.staff import break_glass

BREAK_GLASS = Q(staff_identity__issuer=break_glass.ISSUER)
"""Matches the user of the emergency sign-in, whose rights the system alone gives, each with an end."""


def clean_reason(text: str) -> str:
    """Return the reason, which every staff right needs. Raises InvalidInput."""
    return input_cleaning.line(text, field="reason", longest=input_cleaning.REASON, required=True)


def check_input(*, role: str, unit: BusinessUnit | None, organization: Organization | None) -> None:
    """Raise InvalidInput for a role that does not exist, and for two scopes in one right."""
    if role not in set(StaffRole):
        raise InvalidInput(field="role", problem="unknown")
    if unit is not None and organization is not None:
        raise InvalidInput(field="unit", problem="unknown")


def check_giving(
    *,
    actor: Actor,
    user: uuid.UUID,
    role: str,
    scope: SupplierData,
    until: dt.datetime | None,
    at: dt.datetime,
) -> None:
    """Raise Denied for a right to oneself, InvalidAccess or ExceedsAuthority for an end that cannot be.

    Raise NotFound where anyone but the system gives the break-glass user a right: its sign-in is no person's own.
    The system's appointment of an owner has an end; its holder may give that role without end (ADR 24).
    """
    if user == actor.id:
        raise Denied(reason="own_right", refused=[])
    if until is not None and until <= at:
        raise InvalidAccess(field="until", problem="past")
    if actor.kind is ActorKind.SYSTEM:
        return
    if User.all_directories.filter(BREAK_GLASS, pk=user).exists():
        raise NotFound
    latest = _latest_end(actor, scope, at)
    exceeds = latest is not None and (until is None or until > latest)
    if latest and exceeds and not _hands_over(actor, role, scope, at):
        raise ExceedsAuthority(field="until", until=latest.isoformat())


def _hands_over(actor: Actor, role: str, scope: SupplierData, at: dt.datetime) -> bool:
    appointed = StaffRight.objects.filter(
        InForce(at),
        staff_rights.WHOLE_SUPPLIER,
        user=actor.id,
        role=role,
        given_by_kind=ActorKind.SYSTEM.value,
    )
    return role == StaffRole.OWNER and scope == SupplierData() and appointed.exists()


def _latest_end(actor: Actor, scope: SupplierData, at: dt.datetime) -> dt.datetime | None:
    """Return until when the actor may give rights for this scope; None: without end."""
    own = authorities.authorities_of(actor=actor, at=at)
    own = authorities.within(own=own, organizations=scope.organizations)
    ends = [
        authority.valid_until
        for authority in own
        if Verb.STAFF_RIGHT_GIVE.value in authority.verbs and scope.is_covered([authority])
    ]
    return None if None in ends else max(end for end in ends if end)


def check_other_rights(
    *, user: uuid.UUID, role: str, scope: StaffScope, until: dt.datetime | None, at: dt.datetime
) -> None:
    """Raise AlreadyExists for the same right in a part of the time, AuditorApart for an auditor with another role."""
    others = StaffRight.objects.filter(NotEnded(at), user=user)
    if until is not None:
        others = others.filter(valid_from__lt=until)
    if others.filter(role=role, scope=scope).exists():
        raise AlreadyExists(field="right")
    auditor = Q(role=StaffRole.AUDITOR)
    if others.filter(~auditor if role == StaffRole.AUDITOR else auditor).exists():
        raise AuditorApart


def has_lasting_owner(*, at: dt.datetime) -> bool:
    """Return whether a user who is not blocked is an owner of everything without end. One statement."""
    return StaffRight.objects.filter(
        InForce(at),
        staff_rights.WHOLE_SUPPLIER,
        role=StaffRole.OWNER,
        valid_until__isnull=True,
        user__is_active=True,
    ).exists()


def require_no_owner(*, at: dt.datetime) -> None:
    """Raise OwnerExists where an owner of everything without end is in force."""
    if has_lasting_owner(at=at):
        raise OwnerExists


def earlier_appointment(*, user: uuid.UUID, until: dt.datetime | None, at: dt.datetime) -> StaffRight | None:
    """Return the system's appointment of this owner that would end before `until`, None without one."""
    rights = StaffRight.objects.filter(
        InForce(at), staff_rights.WHOLE_SUPPLIER, user=user, role=StaffRole.OWNER, valid_until__isnull=False
    ).select_related("scope__unit")
    if until is not None:
        rights = rights.filter(valid_until__lt=until)
    return rights.filter(given_by_kind=ActorKind.SYSTEM.value).first()


def require_remaining_owner(*, ended: Sequence[StaffRight], at: dt.datetime) -> None:
    """Raise LastOwner where a scope of an ended owner's right has no other owner without end.

    An owner of everything counts for every scope. One statement, and none where no owner's right ends.
    """
    scopes = {row.scope_id: row.scope for row in ended if row.role == StaffRole.OWNER}
    if not scopes:
        return
    owners = StaffRight.objects.filter(
        InForce(at), role=StaffRole.OWNER, valid_until__isnull=True, user__is_active=True
    ).exclude(id__in=[row.id for row in ended])
    remaining = {row.scope_id: row.scope for row in owners.select_related("scope")}
    if any(scope.is_whole_supplier for scope in remaining.values()):
        return
    if scopes.keys() - remaining.keys():
        raise LastOwner
