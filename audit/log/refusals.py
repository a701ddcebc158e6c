"""What was refused, beside the chain: nobody who is refused can hold a customer's chain."""

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction

from audit.foundation import clock, ids
from audit.foundation.actor import Actor, Channel, Kind
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.models import Refusal

_UPSERT = """
INSERT INTO audit_refusal (id, actor, actor_kind, chain, organization, verb, subject, code, minute, count)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, date_trunc('minute', %s), 1)
ON CONFLICT (actor, verb, subject, code, minute) DO UPDATE SET count = audit_refusal.count + 1
RETURNING count
"""


def record(
    *,
    actor: Actor,
    verb: str,
    subject: Subject,
    code: str,
    chain: uuid.UUID,
    organization: uuid.UUID | None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """The first refusal of a minute is an event at once; its repeats become one event with a count (`settle`)."""
    with transaction.atomic(durable=True):
        at = clock.now()
        with connection.cursor() as cursor:
            who = [actor.id, actor.kind.value, chain, organization]
            cursor.execute(_UPSERT, [ids.uuid7(), *who, verb, subject.id, code, at])
            (count,) = cursor.fetchone()
        if count == 1:
            entry = EventDraft(
                verb=verb, subject=subject, outcome="refused", facts={**(facts or {}), "code": code}
            )
            heading = EventContext(actor=actor, act=ids.uuid7(), at=at, organization=organization)
            ledger.insert_unchained(chain=chain, heading=heading, entries=[entry])


def flush_repeats() -> int:
    """Write the repeats of minutes that are over, one event each, and forget their counters. Returns how many."""
    at = clock.now()
    over = at.replace(second=0, microsecond=0) - dt.timedelta(minutes=1)
    with transaction.atomic(durable=True):
        rows = list(Refusal.objects.filter(minute__lte=over).select_for_update(skip_locked=True)[:500])
        for row in rows:
            if row.count > 1:
                _flush_one(row, at)
        Refusal.objects.filter(id__in=[row.id for row in rows]).delete()
    return len(rows)


def _flush_one(row: Refusal, at: dt.datetime) -> None:
    actor = Actor(kind=Kind(row.actor_kind), id=row.actor, channel=Channel.JOB)
    entry = EventDraft(
        verb=row.verb,
        subject=Subject("refusal", row.subject),
        outcome="refused",
        facts={"code": row.code, "repeats": row.count - 1, "minute": ledger.format_instant(row.minute)},
    )
    heading = EventContext(actor=actor, act=ids.uuid7(), at=at, organization=row.organization)
    ledger.insert_unchained(chain=row.chain, heading=heading, entries=[entry])
