"""Half-open intervals (`valid_from`, `valid_until`): their conditions at an instant, and a constraint on overlaps."""

import datetime as dt
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db.models import BooleanField, DateTimeField, F, Func, Value
from django.db.models.expressions import Combinable


class NotEnded(Func):
    """True while a row's `valid_until` is after `at` or NULL. `at` is an instant or an expression for one."""

    function = "not_ended"
    output_field = BooleanField()

    def __init__(self, at: "dt.datetime | Any") -> None:
        super().__init__(F("valid_until"), _instant(at))


class InForce(Func):
    """True while `at` is in [`valid_from`, `valid_until`) of a row. `at` is an instant or an expression for one."""

    function = "in_force"
    output_field = BooleanField()

    def __init__(self, at: "dt.datetime | Any") -> None:
        super().__init__(F("valid_from"), F("valid_until"), _instant(at))


def no_overlapping_intervals(name: str, *fields: str) -> ExclusionConstraint:
    """Intervals (`valid_from`, `valid_until`) of rows with equal `fields` never overlap; NULL is an open end."""
    interval = Func("valid_from", "valid_until", function="TSTZRANGE", output_field=DateTimeRangeField())
    equal: list[tuple[str | Combinable, str]] = [(field, RangeOperators.EQUAL) for field in fields]
    return ExclusionConstraint(name=name, expressions=[(interval, RangeOperators.OVERLAPS), *equal])


def _instant(at: "dt.datetime | Any") -> Any:
    return Value(at, output_field=DateTimeField()) if isinstance(at, dt.datetime) else at
