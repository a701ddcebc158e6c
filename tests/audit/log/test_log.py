"""Chains and leaves: their order, races, and what the application's role may not change."""

import threading
import time
import uuid
from typing import Any

import pytest
from django.db import Error, connection, transaction

from audit import sealing
from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import Append, EventContext, EventDraft, Subject
from audit.models import Chain, Event, Leaf
from audit.verification import verifier
from tests.fixtures import concurrency, events
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def new_context() -> EventContext:
    return EventContext(actor=system(), act=ids.uuid7(), at=clock.now())


def drafts(count: int) -> list[EventDraft]:
    return [EventDraft(verb="test.done", subject=Subject("thing", uuid.uuid4())) for _ in range(count)]


def extend(chain: uuid.UUID, count: int = 1) -> list[uuid.UUID]:
    with transaction.atomic():
        return events.append(chain, *drafts(count))


def execute(statement: str, params: list[Any] | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, params)


def test_chain_with_appended_events_is_in_commit_order_and_verifies(world: World) -> None:
    first = Chain.objects.get(id=world.koskela.id).last_seq
    appended = [event for _ in range(3) for event in extend(world.koskela.id, 2)]
    rows = list(Event.objects.filter(chain=world.koskela.id, seq__gt=first).order_by("seq"))
    assert [row.id for row in rows] == appended
    assert [row.seq for row in rows] == list(range(first + 1, first + 7))
    assert [bytes(row.prev or b"") for row in rows[1:]] == [bytes(row.hash) for row in rows[:-1]]
    assert verifier.verify().findings == []


def test_sealing_gives_each_event_one_position_in_one_order(world: World) -> None:
    total = Event.objects.count()
    assert sealing.seal(limit=7) == 7
    late = ledger.insert_unchained(chain=world.koskela.id, context=new_context(), drafts=drafts(1))
    assert sealing.seal_all() == total - 7 + 1
    assert sealing.seal_all() == 0
    assert list(Leaf.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, total + 2)
    )
    assert set(Leaf.objects.values_list("event", flat=True)) == set(
        Event.objects.values_list("id", flat=True)
    )
    assert Leaf.objects.latest("position").event == late[0]
    _assert_leaves_follow_each_chain()
    assert verifier.verify().leaves == total + 1


def _assert_leaves_follow_each_chain() -> None:
    places = dict(Leaf.objects.values_list("event", "position"))
    for chain in Chain.objects.all():
        in_chain = Event.objects.filter(chain=chain.id, seq__isnull=False).order_by("seq")
        order = [places[event] for event in in_chain.values_list("id", flat=True)]
        assert order == sorted(order)


def test_sealers_at_the_same_time_seal_each_event_once(world: World) -> None:
    total = Event.objects.count()
    counts = concurrency.run_concurrently(sealing.seal_all, sealing.seal_all, sealing.seal_all)
    assert sum(int(str(count)) for count in counts) == total
    assert verifier.verify().findings == []


def test_event_committed_late_is_sealed_late(world: World) -> None:
    sealing.seal_all()

    def commit_late() -> uuid.UUID:
        with transaction.atomic():
            (event,) = ledger.insert_unchained(
                chain=world.koskela.id, context=new_context(), drafts=drafts(1)
            )
            concurrency.run_concurrently(
                lambda: ledger.insert_unchained(
                    chain=world.pohjola.id, context=new_context(), drafts=drafts(1)
                )
            )
            assert concurrency.run_concurrently(sealing.seal_all) == [1]
        return event

    event = commit_late()
    assert sealing.seal_all() == 1
    assert Leaf.objects.latest("position").event == event


def test_append_without_the_lock_cannot_fork_a_chain(world: World) -> None:
    """The second writes while the first has written and not yet committed: both read the same head."""
    head = Chain.objects.get(id=world.koskela.id)
    written = threading.Event()

    def without_lock(first: bool) -> list[uuid.UUID]:  # noqa: FBT001
        stale = ledger.ChainHead(head.id, head.last_seq, bytes(head.last_hash), head.last_at, incarnation=1)
        with transaction.atomic():
            if not first:
                written.wait(concurrency.TIMEOUT)
            appended = ledger.append(parts=[Append(stale, new_context(), drafts(1))])
            if first:
                written.set()
                time.sleep(0.5)  # long enough for the second to reach its insert
            return appended

    first_result, second_result = concurrency.run_concurrently(
        lambda: without_lock(first=True), lambda: without_lock(first=False)
    )
    assert isinstance(first_result, list)
    assert "does not continue its chain" in str(second_result)
    assert verifier.verify().findings == []


@pytest.mark.parametrize("table", ["audit_event", "audit_leaf"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
def test_log_changed_by_the_application_is_refused(world: World, table: str, statement: str) -> None:
    sealing.seal_all()
    with pytest.raises(Error, match="permission denied"):
        execute(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_chain SET last_seq = 0",
        "DELETE FROM audit_chain",
        "INSERT INTO audit_chain (id, kind, last_seq) VALUES (gen_random_uuid(), 'person', 5)",
        "UPDATE audit_installation SET incarnation = 2",
        "INSERT INTO audit_inbox (event, at) SELECT id, at FROM audit_event",
        "UPDATE audit_person_key SET id = gen_random_uuid()",
        "DELETE FROM audit_person_key",
        "DELETE FROM audit_event_default",
    ],
)
def test_log_row_forged_by_the_application_is_refused(world: World, statement: str) -> None:
    with pytest.raises(Error, match="permission denied"):
        execute(statement)


def test_chain_is_extended_while_another_one_is_locked(world: World) -> None:
    def extend_here() -> list[uuid.UUID]:
        with transaction.atomic():
            execute("SET LOCAL lock_timeout = '2s'")
            return extend(world.koskela.id)

    with transaction.atomic():
        ledger.lock_chains(chains=[world.pohjola.id])
        (extended,) = concurrency.run_concurrently(extend_here)
    assert not isinstance(extended, Exception), extended
