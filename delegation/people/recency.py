"""Lists sort, filter and count members by their last sign-in."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from enum import StrEnum

from django.db.models import Q

from identity.sessions.models import LastSignIn

_MONTH, _QUARTER = dt.timedelta(days=30), dt.timedelta(days=90)


class Recency(StrEnum):
    """Names the periods of a last sign-in. Each member has one of them."""

    MONTH = "30"
    QUARTER = "90"
    OLDER = "older"
    NEVER = "never"


def has_recency(values: Iterable[str], at: dt.datetime) -> Q:
    """Return the condition that the last sign-in of a membership lies in one of these periods; true without any."""
    month, quarter = at - _MONTH, at - _QUARTER
    conditions = {
        Recency.MONTH: Q(last_sign_in__at__gt=month),
        Recency.QUARTER: Q(last_sign_in__at__gt=quarter, last_sign_in__at__lte=month),
        Recency.OLDER: Q(last_sign_in__at__lte=quarter),
        Recency.NEVER: Q(last_sign_in=None),
    }
    condition = Q()
    for value in values:
        condition |= conditions[Recency(value)]
    return condition


def recency_of(signed_in_at: dt.datetime | None, at: dt.datetime) -> Recency:
    """Return the period of this last sign-in: the twin of `has_recency` for rows that are in memory."""
    if signed_in_at is None:
        return Recency.NEVER
    if signed_in_at > at - _MONTH:
        return Recency.MONTH
    return Recency.QUARTER if signed_in_at > at - _QUARTER else Recency.OLDER


def last_sign_ins(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, dt.datetime]:
    """Read the last sign-in by membership; absent for a member without a recorded one. One statement."""
    return dict(LastSignIn.objects.filter(membership__in=memberships).values_list("membership_id", "at"))
