"""What holds at an instant: the ORM's twins of the SQL functions `in_force` and `not_ended`."""

import datetime as dt
from typing import Any

from django.db.models import BooleanField, DateTimeField, F, Func, Value


class NotEnded(Func):
    """The condition that an interval has not ended at `at`: an instant, or an expression for one."""

    function = "not_ended"
    output_field = BooleanField()

    def __init__(self, at: "dt.datetime | Any") -> None:
        super().__init__(F("valid_until"), _instant(at))


class InForce(Func):
    """The condition that the half-open interval of a row holds at `at`: an instant, or an expression for one."""

    function = "in_force"
    output_field = BooleanField()

    def __init__(self, at: "dt.datetime | Any") -> None:
        super().__init__(F("valid_from"), F("valid_until"), _instant(at))


def _instant(at: "dt.datetime | Any") -> Any:
    return Value(at, output_field=DateTimeField()) if isinstance(at, dt.datetime) else at
