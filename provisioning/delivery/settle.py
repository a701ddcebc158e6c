"""Outcomes are settled in batches; one that cannot be stored does not hold up the others."""

import datetime as dt
from dataclasses import replace

import psycopg
import structlog
from django.db import InterfaceError, OperationalError

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryKind, DeliveryOutcome, Result, Row

log = structlog.get_logger(__name__)

_LOCK_NOT_AVAILABLE = "55P03"
DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, psycopg.OperationalError)
"""Errors of the database, not of the data: the same write may succeed later. Every other error repeats itself."""


def settle(
    *, kind: DeliveryKind[Row, Result], outcomes: list[DeliveryOutcome[Row, Result]], at: dt.datetime
) -> None:
    """Store all outcomes together, else one by one; one that cannot be stored becomes a fault.

    A row that another session locks holds up only its own outcome. Raises DATABASE_UNAVAILABLE.
    """
    try:
        kind.settle(outcomes=outcomes, at=at)
    except Exception as error:
        if _is_unavailable(error):
            raise
        log.exception("deliver.settle_batch_failed", outcomes=len(outcomes))
        for outcome in outcomes:
            _settle_one(kind, outcome, at)


def _settle_one(
    kind: DeliveryKind[Row, Result], outcome: DeliveryOutcome[Row, Result], at: dt.datetime
) -> None:
    try:
        kind.settle(outcomes=[outcome], at=at)
    except Exception as error:
        if _is_unavailable(error):
            raise
        log.exception("deliver.settle_failed", queue=str(outcome.task.queue))
        _settle_as_fault(kind, outcome, at)


def _settle_as_fault(
    kind: DeliveryKind[Row, Result], outcome: DeliveryOutcome[Row, Result], at: dt.datetime
) -> None:
    """Store a fault instead. Where even that fails, the row is due again when its lease ends."""
    try:
        kind.settle(outcomes=[replace(outcome, result=None, error=DeliveryError(Code.FAULT))], at=at)
    except Exception as error:
        if _is_unavailable(error):
            raise
        log.exception("deliver.left_to_lease_end", queue=str(outcome.task.queue))


def _is_unavailable(error: Exception) -> bool:
    is_locked = getattr(error.__cause__ or error, "sqlstate", None) == _LOCK_NOT_AVAILABLE
    return isinstance(error, DATABASE_UNAVAILABLE) and not is_locked
