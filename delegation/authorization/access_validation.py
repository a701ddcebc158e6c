"""A requested access is checked here as far as that needs no database."""

import datetime as dt
import re
import uuid
from decimal import Decimal

from delegation.authorization.errors import InvalidAccess
from delegation.authorization.models.assignments import AssignmentLimit
from delegation.authorization.values import AccessSpec, AmountLimit

MAX_AMOUNT = Decimal(10) ** 12
"""Exclusive: the limit of the column."""
MAX_VALIDITY = dt.timedelta(days=36525)
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_CENT = Decimal("0.01")


def validate_access(*, access: AccessSpec, at: dt.datetime) -> None:
    """Check the form of role, sites, limits and end. Raises InvalidAccess."""
    if not _ROLE.fullmatch(access.role):
        raise InvalidAccess(field="role", problem="unknown")
    if not all(isinstance(site, uuid.UUID) for site in access.sites):
        raise InvalidAccess(field="sites", problem="unknown")
    if access.until is not None and (problem := _end_problem(access.until, at)):
        raise InvalidAccess(field="until", problem=problem)
    for limit in access.limits.values():
        if problem := limit_problem(limit=limit) or _zero_amount_problem(limit):
            raise InvalidAccess(field="limit", problem=problem)


def _zero_amount_problem(limit: AmountLimit) -> str:
    """Return a problem for a limit of 0, which would be a right to nothing; a ceiling may be 0."""
    return "zero" if limit.amount == 0 else ""


def _end_problem(until: dt.datetime, at: dt.datetime) -> str:
    if until.tzinfo is None:
        return "not_an_instant"
    if until <= at:
        return "past"
    return "too_late" if until > at + MAX_VALIDITY else ""


def limit_problem(*, limit: AmountLimit) -> str:
    """Return the code of the problem with a limit; empty for a valid one."""
    value = limit.amount
    if not _CURRENCY.fullmatch(limit.currency):
        return "currency"
    if limit.period not in AssignmentLimit.Period.values:
        return "period"
    if value is None:
        return ""
    if not isinstance(value, Decimal) or not value.is_finite():
        return "not_a_number"
    problems = {"negative": value < 0, "too_large": value >= MAX_AMOUNT}
    return next(
        (name for name, applies in problems.items() if applies), "" if _whole_cents(value) else "decimals"
    )


def is_positive_amount(value: object) -> bool:
    """Check whether a value of a TOML file is an amount above 0 that a limit may have."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return not limit_problem(limit=AmountLimit(Decimal(value))) and value > 0


def _whole_cents(value: Decimal) -> bool:
    return abs(value) >= MAX_AMOUNT or value == value.quantize(_CENT)
