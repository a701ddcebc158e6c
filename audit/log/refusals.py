"""Refusals, failed sign-ins and confirmed passwords are events beside the chain; repeats become one event with a count.

A refused request never locks a customer's chain, and a stranger who repeats does not fill the log. A counter carries a
MAC like an event: without one, SQL as the application's role could have any event written and authenticated. Its id is
that of the event of its repeats, so that a copy of a counter gives no second one.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from audit.foundation import clock, db, ids
from audit.foundation.actor import Actor, ActorKind, Channel
from audit.log import authentication, canonical, ledger, repeat_counters
from audit.log.ledger import EventContext, EventDraft, EventInputs, Subject
from audit.log.repeat_counters import Repeatable
from audit.models import Event, Refusal

_log = logging.getLogger(__name__)

_INSERTED = (*repeat_counters.AUTHENTICATED, "mac")
_INSERT_MANY = f"""
INSERT INTO audit_refusal ({", ".join(_INSERTED)}) VALUES {{values}}
ON CONFLICT ({", ".join(repeat_counters.UNIQUE)}) DO NOTHING
RETURNING id, (SELECT incarnation FROM audit_installation),
    (SELECT k.wrapped FROM audit_person_key k WHERE k.id = audit_refusal.actor)
"""  # noqa: S608 - constants of this module


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
    """Write the first refusal of a minute as an event; count its repeats for `flush_repeats`.

    A transaction of its own. A repeat has the same actor, verb, subject and code.
    """
    with transaction.atomic(durable=True):
        at = clock.now()
        counter = repeat_counters.new_counter(
            actor,
            chain=chain,
            organization=organization,
            verb=verb,
            subject=subject.id,
            subject_kind="refusal",
            code=code,
            fact="code",
            outcome="refused",
            minute=at.replace(second=0, microsecond=0),
        )
        if _add([counter]):
            draft = EventDraft(
                verb=verb, subject=subject, outcome="refused", facts={**(facts or {}), "code": code}
            )
            context = EventContext(actor=actor, act=ids.uuid7(), at=at, organization=organization)
            ledger.insert_unchained(chain=chain, context=context, drafts=[draft])


def record_repeatables(
    *, actor: Actor, act: uuid.UUID, what: Sequence[Repeatable], at: dt.datetime | None = None
) -> None:
    """Write the first of an hour of each as an event in the caller's transaction; count the repeats.

    Call it last: repeats at once wait for each other. Five statements at most, for any number of authentic counters
    of an actor who has a key, four with `at`.
    """
    if not what:
        return
    at = at or clock.now()
    # In one order for every caller, so that two of them wait for each other one way only.
    ordered = sorted(what, key=lambda one: (one.verb, one.subject.id, one.fact))
    counters = [repeat_counters.counter_of(actor, one, at) for one in ordered]
    first = _add(counters)
    ledger.insert_beside_chains(
        parts=[
            (
                one.chain,
                EventContext(actor=actor, act=act, at=at, organization=one.organization),
                [EventDraft(verb=one.verb, subject=one.subject, outcome="observed", facts=dict([one.fact]))],
            )
            for one, counter in zip(ordered, counters, strict=True)
            if counter.id in first
        ],
        known=next(iter(first.values()), None),
    )


def _add(counters: Sequence[Refusal]) -> Mapping[uuid.UUID, EventInputs]:
    """Insert those that are new; count one more in the others. One statement without others.

    Returns the ids of the new ones, each with what its event needs.

    A counter that no holder of the key file wrote is replaced: inserted in advance, it would hide every refusal.
    """
    first: dict[uuid.UUID, EventInputs] = {}
    missing = list(counters)
    while missing:
        inserted = _insert(missing)
        others = [counter for counter in missing if counter.id not in inserted]
        counted = _count_again(others)
        missing = [other for other in others if repeat_counters.place_of(other) not in counted]
        first |= inserted
    return first


def _insert(counters: Sequence[Refusal]) -> Mapping[uuid.UUID, EventInputs]:
    for counter in counters:
        counter.mac = repeat_counters.mac_of(counter)
    values = ", ".join([f"({', '.join(['%s'] * len(_INSERTED))})"] * len(counters))
    parameters = [getattr(counter, name) for counter in counters for name in _INSERTED]
    rows = db.fetch_all(_INSERT_MANY.format(values=values), parameters)
    return {
        counter: EventInputs(incarnation, {} if wrapped is None else {counters[0].actor: bytes(wrapped)})
        for counter, incarnation, wrapped in rows
    }


def _count_again(others: Sequence[Refusal]) -> set[tuple[Any, ...]]:
    """Count one more in the counters in the place of these, and return the places. Two statements, or none.

    One that is not authentic is deleted instead.
    """
    if not others:
        return set()
    places = {repeat_counters.place_of(other) for other in others}
    same = Refusal.objects.filter(
        actor=others[0].actor, minute=others[0].minute, subject__in={other.subject for other in others}
    )
    keys = authentication.keys_for_reading()
    present = [
        row
        for row in same.select_for_update().order_by("verb", "subject", "code")
        if repeat_counters.place_of(row) in places
    ]
    rows = [row for row in present if repeat_counters.is_authentic(row, keys)]
    for row in rows:
        row.count += 1
        row.mac = repeat_counters.mac_of(row)
    Refusal.objects.bulk_update(rows, ["count", "mac"])
    if len(rows) < len(present):
        _log.warning("A counter of repeats is not authentic and was replaced")
        counted = {row.id for row in rows}
        Refusal.objects.filter(id__in=[row.id for row in present if row.id not in counted]).delete()
    return {repeat_counters.place_of(row) for row in rows}


def flush_repeats() -> int:
    """Write one event with a count for the repeats of each finished minute or hour, and delete the counters.

    A counter that no holder of the key file inserted is deleted without an event. At most 500 counters a call. Returns
    how many were deleted. Raises LogUnavailable without a usable key file, also where nothing was counted.
    """
    at = clock.now()
    last_minute = at.replace(second=0, microsecond=0) - dt.timedelta(minutes=1)
    with transaction.atomic(durable=True):
        rows = list(Refusal.objects.filter(minute__lte=last_minute).select_for_update(skip_locked=True)[:500])
        # After the rows: a key that made one of them is then in the file.
        keys = authentication.keys_for_reading()
        authentic = [row for row in rows if repeat_counters.is_authentic(row, keys)]
        taken = _events_by_id(authentic, keys)
        for row in authentic:
            if row.count > 1 and not taken.get(row.id):
                _write_repeats(row, at, event=None if row.id in taken else row.id)
        Refusal.objects.filter(id__in=[row.id for row in rows]).delete()
    if len(authentic) < len(rows):
        _log.warning("%d counters of repeats are not authentic and were deleted", len(rows) - len(authentic))
    return len(rows)


def _events_by_id(rows: Iterable[Refusal], keys: Mapping[str, bytes]) -> dict[uuid.UUID, bool]:
    """Say of each event that has the id of a counter whether it is authentic: then it is that of the repeats.

    Another one was inserted to hide them; `audit verify` names it.
    """
    events = Event.objects.filter(id__in=[row.id for row in rows])
    return {
        event.id: authentication.is_authentic(body=bytes(event.body), mac=bytes(event.mac), keys=keys)
        for event in events
    }


def _write_repeats(row: Refusal, at: dt.datetime, *, event: uuid.UUID | None) -> None:
    actor = Actor(kind=ActorKind(row.actor_kind), id=row.actor, channel=Channel.JOB)
    draft = EventDraft(
        verb=row.verb,
        subject=Subject(row.subject_kind, row.subject),
        outcome=row.outcome,
        facts={row.fact: row.code, "repeats": row.count - 1, "minute": canonical.format_instant(row.minute)},
        id=event,
    )
    context = EventContext(actor=actor, act=ids.uuid7(), at=at, organization=row.organization)
    ledger.insert_unchained(chain=row.chain, context=context, drafts=[draft])
