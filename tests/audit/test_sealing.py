"""The sealer: what a leaf's hash covers, the order of leaves, and sealers that race."""

import datetime as dt
import hashlib
import os
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from audit import sealing
from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.models import Event, Inbox, Leaf
from audit.verification import verifier
from tests.fixtures import concurrency
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = dt.timedelta(seconds=1)


def insert_events(chain: uuid.UUID, at: dt.datetime | None = None, *, count: int = 1) -> list[uuid.UUID]:
    context = EventContext(actor=system(), act=ids.uuid7(), at=at or clock.now())
    drafts = [EventDraft(verb="test.done", subject=Subject("thing", uuid.uuid4())) for _ in range(count)]
    return ledger.insert_unchained(chain=chain, context=context, drafts=drafts)


def order() -> list[uuid.UUID]:
    return list(Leaf.objects.order_by("position").values_list("event", flat=True))


def waiting() -> set[uuid.UUID]:
    return set(Inbox.objects.values_list("event", flat=True))


EVENT = uuid.UUID("01a20000-0000-7000-8000-000000000001")


def test_leaf_hash_is_the_documented_digest() -> None:
    """An independent verifier computes it from these bytes: position as eight bytes, big-endian; id as sixteen."""
    before, event_hash = b"b" * 32, b"e" * 32
    expected = hashlib.sha256(before + b"\0\0\0\0\0\0\x01\x02" + EVENT.bytes + event_hash).digest()
    assert (
        sealing.leaf_hash(before=before, position=258, event=EVENT, event_hash=event_hash)
        == expected
        != before
    )


@pytest.mark.parametrize(
    "other", [{"before": b"x" * 32}, {"position": 2}, {"event": uuid.uuid4()}, {"event_hash": b"x" * 32}]
)
def test_leaf_hash_changes_with_each_covered_value(other: dict[str, object]) -> None:
    right: dict[str, object] = {"before": b"", "position": 1, "event": EVENT, "event_hash": b"e" * 32}
    digest = sealing.leaf_hash(**right)  # type: ignore[arg-type] # by name, of the right kinds
    assert sealing.leaf_hash(**right) == digest  # type: ignore[arg-type] # the same
    assert sealing.leaf_hash(**right | other) != digest  # type: ignore[arg-type] # the same


def test_events_are_sealed_by_instant_then_chain_then_place(world: World) -> None:
    sealing.seal_all()
    sealed, at = order(), clock.now()
    late = insert_events(world.koskela.id, at + SECOND)
    first, second = sorted([world.koskela.id, world.pohjola.id])
    of_second, of_first = insert_events(second, at), insert_events(first, at)
    early = insert_events(world.koskela.id, at - SECOND)
    assert sealing.seal_all() == 4
    assert order() == [*sealed, *early, *of_first, *of_second, *late]
    same = insert_events(world.koskela.id, at, count=5)
    assert sealing.seal_all() == 5
    assert order()[-5:] == sorted(same)
    assert verifier.verify().findings == []


def test_leaves_of_several_runs_form_one_hash_chain(world: World) -> None:
    insert_events(world.koskela.id)
    while sealing.seal(limit=5):
        pass
    hashes, before = dict(Event.objects.values_list("id", "hash")), b""
    at = dict(Event.objects.values_list("id", "at"))
    for position, leaf in enumerate(Leaf.objects.order_by("position"), start=1):
        assert leaf.position == position
        assert bytes(leaf.event_hash) == bytes(hashes[leaf.event])
        assert leaf.at == at[leaf.event]
        expected = sealing.leaf_hash(
            before=before, position=position, event=leaf.event, event_hash=bytes(leaf.event_hash)
        )
        assert bytes(leaf.hash) == expected
        before = expected


def test_sealer_with_a_limit_leaves_the_rest_waiting(world: World) -> None:
    total = waiting()
    assert sealing.seal(limit=3) == 3
    assert len(order()) == 3
    assert waiting() == total - set(order())
    assert sealing.seal() == len(total) - 3
    assert (waiting(), sealing.seal()) == (set(), 0)


def test_sealing_all_counts_over_several_runs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    total, whole = len(waiting()), sealing.seal
    monkeypatch.setattr(sealing, "seal", lambda: whole(limit=4))
    assert sealing.seal_all() == total
    assert sealing.seal_all() == 0


def test_sealer_beside_another_sealer_does_nothing(world: World) -> None:
    total = waiting()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [0x6B657973])
        assert concurrency.run_concurrently(sealing.seal) == [0]
        assert concurrency.run_concurrently(sealing.seal_all) == [0]
        assert (waiting(), order()) == (total, [])
    assert sealing.seal_all() == len(total)


def test_second_sealer_before_the_first_commits_seals_nothing_twice(world: World) -> None:
    """The lock lasts until the commit: the next sealer sees what was sealed."""
    total, holding, go_on = len(waiting()), threading.Event(), threading.Event()

    def first() -> int:
        with connection.execute_wrapper(_pausing(holding, go_on)):
            return sealing.seal()

    def second() -> int:
        holding.wait(concurrency.TIMEOUT)
        try:
            return sealing.seal()
        finally:
            go_on.set()

    assert concurrency.run_concurrently(first, second) == [total, 0]
    assert verifier.verify().leaves == total


def _pausing(holding: threading.Event, go_on: threading.Event) -> Callable[..., Any]:
    def pausing(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        done = execute(sql, *rest)
        if "INSERT INTO audit_leaf" in sql:
            holding.set()
            go_on.wait(concurrency.TIMEOUT)
        return done

    return pausing


def test_sealing_inside_a_transaction_is_refused(world: World) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        sealing.seal()
    assert order() == []


def test_event_removed_from_the_inbox_is_named_by_verification(world: World) -> None:
    """An event that is neither sealed nor waiting does not go unnoticed."""
    sealing.seal_all()
    (event,) = insert_events(world.koskela.id)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_inbox WHERE event = %s", [event])
    assert sealing.seal_all() == 0
    codes = {(finding.code, finding.event) for finding in verifier.verify().findings}
    assert codes == {("neither sealed nor waiting", str(event))}


def test_leaf_with_a_random_hash_is_named_by_verification(world: World) -> None:
    """The negative control of `verify`: the same leaf with the correct hash is not named."""
    sealing.seal_all()
    (event,) = insert_events(world.koskela.id)
    row, last = Event.objects.get(id=event), Leaf.objects.latest("position")
    for digest in (os.urandom(32), None):
        with connection.cursor() as cursor, transaction.atomic():
            right = sealing.leaf_hash(
                before=bytes(last.hash),
                position=last.position + 1,
                event=event,
                event_hash=bytes(row.hash),
            )
            cursor.execute(
                "INSERT INTO audit_leaf VALUES (%s, %s, %s, %s, %s)",
                [last.position + 1, event, row.at, bytes(row.hash), digest or right],
            )
            cursor.execute("DELETE FROM audit_inbox WHERE event = %s", [event])
            codes = {finding.code for finding in verifier.verify().findings}
            transaction.set_rollback(True)
        assert codes == ({"leaf changed"} if digest else set())
