"""Open exports advance part by part. A part that a killed worker left is computed again after its lease."""

import datetime as dt
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from audit import event_proofs, personal_data
from audit.event_proofs import ProvenEvent
from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from audit.foundation.errors import Busy, TooSlow
from audit.log import canonical
from delegation.activity import supplier_log
from delegation.activity.supplier_log import FoundEvents, LoggedEvent, Search
from delegation.authorization import policy
from delegation.log_exports import own_exports
from delegation.log_exports.models import LogExport, LogExportPart
from delegation.organizations import queries as organizations_queries
from delegation.staff import readings
from delegation.staff.readings import Reading
from identity.people.models import User

PART = 300
"""Events of one part: a fraction of a second."""
MOST_ROWS = 50_000
_LEASE = dt.timedelta(minutes=1)
_MOST_ATTEMPTS = 5
_LONGEST_WAIT = dt.timedelta(minutes=3)
"""An export begins with the first checkpoint after it was asked for, and without one after this time."""
_Failure = LogExport.Failure


def advance() -> int:
    """Compute the next part of the export that waits longest; delete expired ones. Returns the rows of the part."""
    at = clock.now()
    LogExport.objects.filter(expires_at__lte=at).delete()
    export = _lease(at)
    if export is None:
        return 0
    try:
        return _compute(export, at)
    except TooSlow:
        return _fail(export, _Failure.TOO_SLOW)
    except Busy:
        return 0  # after the lease


def _lease(at: dt.datetime) -> LogExport | None:
    """Take the export for one part, so that no other process computes it meanwhile."""
    if not LogExport.objects.filter(state=LogExport.State.OPEN).exists():
        return None
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    newest = event_proofs.newest()
    covered = newest.signed_at if newest else at - _LONGEST_WAIT
    ready = Q(parts__gt=0) | Q(asked_at__lte=max(covered, at - _LONGEST_WAIT))
    with transaction.atomic():
        open_ones = LogExport.objects.filter(free, ready, state=LogExport.State.OPEN).order_by("asked_at")
        export = open_ones.select_for_update(skip_locked=True).first()
        if export is None:
            return None
        if export.parts == 0 and newest is not None:
            export.note, export.size = newest.note, newest.size
        export.attempts += 1
        export.leased_until = at + _LEASE
        export.save(update_fields=["note", "size", "attempts", "leased_until"])
    if export.attempts > _MOST_ATTEMPTS:
        _fail(export, _Failure.ERROR)
        return None
    return export


def _fail(export: LogExport, failure: str) -> int:
    LogExport.objects.filter(id=export.id, state=LogExport.State.OPEN).update(
        state=LogExport.State.FAILED, failure=failure, finished_at=clock.now(), leased_until=None
    )
    return 0


def _compute(export: LogExport, at: dt.datetime) -> int:
    user = User.all_directories.filter(id=export.asked_by, is_active=True).first()
    search = own_exports.search_of(export, personal_data.load_keys(data_subjects=[export.asked_by]))
    if user is None or search is None:
        return _fail(export, _Failure.RIGHTS)
    actor = Actor(
        kind=ActorKind.STAFF,
        id=export.asked_by,
        channel=Channel.JOB,
        label=user.name,
        staff_roles=frozenset(export.staff_roles),
    )
    if not own_exports.holds(export, policy.staff_authorities(actor=actor, at=at)):
        return _fail(export, _Failure.RIGHTS)
    found = _next_events(actor, at, search, export)
    _record(actor, found, at)
    return _store(export, found)


def _next_events(actor: Actor, at: dt.datetime, search: Search, export: LogExport) -> FoundEvents:
    size = min(PART, MOST_ROWS - export.rows)
    return supplier_log.find(actor=actor, at=at, search=_from(search, export.position), size=size)


def _from(search: Search, position: uuid.UUID | None) -> Search:
    return Search(
        since=search.since,
        until=search.until,
        kind=search.kind,
        text=search.text,
        actor=search.actor,
        organization=search.organization,
        subject=search.subject,
        verbs=search.verbs,
        before=position,
    )


def _record(actor: Actor, found: FoundEvents, at: dt.datetime) -> None:
    """Record in the customers' logs, and in the supplier's own, that the events are exported, before they are."""
    customers = {row.organization for row in found.events if row.organization}
    readings.record(actor=actor, what=Reading.EVENTS_EXPORT, organizations=customers, at=at)
    if found.has_own_log:
        readings.record_own_log(actor=actor, what=Reading.EVENTS_EXPORT, at=at)


def _store(export: LogExport, found: FoundEvents) -> int:
    """Add the part, and end the export with the last one. A part that another process added counts once."""
    rows = rows_of(found, size=export.size)
    content = own_exports.encrypted(export.asked_by, own_exports.as_json(rows))
    number = len(rows)
    is_full = export.rows + number >= MOST_ROWS
    is_last = found.older is None or is_full
    changes: dict[str, Any] = {
        "rows": F("rows") + number,
        "proven": F("proven") + sum(row["index"] is not None for row in rows),
        "parts": F("parts") + 1,
        "position": found.older,
        "attempts": 0,
        "leased_until": None,
        "is_cut": export.is_cut or found.is_cut or (is_full and found.older is not None),
    }
    if found.events:
        changes["reached_at"] = found.events[-1].event.at
    if is_last:
        changes |= {"state": LogExport.State.DONE, "finished_at": clock.now()}
    try:
        with transaction.atomic():
            LogExportPart.objects.create(export=export, number=export.parts, content=content)
            LogExport.objects.filter(id=export.id).update(**changes)
    except IntegrityError:
        return 0  # added by another process, or deleted meanwhile
    return number


def rows_of(found: FoundEvents, *, size: int) -> list[dict[str, Any]]:
    """Return the events as rows of codes, each with its body and its proof at this size of the log."""
    customers = organizations_queries.views_of(
        ids={row.organization for row in found.events if row.organization}
    )
    proven = event_proofs.prove(events=[(row.event.id, row.event.at) for row in found.events], size=size)
    keys = {customer: view.key for customer, view in customers.items()}
    return [_row(row, keys, proven[row.event.id]) for row in found.events]


def _row(row: LoggedEvent, customers: dict[uuid.UUID, str], proven: ProvenEvent) -> dict[str, Any]:
    event = row.event
    return {
        "row": {
            "at": canonical.format_instant(event.at),
            "customer": customers.get(row.organization) if row.organization else None,
            "event_type": event.verb,
            "outcome": event.outcome,
            "actor_kind": event.actor_kind,
            "actor": str(event.actor),
            "actor_name": event.personal.get(personal_data.ACTOR_LABEL, ""),
            "subject_kind": event.subject_kind,
            "subject": str(event.subject),
            "subject_name": event.personal.get(personal_data.SUBJECT_LABEL, ""),
            "reason": event.personal.get("reason", ""),
            "verified": "yes" if event.is_authentic else "no",
            "event": str(event.id),
            "act": str(event.act),
            "log": str(row.chain),
            "number": event.seq,
            "previous_hash": event.previous_hash or None,
            "hash": event.hash,
        },
        "body": proven.body,
        "index": proven.leaf,
        "proof": proven.path,
    }
