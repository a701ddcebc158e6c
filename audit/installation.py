"""The installation has one row: the incarnation of the log that it writes, and whether it is a frozen restored copy."""

import datetime as dt
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections

from audit.models import Event, Inbox, Installation

_MINUTE = 60
_BEFORE_ALL_TRANSACTIONS = "UPDATE audit_inbox SET xact = '0'"
_HEADS = """
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(
    id || ' ' || last_seq || ' ' || encode(last_hash, 'hex'), ',' ORDER BY id), ''), 'UTF8')), 'hex')
FROM audit_chain
"""
_LAST_LEAF = "SELECT coalesce(max(position), 0) FROM audit_leaf"


class Heads(NamedTuple):
    """Identifies the state of the log: the number of chains, a digest of all their heads, and the last leaf."""

    chains: int
    digest: str
    leaf: int


def load(*, using: str = DEFAULT_DB_ALIAS) -> Installation:
    """Return the row."""
    return Installation.objects.using(using).get()


def is_frozen() -> bool:
    """Return whether nothing goes out, because this is a restored database that the operator has not thawed yet."""
    return Installation.objects.filter(frozen_at__isnull=False).exists()


def adopt(*, using: str, at: dt.datetime) -> int:
    """Raise the incarnation and freeze the installation, after its database was restored. Returns the incarnation.

    It is at least the number of this minute: two copies restored from the same backup write different incarnations.
    """
    row = load(using=using)
    incarnation = max(row.incarnation + 1, int(at.timestamp()) // _MINUTE)
    Installation.objects.using(using).update(incarnation=incarnation, frozen_at=at)
    with connections[using].cursor() as cursor:
        # Waiting events name transactions of the server that wrote them. Another transaction gets the same number here,
        # and the guard would take their event for its own.
        cursor.execute(_BEFORE_ALL_TRANSACTIONS)
    return incarnation


def thaw(*, using: str) -> bool:
    """Let everything go out again. Returns whether it was frozen."""
    return Installation.objects.using(using).filter(frozen_at__isnull=False).update(frozen_at=None) > 0


def has_events(*, using: str) -> bool:
    """Return whether anything has happened in this database."""
    return Event.objects.using(using).exists() or Inbox.objects.using(using).exists()


def first_event_at() -> dt.datetime | None:
    """Return the instant of the oldest event."""
    return Event.objects.order_by("at").values_list("at", flat=True).first()


def heads(*, using: str = DEFAULT_DB_ALIAS) -> Heads:
    """Return the state of the log."""
    with connections[using].cursor() as cursor:
        cursor.execute(_HEADS)
        chains, digest = cursor.fetchone()
        cursor.execute(_LAST_LEAF)
        return Heads(chains, digest, cursor.fetchone()[0])
