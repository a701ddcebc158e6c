"""Writing down many endings so that one that cannot be written down does not hold up the others."""

import datetime as dt
from dataclasses import replace

import psycopg
import structlog
from django.db import InterfaceError, OperationalError

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryKind, DeliveryOutcome

log = structlog.get_logger(__name__)

DATABASE_UNAVAILABLE = (OperationalError, InterfaceError, psycopg.OperationalError)
"""The database, not what was to be written: the same again is worth a try. Anything else will fail every time."""


def settle(*, kind: DeliveryKind, endings: list[DeliveryOutcome], at: dt.datetime) -> None:
    """All together; where that fails, one by one, and what cannot be written down becomes a fault. Raises GONE."""
    try:
        kind.settle(endings=endings, at=at)
    except DATABASE_UNAVAILABLE:
        raise
    except Exception:
        log.exception("deliver.settling_apart", endings=len(endings))
        for one in endings:
            _settle_one(kind, one, at)


def _settle_one(kind: DeliveryKind, ending: DeliveryOutcome, at: dt.datetime) -> None:
    try:
        kind.settle(endings=[ending], at=at)
    except DATABASE_UNAVAILABLE:
        raise
    except Exception:
        log.exception("deliver.not_settled", lane=str(ending.errand.lane))
        _settle_as_fault(kind, ending, at)


def _settle_as_fault(kind: DeliveryKind, ending: DeliveryOutcome, at: dt.datetime) -> None:
    """Where not even that can be written down, the row comes back when its lease ends."""
    try:
        kind.settle(endings=[replace(ending, result=None, problem=DeliveryError(Code.FAULT))], at=at)
    except DATABASE_UNAVAILABLE:
        raise
    except Exception:
        log.exception("deliver.left_to_its_lease", lane=str(ending.errand.lane))
