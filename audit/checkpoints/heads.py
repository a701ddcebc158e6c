"""The heads of all chains at one size of the log form a Merkle tree of their own, ascending by chain id.

A chain's head in a checkpoint proves that an export of the chain lacks nothing up to it. An entry is the chain's id
(16 bytes), the sequence number of its last sealed event (8 bytes, big-endian) and that event's hash (32 bytes).
"""

import uuid
from typing import NamedTuple

from django.db import connection

from audit import merkle
from audit.foundation.snapshot import stream

_ENTRIES = """
SELECT uuid_send(id) || int8send(last_seq) || last_hash FROM audit_chain WHERE last_seq > 0 ORDER BY id
"""
# An event holds the hash of the event before, so the first event beyond the size names the head that was sealed.
_LATER = """
SELECT DISTINCT ON (e.chain) uuid_send(e.chain), e.seq - 1, e.prev FROM (
    SELECT event, at FROM audit_leaf WHERE position > %s
    UNION ALL SELECT event, at FROM audit_inbox WHERE in_chain
) later JOIN audit_event e ON e.id = later.event AND e.at = later.at
WHERE e.seq IS NOT NULL ORDER BY e.chain, e.seq
"""
_ID = 16


class HeadsRoot(NamedTuple):
    """States how many chains have events, and the root over their heads."""

    chains: int
    root: bytes


class HeadProof(NamedTuple):
    """Places one head in the tree of heads."""

    seq: int
    hash: bytes
    leaf: int
    path: list[bytes]


def roots(*, sizes: list[int]) -> list[HeadsRoot]:
    """Return the heads' root for each of these sizes of the log, from one pass. The caller opens a snapshot."""
    trees = [(merkle.Frontier(), _overrides(size)) for size in sizes]
    for (row,) in stream(_ENTRIES):
        entry = bytes(row)
        for tree, earlier in trees:
            if past := earlier.get(entry[:_ID], entry):
                tree.append(past)
    return [HeadsRoot(tree.size, tree.root()) for tree, _ in trees]


def prove(*, chain: uuid.UUID, size: int) -> HeadProof | None:
    """Return a chain's head with its inclusion proof; None for a chain without an event at this size."""
    earlier = _overrides(size)
    now = (bytes(row[0]) for row in stream(_ENTRIES))
    entries = [past for entry in now if (past := earlier.get(entry[:_ID], entry))]
    for index, entry in enumerate(entries):
        if entry[:_ID] == chain.bytes:
            tree = merkle.MemoryTree(entries)
            path = merkle.inclusion_proof(tree.node, index=index, size=tree.size)
            return HeadProof(int.from_bytes(entry[_ID : _ID + 8], "big"), entry[_ID + 8 :], index, path)
    return None


def _overrides(size: int) -> dict[bytes, bytes]:
    """Return the entries of chains that were extended beyond this size; empty where the chain then had no event."""
    with connection.cursor() as cursor:
        cursor.execute(_LATER, [size])
        return {
            bytes(chain): bytes(chain) + seq.to_bytes(8, "big") + bytes(hash_before) if seq else b""
            for chain, seq, hash_before in cursor.fetchall()
        }
