"""Events are read with their bodies and with the proofs that they are in the log of the newest signed checkpoint.

The checkpoint is the database's copy; who verifies a proof takes its signature for nothing but what the operator's
public key says (`audit.verify_export`).
"""

import base64
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import NamedTuple

from audit import merkle
from audit.checkpoints.stored_tree import StoredTree
from audit.models import Checkpoint, Event, Leaf


class SignedNote(NamedTuple):
    """A checkpoint as it was signed, with the number of leaves that it covers."""

    size: int
    signed_at: dt.datetime
    note: str


class ProvenEvent(NamedTuple):
    """Holds the hashed bytes of an event; `leaf` and `path` are None for one that no checkpoint covers yet."""

    body: str
    leaf: int | None
    path: Sequence[str] | None


def newest() -> SignedNote | None:
    """Return the newest checkpoint; None before the first. One statement."""
    copy = Checkpoint.objects.first()
    return SignedNote(copy.size, copy.signed_at, copy.note) if copy else None


def prove(*, events: Sequence[tuple[uuid.UUID, dt.datetime]], size: int) -> dict[uuid.UUID, ProvenEvent]:
    """Return these events, named by id and instant, with their inclusion proofs at this size (RFC 9162 §2.1.3.1).

    Two statements, and one for each 256 nodes of the tree that the proofs need.
    """
    if not events:
        return {}
    ids, instants = [event for event, _at in events], [at for _event, at in events]
    rows = Event.objects.filter(id__in=ids, at__gte=min(instants), at__lte=max(instants))
    leaves = Leaf.objects.filter(event__in=ids, position__lte=size)
    places = dict(leaves.values_list("event", "position"))
    tree = StoredTree()
    proven = {}
    for event, body in rows.values_list("id", "body"):
        place = places.get(event)
        path = None if place is None else merkle.inclusion_proof(tree.node, index=place - 1, size=size)
        proven[event] = ProvenEvent(
            body=bytes(body).decode(),
            leaf=None if place is None else place - 1,
            path=None if path is None else [base64.b64encode(digest).decode() for digest in path],
        )
    return proven
