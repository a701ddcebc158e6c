"""Half-open intervals (`valid_from`, `valid_until`) have their conditions and their constraint on overlaps here."""

import datetime as dt
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db.models import BooleanField, DateTimeField, F, Func, Value
from django.db.models.expressions import Combinable


class NotEnded(Func):
    """The condition is true while a row's `valid_until` is after `at` or NULL.

    `at` is an instant or an expression for one.
    """

    function = "not_ended"
    output_field = BooleanField()

    def __init__(self, at: "dt.datetime | Any") -> None:
        super().__init__(F("valid_until"), _instant(at))


class InForce(Func):
    """The condition is true while `at` is in a row's [`valid_from`, `valid_until`).

    `at` is an instant or an expression for one.
    """

    function = "in_force"
    output_field = BooleanField()

    def __init__(self, at: "dt.datetime | Any") -> None:
        super().__init__(F("valid_from"), F("valid_until"), _instant(at))


def no_overlapping_intervals(name: str, *fields: str) -> ExclusionConstraint:
    """Refuse rows with equal `fields` whose intervals overlap; a `valid_until` of NULL is an open end."""
    interval = Func("valid_from", "valid_until", function="TSTZRANGE", output_field=DateTimeRangeField())
    equal: list[tuple[str | Combinable, str]] = [(field, RangeOperators.EQUAL) for field in fields]
    return ExclusionConstraint(name=name, expressions=[(interval, RangeOperators.OVERLAPS), *equal])


def _instant(at: "dt.datetime | Any") -> Any:
    return Value(at, output_field=DateTimeField()) if isinstance(at, dt.datetime) else at
