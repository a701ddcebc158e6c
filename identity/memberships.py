"""Reading memberships at an instant."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.models import Membership, MembershipPeriod, Organization

_STATE = MembershipPeriod.State


def covering(at: dt.datetime, prefix: str = "") -> Q:
    """The condition that a half-open interval holds `at`."""
    until = f"{prefix}valid_until"
    return Q(**{f"{prefix}valid_from__lte": at}) & (
        Q(**{f"{until}__isnull": True}) | Q(**{f"{until}__gt": at})
    )


def in_state(*, at: dt.datetime, states: Iterable[str]) -> Exists:
    """A condition on memberships: a period with one of these states holds `at`."""
    periods = MembershipPeriod.objects.filter(covering(at), membership=OuterRef("pk"), state__in=list(states))
    return Exists(periods)


def active(*, at: dt.datetime) -> QuerySet[Membership]:
    """Memberships in force at `at`: an active period, and an organization in force."""
    return Membership.objects.filter(
        in_state(at=at, states=[_STATE.ACTIVE]), organization__status=Organization.Status.ACTIVE
    )


def present(*, at: dt.datetime) -> QuerySet[Membership]:
    """Memberships that have not ended: active or suspended."""
    return Membership.objects.filter(in_state(at=at, states=[_STATE.ACTIVE, _STATE.SUSPENDED]))
