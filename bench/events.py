"""(f) What an event costs: its MAC, and its append to a chain beside a plain row, for sets of 1, 300 and 10,000."""

import itertools
import os
import time
import uuid
from collections.abc import Callable
from typing import Any
from unittest import mock

import psycopg

from bench import database
from portal import embedded_postgres

SETS = {1: 400, 300: 20, 10_000: 3}
BODY = 900
"""Bytes of a body with two names, as an act writes it."""


def run() -> None:
    """Print one line for the MAC alone, and one per size."""
    with database.installation() as server:
        with psycopg.connect(server.url_of(embedded_postgres.OWNER), autocommit=True) as owner:
            owner.execute("CREATE TABLE plain (id uuid PRIMARY KEY, at timestamptz, body bytea)")
            owner.execute("GRANT INSERT ON plain TO PUBLIC")
        from audit.log import authentication

        key = authentication.current_key()
        body = os.urandom(BODY)
        began = time.process_time()
        for _ in range(100_000):
            authentication.mac_of(body=body, key=key)
        database.emit("mac", body_bytes=BODY, cpu_us=round((time.process_time() - began) * 10, 2))
        for size, times in SETS.items():
            database.emit("events", set=size, rounds=times, **_microseconds(size, times))


def _microseconds(size: int, times: int) -> dict[str, float]:
    """Return the least per event of rounds that alternate: with its MAC, with a constant in its place, a plain row."""
    from audit.log import authentication

    chain = _chain()
    constant = mock.patch.object(authentication, "mac_of", return_value=b"bench:" + bytes(32))
    measured: dict[str, list[float]] = {"event": [], "without_mac": [], "plain_row": []}
    for _ in range(times + 1):
        measured["event"].append(_timed(lambda: _append(chain, size)))
        with constant:
            measured["without_mac"].append(_timed(lambda: _append(chain, size)))
        measured["plain_row"].append(_timed(lambda: _insert_plain(size)))
    return {f"{name}_us": round(min(values[1:]) / size * 1e6, 1) for name, values in measured.items()}


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _chain() -> uuid.UUID:
    from audit.log import ledger
    from audit.models import Chain

    chain = uuid.uuid4()
    ledger.open_chain(chain=chain, kind=Chain.Kind.ORGANIZATION)
    return chain


_NUMBER = itertools.count(1)


def _append(chain: uuid.UUID, size: int) -> None:
    from django.db import transaction

    from audit.foundation import ids
    from audit.foundation.actor import system
    from audit.log import instants, ledger
    from audit.log.ledger import Append, EventContext, EventDraft, Subject

    after = {"state": "ended", "access": [{"role": "orderer", "number": next(_NUMBER), "text": "x" * 300}]}
    drafts = [
        EventDraft(verb="bench.done", subject=Subject("thing", ids.uuid7()), after=after) for _ in range(size)
    ]
    with transaction.atomic():
        (head,) = ledger.lock_chains(chains=[chain]).values()
        context = EventContext(actor=system(), act=ids.uuid7(), at=instants.next_instant(heads=[head]))
        ledger.append(parts=[Append(head, context, drafts)])


def _insert_plain(size: int) -> None:
    from django.db import connection, transaction

    from audit.foundation import ids

    rows: list[list[Any]] = [[ids.uuid7() for _ in range(size)], [b"x" * BODY] * size]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO plain SELECT id, now(), body FROM unnest(%s::uuid[], %s::bytea[]) r(id, body)", rows
        )
