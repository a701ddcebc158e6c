"""Sealing places each event in the log's one public order by inserting a leaf. Events never change.

The database does it, with the owner's rights: the application can ask for it, but writes no leaf and empties no inbox.
"""

from django.db import connection, transaction


def seal(*, limit: int = 5000) -> int:
    """Seal about `limit` events in a transaction of its own. Returns 0 when none waits or another sealer works.

    Events of one instant are sealed together, so that an act of many events stays in the order of its chain.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT audit_seal(%s)", [limit])
        sealed: int = cursor.fetchone()[0]
    return sealed


def seal_all() -> int:
    """Seal until the inbox is empty, and return the number of events sealed."""
    total = 0
    while sealed := seal():
        total += sealed
    return total
