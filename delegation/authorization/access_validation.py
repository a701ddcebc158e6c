"""Whether an access that is asked for makes sense at all, before anything is looked up."""

import datetime as dt
import re
import uuid
from decimal import Decimal

from delegation.authorization.errors import InvalidAccess
from delegation.authorization.models.assignments import AssignmentLimit
from delegation.authorization.values import AccessSpec, AmountLimit

HIGHEST = Decimal(10) ** 12
"""Exclusive: what the column holds."""
LONGEST = dt.timedelta(days=36525)
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CENT = Decimal("0.01")


def validate_access(*, access: AccessSpec, at: dt.datetime) -> None:
    """Raises InvalidAccess for what no role, site, amount or day can be."""
    if not _ROLE.fullmatch(access.role):
        raise InvalidAccess(field="role", problem="unknown")
    if not all(isinstance(site, uuid.UUID) for site in access.sites):
        raise InvalidAccess(field="sites", problem="unknown")
    if access.until is not None and (problem := _day_problem(access.until, at)):
        raise InvalidAccess(field="until", problem=problem)
    for limit in access.limits.values():
        if problem := limit_problem(limit=limit) or _zero_problem(limit):
            raise InvalidAccess(field="limit", problem=problem)


def _zero_problem(limit: AmountLimit) -> str:
    """A ceiling may be 0; a limit of 0 would be a right to nothing."""
    return "zero" if limit.amount == 0 else ""


def _day_problem(until: dt.datetime, at: dt.datetime) -> str:
    if until.tzinfo is None:
        return "not_an_instant"
    if until <= at:
        return "past"
    return "too_late" if until > at + LONGEST else ""


def limit_problem(*, limit: AmountLimit) -> str:
    """What is wrong with a limit by itself: a code, or nothing."""
    value = limit.amount
    if not _CURRENCY.fullmatch(limit.currency):
        return "currency"
    if limit.period not in AssignmentLimit.Period.values:
        return "period"
    if value is None:
        return ""
    if not isinstance(value, Decimal) or not value.is_finite():
        return "not_a_number"
    problems = {"negative": value < 0, "too_large": value >= HIGHEST}
    return next(
        (name for name, holds in problems.items() if holds), "" if _whole_cents(value) else "decimals"
    )


def _whole_cents(value: Decimal) -> bool:
    return abs(value) >= HIGHEST or value == value.quantize(_CENT)
