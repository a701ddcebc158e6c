"""A request needs a person with a second factor, and a second member of staff who agrees in time."""

import datetime as dt
import uuid

from allauth.mfa.models import Authenticator

from audit.foundation.actor import Actor, ActorKind
from delegation.authorization.errors import (
    AlreadyExists,
    NothingToRecover,
    OwnRecovery,
    RecoveryOver,
)
from delegation.factor_recoveries.models import FactorRecovery
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership

OPEN_FOR = dt.timedelta(days=7)
"""How long a request waits for the second person."""
USABLE_FOR = dt.timedelta(days=2)
"""How long the person has, after the waiting time."""
LIVE = (FactorRecovery.State.OPEN, FactorRecovery.State.AGREED)
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def require_recoverable(membership: Membership, *, at: dt.datetime) -> None:
    """Raise NothingToRecover for a former member and one without a second factor, AlreadyExists for a second request.

    Call it under the lock of the organization's chain.
    """
    is_member = memberships_queries.active(at=at).filter(id=membership.id, user__is_active=True).exists()
    factors = Authenticator.objects.filter(user=membership.user_id, type__in=SECOND_FACTORS)
    if not is_member or not factors.exists():
        raise NothingToRecover
    others = FactorRecovery.objects.filter(
        membership__user=membership.user_id, state__in=LIVE, ends_at__gt=at
    )
    if others.exists():
        raise AlreadyExists(field="recovery")


def require_decidable(row: FactorRecovery, *, actor: Actor, at: dt.datetime) -> None:
    """Raise OwnRecovery for the member of staff who opened it, and RecoveryOver where it was decided or is too old."""
    if row.state != FactorRecovery.State.OPEN or row.ends_at <= at:
        raise RecoveryOver(state=row.state)
    if actor.kind is not ActorKind.STAFF or actor.id == row.opened_by:
        raise OwnRecovery


def require_live(row: FactorRecovery, *, at: dt.datetime) -> None:
    """Raise RecoveryOver where nothing can be refused or withdrawn any more."""
    if row.state not in LIVE or row.ends_at <= at:
        raise RecoveryOver(state=row.state)


def usable_of(*, user: uuid.UUID, at: dt.datetime, lock: bool = False) -> FactorRecovery | None:
    """Read the agreed request that this person can use at `at`. One statement."""
    rows = FactorRecovery.objects.filter(
        membership__user=user,
        membership__in=memberships_queries.active(at=at).filter(user=user).values("id"),
        state=FactorRecovery.State.AGREED,
        usable_from__lte=at,
        ends_at__gt=at,
    ).order_by("opened_at", "id")
    return (rows.select_for_update() if lock else rows).first()
