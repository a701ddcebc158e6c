"""Staff ask for an export of the events that a search finds, follow it, read it and delete it; nobody else sees it."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from audit import personal_data
from audit.foundation.actor import Actor
from audit.personal_data import PersonalValue
from delegation.activity.supplier_log import Kind, Search
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from delegation.log_exports.models import LogExport, LogExportPart

MOST = 5
"""Exports of one staff user at a time, finished ones included."""
KEPT = dt.timedelta(days=7)
_NAMESPACE = uuid.UUID("01a2296b-0000-7000-8000-6c6f67657870")


@dataclass(frozen=True, slots=True)
class ExportView:
    """Describes an export to the one who asked; `part` is how much of the time it has read, from 0 to 1."""

    id: uuid.UUID
    search: Search
    state: str
    failure: str
    rows: int
    proven: int
    is_cut: bool
    part: float
    note: str
    asked_at: dt.datetime
    expires_at: dt.datetime


def ask(
    *, actor: Actor, own: Sequence[Authority], search: Search, at: dt.datetime, idempotency_key: str
) -> bool:
    """Ask for an export; the same key asks once. False where the staff user has too many.

    `own` are the authorities of the session: the export goes on, and is read, while all of them are in force.
    """
    key = uuid.uuid5(_NAMESPACE, f"{actor.id}:{idempotency_key}")
    mine = LogExport.objects.filter(asked_by=actor.id, expires_at__gt=at)
    if mine.filter(id=key).exists():
        return True
    if mine.count() >= MOST:
        return False
    values = asdict(search) | {
        "since": search.since.isoformat(),
        "until": min(search.until, at).isoformat(),
        "verbs": None if search.verbs is None else sorted(search.verbs),
        "before": None,
        "after": None,
    }
    LogExport.objects.get_or_create(
        id=key,
        defaults={
            "asked_by": actor.id,
            "staff_roles": sorted(actor.staff_roles),
            "rights": sorted(_rights(own)),
            "search": encrypted(actor.id, as_json(values)),
            "asked_at": at,
            "expires_at": at + KEPT,
        },
    )
    return True


def _rights(own: Sequence[Authority]) -> set[str]:
    return {str(one.assignment) for one in own if Verb.ACTIVITY_VIEW.value in one.verbs}


def holds(export: LogExport, own: Sequence[Authority]) -> bool:
    """Return whether all rights that the export was asked with are among these."""
    return set(export.rights) <= _rights(own)


def as_json(value: object) -> str:
    """Return the text that `decrypted` reads."""
    return json.dumps(value, ensure_ascii=False)


def encrypted(user: uuid.UUID, text: str) -> dict[str, object]:
    """Encrypt a text under the key of this user, which ends with the user's erasure."""
    keys = personal_data.load_keys(data_subjects=[user], create=True)
    return personal_data.encrypt(value=PersonalValue(text, (user,)), keys=keys)


def decrypted(content: Mapping[str, object], keys: Mapping[uuid.UUID, bytes]) -> Any:
    """Return what `encrypted` was given, read as JSON; None where the key is gone."""
    text = personal_data.decrypt(encrypted=content, keys=keys)
    return None if text is None else json.loads(text)


def search_of(export: LogExport, keys: Mapping[uuid.UUID, bytes]) -> Search | None:
    """Return the search; None where the key is gone."""
    values = decrypted(export.search, keys)
    if values is None:
        return None
    since, until = (dt.datetime.fromisoformat(values[name]) for name in ("since", "until"))
    return Search(**values | {"since": since, "until": until, "kind": Kind(values["kind"])})


def of_user(*, user: uuid.UUID, own: Sequence[Authority], at: dt.datetime) -> list[ExportView]:
    """Read the staff user's exports, the newest first. Two statements."""
    rows = LogExport.objects.filter(asked_by=user, expires_at__gt=at).order_by("-asked_at", "id")
    keys = personal_data.load_keys(data_subjects=[user])
    return [
        view
        for row in rows
        if holds(row, own) and (search := search_of(row, keys)) and (view := _view(row, search))
    ]


def find(
    *, user: uuid.UUID, own: Sequence[Authority], export: uuid.UUID, at: dt.datetime
) -> ExportView | None:
    """Read one export of this staff user; None for any other."""
    return next((one for one in of_user(user=user, own=own, at=at) if one.id == export), None)


def _view(row: LogExport, search: Search) -> ExportView:
    span = (search.until - search.since).total_seconds() or 1
    reached = row.reached_at or search.until
    part = 1.0 if row.state == LogExport.State.DONE else (search.until - reached).total_seconds() / span
    return ExportView(
        id=row.id,
        search=search,
        state=row.state,
        failure=row.failure,
        rows=row.rows,
        proven=row.proven,
        is_cut=row.is_cut,
        part=min(max(part, 0.0), 1.0),
        note=row.note,
        asked_at=row.asked_at,
        expires_at=row.expires_at,
    )


def parts(*, user: uuid.UUID, export: uuid.UUID) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of the export part by part, each read when it is asked for."""
    keys = personal_data.load_keys(data_subjects=[user])
    rows = LogExportPart.objects.filter(export=export, export__asked_by=user).order_by("number")
    for content in rows.values_list("content", flat=True).iterator(chunk_size=1):
        yield decrypted(content, keys) or []


def delete(*, user: uuid.UUID, export: uuid.UUID) -> None:
    """Delete an export of this staff user, also an open one."""
    LogExport.objects.filter(asked_by=user, id=export).delete()
