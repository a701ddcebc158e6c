"""Conditions on half-open intervals: the ORM expressions of the SQL functions `in_force` and `not_ended`."""

import datetime as dt
from typing import Any

from django.db.models import BooleanField, DateTimeField, F, Func, Value


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


def _instant(at: "dt.datetime | Any") -> Any:
    return Value(at, output_field=DateTimeField()) if isinstance(at, dt.datetime) else at
