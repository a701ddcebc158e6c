"""Writes one chain as a file that proves itself: events, their places in the tree, and the newest checkpoint."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TextIO

from django.db import connection

from audit import merkle
from audit.checkpoints import heads
from audit.checkpoints.folder import Signed
from audit.checkpoints.heads import HeadProof
from audit.checkpoints.note import format_base64
from audit.checkpoints.stored_tree import StoredTree
from audit.foundation.snapshot import snapshot, stream
from audit.log import canonical
from audit.verify_export import FORMAT, SignedCheckpoint

_DIFFERS = "The log differs from its newest checkpoint. Run `manage.py audit verify`."


class NotExportable(Exception):
    """The export cannot be written; the message says why."""


class EventSelection(NamedTuple):
    """Selects a chain's events and the events beside it, from an instant and until before another one."""

    chain: uuid.UUID
    start: dt.datetime | None = None
    end: dt.datetime | None = None


# The chain's event before the range and the one after it show where it begins and ends. Only a range without an end
# reaches the chain's head, which proves by its hashes that the events are the chain's (audit.verify_export).
_FIRST = "SELECT coalesce(max(seq), 1) FROM audit_event WHERE chain = %s AND seq IS NOT NULL AND at < %s"
_LAST = "SELECT least(%s, min(seq)) FROM audit_event WHERE chain = %s AND seq IS NOT NULL AND at >= %s"
_EVENTS = """
FROM audit_event e JOIN audit_leaf l ON l.event = e.id AND l.at = e.at
WHERE e.chain = %(chain)s AND l.position <= %(size)s AND (
    e.seq BETWEEN %(first)s AND %(last)s
    OR e.seq IS NULL AND (%(start)s::timestamptz IS NULL OR e.at >= %(start)s::timestamptz)
                     AND (%(end)s::timestamptz IS NULL OR e.at < %(end)s::timestamptz))
"""


def write(
    *, output: TextIO, selection: EventSelection, latest: Signed, previous: SignedCheckpoint | None
) -> int:
    """Write the lines, and return the number of events. Raises NotExportable."""
    checkpoint = latest.checkpoint
    if selection.start and selection.end and selection.start >= selection.end:
        raise NotExportable("The range ends before it begins.")
    with snapshot():
        tree = StoredTree()
        _require_same_log(tree, checkpoint)
        head = heads.prove(chain=selection.chain, size=checkpoint.size)
        if head is None:
            raise NotExportable("The chain has no event in the newest checkpoint.")
        values = _values(selection, checkpoint, head)
        header = _header(selection, latest, head) | {
            "events": _count(values),
            "consistency": _consistency(tree, checkpoint, previous),
        }
        output.write(_line(header))
        output.writelines(_line(event) for event in _events(tree, checkpoint.size, values))
    return int(header["events"])


def _require_same_log(tree: StoredTree, checkpoint: SignedCheckpoint) -> None:
    with _complete():
        is_same = tree.root(checkpoint.size) == checkpoint.root
    if not is_same:
        raise NotExportable(_DIFFERS)


@contextmanager
def _complete() -> Iterator[None]:
    """Raise NotExportable where the stored tree lacks a node, which only a proof may read and not the root."""
    try:
        yield
    except LookupError as error:
        raise NotExportable(_DIFFERS) from error


def _header(selection: EventSelection, latest: Signed, head: HeadProof) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "checkpoint": latest.note,
        "chain": str(selection.chain),
        "from": None if selection.start is None else canonical.format_instant(selection.start),
        "until": None if selection.end is None else canonical.format_instant(selection.end),
        "head": {
            "seq": head.seq,
            "hash": format_base64(head.hash),
            "index": head.leaf,
            "proof": [format_base64(digest) for digest in head.path],
        },
    }


def _consistency(
    tree: StoredTree, checkpoint: SignedCheckpoint, previous: SignedCheckpoint | None
) -> dict[str, Any] | None:
    if previous is None:
        return None
    with _complete():
        if previous.size > checkpoint.size or tree.root(previous.size) != previous.root:
            raise NotExportable("The log does not continue the older checkpoint.")
        proof = merkle.consistency_proof(tree.node, old_size=previous.size, size=checkpoint.size)
    return {"size": previous.size, "proof": [format_base64(digest) for digest in proof]}


def _values(selection: EventSelection, checkpoint: SignedCheckpoint, head: HeadProof) -> dict[str, Any]:
    first, last = 1, head.seq
    with connection.cursor() as cursor:
        if selection.start is not None:
            cursor.execute(_FIRST, [selection.chain, selection.start])
            first = min(cursor.fetchone()[0], head.seq)
        if selection.end is not None:
            cursor.execute(_LAST, [head.seq, selection.chain, selection.end])
            last = cursor.fetchone()[0]
    return selection._asdict() | {"size": checkpoint.size, "first": first, "last": last}


def _count(values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {_EVENTS}", values)
        return int(cursor.fetchone()[0])


def _events(tree: StoredTree, size: int, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for position, body in stream(f"SELECT l.position, e.body {_EVENTS} ORDER BY l.position", values):
        with _complete():
            proof = merkle.inclusion_proof(tree.node, index=position - 1, size=size)
        yield {
            "index": position - 1,
            "event": bytes(body).decode(),
            "proof": [format_base64(digest) for digest in proof],
        }


def _line(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"
