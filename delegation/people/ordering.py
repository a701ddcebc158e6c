"""Members with equal values are in the order of names, so that every order of a list is stable."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.db.models import (
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from delegation.authorization import authorities
from identity.memberships.models import Membership

_BEFORE_ALL = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_AFTER_ALL = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
_AFTER_ALL_TIERS = 32767


class Order(StrEnum):
    """Names the orders of a list; `-` turns one around."""

    NAME = "name"
    NAME_TURNED = "-name"
    ACCESS = "access"
    """By the first tier of each member in the catalogue's order; members without access come last."""
    ACCESS_TURNED = "-access"
    SEEN = "seen"
    """The latest sign-in first; members without a recorded one come last."""
    SEEN_TURNED = "-seen"


_BY_NAME: Mapping[Order, tuple[str, ...]] = {
    Order.NAME: ("sort_key", "id"),
    Order.NAME_TURNED: ("-sort_key", "-id"),
}


def fields_of(order: Order) -> tuple[str, ...]:
    """Return the fields of `sorted_by` that make this order, for `db.keyset`."""
    return _BY_NAME.get(order, ("position", "sort_key", "id"))


def sorted_by(rows: QuerySet[Membership], order: Order, at: dt.datetime) -> QuerySet[Membership]:
    """Add `position`, by which an order other than that of names sorts. It ascends in every order."""
    return rows if order in _BY_NAME else rows.annotate(position=_position(order, at))


def _position(order: Order, at: dt.datetime) -> Combinable:
    if order is Order.ACCESS:
        return _tier(at)
    if order is Order.ACCESS_TURNED:
        return _AFTER_ALL_TIERS - _tier(at)
    signed_in = Coalesce(F("last_sign_in__at"), _instant(_BEFORE_ALL))
    if order is Order.SEEN_TURNED:
        return signed_in
    return ExpressionWrapper(_instant(_AFTER_ALL) - signed_in, output_field=DurationField())


def _tier(at: dt.datetime) -> Coalesce:
    tiers = authorities.in_force(at).filter(membership=OuterRef("pk")).order_by("role__rank")
    return Coalesce(Subquery(tiers.values("role__rank")[:1]), _AFTER_ALL_TIERS)


def _instant(at: dt.datetime) -> Any:
    return Value(at, output_field=DateTimeField())
