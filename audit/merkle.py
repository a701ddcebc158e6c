"""Roots and proofs of a Merkle tree (RFC 9162 §2.1, SHA-256) are computed from the hashes of complete subtrees.

A node is named by its level (0: leaves) and its index in that level; it covers 2 to the power of `level` leaves.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

Nodes = Callable[[int, int], bytes]
"""Returns the hash of a complete subtree by level and index."""
EMPTY = hashlib.sha256().digest()
"""The root of the tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry of the log."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees; the first byte keeps a node from being presented as a leaf."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(nodes: Nodes, size: int) -> bytes:
    """Return the root of the tree of the first `size` leaves (§2.1.1)."""
    return _hash_of(nodes, 0, size) if size else EMPTY


def inclusion_proof(nodes: Nodes, *, index: int, size: int) -> list[bytes]:
    """Return the path from a leaf to the root, the lowest node first (§2.1.3.1)."""
    if not 0 <= index < size:
        raise IndexError(index)
    return list(_path(nodes, index, 0, size))


def consistency_proof(nodes: Nodes, *, old_size: int, size: int) -> list[bytes]:
    """Return the nodes that prove that the first `old_size` leaves are a prefix (§2.1.4.1)."""
    if not 0 < old_size <= size:
        raise IndexError(old_size)
    return list(_subproof(nodes, old_size, 0, size, whole=True))


def _hash_of(nodes: Nodes, start: int, end: int) -> bytes:
    size = end - start
    level = size.bit_length() - 1
    if size == 1 << level:
        return nodes(level, start >> level)
    middle = start + _split(size)
    return node_hash(_hash_of(nodes, start, middle), _hash_of(nodes, middle, end))


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _path(nodes: Nodes, index: int, start: int, end: int) -> Iterator[bytes]:
    if end - start == 1:
        return
    middle = start + _split(end - start)
    if index < middle:
        yield from _path(nodes, index, start, middle)
        yield _hash_of(nodes, middle, end)
    else:
        yield from _path(nodes, index, middle, end)
        yield _hash_of(nodes, start, middle)


def _subproof(nodes: Nodes, old_end: int, start: int, end: int, *, whole: bool) -> Iterator[bytes]:
    """Yield SUBPROOF; `whole` says that this subtree is the old tree, whose root the verifier has."""
    if old_end == end:
        if not whole:
            yield _hash_of(nodes, start, end)
        return
    middle = start + _split(end - start)
    if old_end <= middle:
        yield from _subproof(nodes, old_end, start, middle, whole=whole)
        yield _hash_of(nodes, middle, end)
    else:
        yield from _subproof(nodes, old_end, middle, end, whole=False)
        yield _hash_of(nodes, start, middle)


class MemoryTree:
    """Holds a whole tree in memory, for thousands of leaves and up to a million."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.size = len(entries)
        self._levels = [[leaf_hash(entry) for entry in entries]]
        while len(self._levels[-1]) > 1:
            self._levels.append(pairs(self._levels[-1]))

    def node(self, level: int, index: int) -> bytes:
        """Return a complete subtree's hash."""
        return self._levels[level][index]

    def root(self) -> bytes:
        """Return the root over all leaves."""
        return root(self.node, self.size)


def pairs(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the complete nodes one level above."""
    return [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]


@dataclass(slots=True)
class Frontier:
    """Grows a tree leaf by leaf and keeps one hash for each complete subtree on its right edge."""

    size: int = 0
    _edge: list[tuple[int, bytes]] = field(default_factory=list)

    def append(self, entry: bytes) -> list[tuple[int, int, bytes]]:
        """Add an entry, and return level, index and hash of each subtree that it completes."""
        level, digest, completed = 0, leaf_hash(entry), []
        self.size += 1
        while self._edge and self._edge[-1][0] == level:
            digest = node_hash(self._edge.pop()[1], digest)
            level += 1
            completed.append((level, (self.size >> level) - 1, digest))
        self._edge.append((level, digest))
        return completed

    def root(self) -> bytes:
        """Return the root over the leaves so far."""
        if not self._edge:
            return EMPTY
        digest = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            digest = node_hash(left, digest)
        return digest
