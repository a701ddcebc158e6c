"""The sealer: the order of leaves, their tree, and sealers that race."""

import datetime as dt
import hashlib
import os
import threading
import uuid
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit import sealing
from audit.checkpoints.stored_tree import StoredTree
from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.models import Event, Inbox, Leaf, Subtree
from audit.verification import verifier
from tests.fixtures import concurrency, forged_events
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


def test_leaves_of_several_runs_form_one_tree(world: World) -> None:
    insert_events(world.koskela.id)
    while sealing.seal(limit=5):
        pass
    events = {event.id: event for event in Event.objects.all()}
    entries = []
    for position, leaf in enumerate(Leaf.objects.order_by("position"), start=1):
        assert leaf.position == position
        assert leaf.incarnation == 1
        assert bytes(leaf.event_hash) == bytes(events[leaf.event].hash)
        assert leaf.at == events[leaf.event].at
        entries.append(bytes(leaf.event_hash))
    assert StoredTree().root(len(entries)) == naive_root(entries)


def naive_root(entries: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, as it is written there."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\1" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


@pytest.mark.parametrize("limit", [97, 256, 5000])
def test_complete_subtrees_are_stored_once_in_batches_of_any_size(world: World, limit: int) -> None:
    insert_events(world.koskela.id, count=100)
    for _ in range(6):
        insert_events(world.koskela.id, count=97)
    while sealing.seal(limit=limit):
        pass
    entries = [bytes(row) for row in Leaf.objects.order_by("position").values_list("event_hash", flat=True)]
    whole = len(entries) // 256
    assert whole >= 2
    assert {(row.level, row.index): bytes(row.hash) for row in Subtree.objects.all()} == {
        (8, index): naive_root(entries[index * 256 : (index + 1) * 256]) for index in range(whole)
    }
    assert verifier.verify().findings == []


def test_subtree_of_the_second_level_hashes_subtrees_of_the_first_only(owner: psycopg.Connection) -> None:
    """65,536 events have one; here its parts stand in the table, beside a subtree of its own level."""
    hashes = [hashlib.sha256(str(index).encode()).digest() for index in range(256)]
    with owner.transaction(force_rollback=True), owner.cursor() as cursor:
        cursor.executemany("INSERT INTO audit_subtree VALUES (8, %s, %s)", list(enumerate(hashes)))
        cursor.execute("INSERT INTO audit_subtree VALUES (16, 7, sha256('x'))")
        found = cursor.execute("SELECT audit_subtree_hash(16, 0)").fetchone()
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
    assert found == (hashes[0],)


def test_events_of_one_act_are_sealed_together(world: World) -> None:
    sealing.seal_all()
    insert_events(world.koskela.id, count=7)
    assert sealing.seal(limit=2) == 7


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


def test_sealer_beside_another_sealer_does_nothing(world: World, owner: psycopg.Connection) -> None:
    total = waiting()
    with owner.transaction():
        owner.execute("SELECT FROM audit_installation FOR NO KEY UPDATE")
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
        if "audit_seal" in sql:
            holding.set()
            go_on.wait(concurrency.TIMEOUT)
        return done

    return pausing


def test_sealing_inside_a_transaction_is_refused(world: World) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        sealing.seal()
    assert order() == []


def test_event_removed_from_the_inbox_by_the_owner_is_named(world: World, owner: psycopg.Connection) -> None:
    """An event that is neither sealed nor waiting does not go unnoticed."""
    sealing.seal_all()
    (event,) = insert_events(world.koskela.id)
    owner.execute("DELETE FROM audit_inbox WHERE event = %s", [event])
    assert sealing.seal_all() == 0
    codes = {(finding.code, finding.event) for finding in verifier.verify().findings}
    assert codes == {("neither sealed nor waiting", str(event))}


@pytest.mark.parametrize(
    "attack",
    [
        "DELETE FROM audit_inbox",
        "INSERT INTO audit_leaf SELECT position + 1, 1, gen_random_uuid(), at, sha256('x') FROM audit_leaf",
        "INSERT INTO audit_subtree VALUES (8, 0, sha256('x'))",
        "SELECT audit_grow_tree(0, 256)",
        "UPDATE audit_leaf SET event_hash = sha256('x')",
        "DELETE FROM audit_subtree",
    ],
)
def test_application_cannot_place_or_hide_an_event(world: World, attack: str) -> None:
    insert_events(world.koskela.id, count=300)
    sealing.seal_all()
    insert_events(world.koskela.id)
    before = (order(), waiting())
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(attack)
    assert (order(), waiting()) == before


def test_event_with_the_id_of_a_sealed_or_waiting_event_is_refused(world: World) -> None:
    """One such event would make every later sealing fail."""
    (event,) = insert_events(world.koskela.id)
    place: dict[str, Any] = {"chain": world.koskela.id, "at": clock.now(), "seq": None, "prev": None}
    with pytest.raises(DatabaseError, match="audit_inbox_pkey"):
        forged_events.insert(forged_events.row(id=event, **place))
    sealing.seal_all()
    with pytest.raises(DatabaseError, match="the id of a sealed event"):
        forged_events.insert(forged_events.row(id=event, **place))
    insert_events(world.koskela.id)
    assert sealing.seal_all() == 1


COPY = """
INSERT INTO audit_event (id, at, chain, act, verb, outcome, actor_kind, actor, subject_kind, subject, organization,
                         incarnation, hash, body, mac)
SELECT %s, at + interval '1 millisecond', chain, act, verb, outcome, actor_kind, actor, subject_kind, subject,
       organization, incarnation, hash, body, mac
FROM audit_event WHERE id = %s
"""


def test_event_with_the_id_of_an_event_sealed_after_its_snapshot_is_refused(world: World) -> None:
    sealing.seal_all()
    with psycopg.connect(os.environ["DATABASE_URL"]) as intruder:
        intruder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (old,) = intruder.execute("SELECT id FROM audit_event LIMIT 1").fetchone() or (None,)
        (event,) = insert_events(world.koskela.id)
        sealing.seal_all()
        with pytest.raises(psycopg.Error, match="READ COMMITTED"):
            intruder.execute(COPY.encode(), [event, old])
        intruder.rollback()


@pytest.mark.parametrize(
    "lock",
    [
        "SELECT FROM audit_installation FOR KEY SHARE",
        "SELECT FROM audit_installation FOR UPDATE",
        "LOCK TABLE audit_installation IN ROW SHARE MODE",
        "LOCK TABLE audit_installation IN ACCESS EXCLUSIVE MODE",
        "LOCK TABLE audit_leaf IN ROW SHARE MODE",
    ],
)
def test_application_cannot_hold_the_sealer_s_lock(world: World, lock: str) -> None:
    denied = pytest.raises(DatabaseError, match="permission denied")
    with denied, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(lock)


def test_application_with_the_former_advisory_lock_does_not_stop_sealing(world: World) -> None:
    total = waiting()
    with psycopg.connect(os.environ["DATABASE_URL"]) as intruder:
        intruder.execute("SELECT pg_advisory_lock(x'6B657973'::integer)")
        assert sealing.seal_all() == len(total)
