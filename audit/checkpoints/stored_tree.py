"""The stored tree answers for any node with one read of at most 256 rows."""

from functools import lru_cache

from django.db import connection

from audit import merkle

_LEAVES = "SELECT event_hash FROM audit_leaf WHERE position > %s AND position <= %s ORDER BY position"
_SUBTREES = "SELECT hash FROM audit_subtree WHERE level = %s AND index >= %s AND index < %s ORDER BY index"
_STEP = 8
"""The levels between two stored ones."""
_WIDTH = 1 << _STEP
_CACHED_TILES = 64


class StoredTree:
    """Reads nodes in the caller's snapshot. Use a new one for each snapshot, because what is read is cached."""

    def __init__(self) -> None:
        self._tile = lru_cache(maxsize=_CACHED_TILES)(_read_tile)

    def node(self, level: int, index: int) -> bytes:
        """Return a complete subtree's hash. Raises LookupError where the database has no such subtree."""
        above = level % _STEP
        first = index << above
        try:
            return self._tile(level - above, first // _WIDTH)[above][first % _WIDTH >> above]
        except IndexError:
            raise LookupError(f"The tree has no node {index} at level {level}.") from None

    def root(self, size: int) -> bytes:
        """Return the root over the first `size` leaves. Raises LookupError where the tree is smaller."""
        return merkle.root(self.node, size)


def _read_tile(level: int, number: int) -> list[list[bytes]]:
    """Return up to 256 hashes of a stored level, and the complete nodes of the seven levels above."""
    first, end = number * _WIDTH, (number + 1) * _WIDTH
    with connection.cursor() as cursor:
        if level:
            cursor.execute(_SUBTREES, [level, first, end])
            hashes = [bytes(row[0]) for row in cursor.fetchall()]
        else:
            cursor.execute(_LEAVES, [first, end])
            hashes = [merkle.leaf_hash(bytes(row[0])) for row in cursor.fetchall()]
    levels = [hashes]
    while len(levels) < _STEP:
        levels.append(merkle.pairs(levels[-1]))
    return levels
