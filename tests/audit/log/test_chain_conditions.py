"""Conditions of the database on an event that continues a chain: an insert that breaks one of them is refused.

Written in SQL as the application's role and without `audit.log.ledger`, as an intruder with that role would.
"""

import datetime as dt
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.models import Chain, Event, Inbox
from portal import embedded_postgres
from tests.fixtures import cluster
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)
Row = dict[str, Any]
INSERT = """
INSERT INTO audit_event (id, at, chain, seq, act, verb, outcome, actor_kind, actor, subject_kind, subject, incarnation,
                         prev, hash, body, mac)
VALUES (%(id)s, %(at)s, %(chain)s, %(seq)s, %(id)s, 'test.done', 'done', 'system', %(id)s, 'thing', %(id)s, 1,
        %(prev)s, %(hash)s, '', 'k1:00000000000000000000000000000000')
"""


def next_event(head: Chain, **other: Any) -> Row:
    """A valid next event of this chain, except for the given columns."""
    assert head.last_at is not None
    valid = {
        "id": ids.uuid7(),
        "at": head.last_at + TICK,
        "chain": head.id,
        "seq": head.last_seq + 1,
        "prev": bytes(head.last_hash),
        "hash": os.urandom(32),
    }
    return valid | other


def next_after(row: Row, **other: Any) -> Row:
    """A valid next event after that one, except for the given columns."""
    valid = {"id": ids.uuid7(), "at": row["at"], "chain": row["chain"], "seq": row["seq"] + 1}
    return valid | {"prev": row["hash"], "hash": os.urandom(32)} | other


def insert(*rows: Row) -> None:
    """Insert all rows in one statement, because the trigger runs for each statement."""
    head, values = INSERT.split("VALUES")
    parts: list[str] = []
    params: Row = {}
    for number, row in enumerate(rows):
        parts.append(values.replace(")s", f"_{number})s"))
        params |= {f"{name}_{number}": value for name, value in row.items()}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{head} VALUES {', '.join(parts)}", params)


def head_of(chain: uuid.UUID) -> tuple[int, bytes, dt.datetime | None]:
    head = Chain.objects.get(id=chain)
    return head.last_seq, bytes(head.last_hash), head.last_at


def assert_refused(*rows: Row) -> None:
    """The insert fails with the exact error, and no row changes."""
    before = (list(Chain.objects.order_by("id").values()), Event.objects.count(), Inbox.objects.count())
    with pytest.raises(DatabaseError, match="the event does not continue its chain") as refusal:
        insert(*rows)
    assert isinstance(refusal.value.__cause__, psycopg.Error)
    assert refusal.value.__cause__.sqlstate == "KH003"
    assert before == (
        list(Chain.objects.order_by("id").values()),
        Event.objects.count(),
        Inbox.objects.count(),
    )


@pytest.fixture
def head(world: World) -> Chain:
    return Chain.objects.get(id=world.koskela.id)


def test_event_that_continues_the_chain_moves_its_head_alone(world: World, head: Chain) -> None:
    others = list(Chain.objects.exclude(id=head.id).order_by("id").values())
    row = next_event(head)
    insert(row)
    assert head_of(head.id) == (row["seq"], row["hash"], row["at"])
    assert Chain.objects.get(id=head.id).kind == "organization"
    assert list(Chain.objects.exclude(id=head.id).order_by("id").values()) == others


WRONG_EVENT: dict[str, Callable[[Chain], Row]] = {
    "place skipped": lambda head: {"seq": head.last_seq + 2},
    "place taken": lambda head: {"seq": head.last_seq},
    "place of the first": lambda _: {"seq": 1},
    "place zero": lambda _: {"seq": 0},
    "hash of another event before": lambda _: {"prev": b"x" * 32},
    "no hash of the event before": lambda _: {"prev": None},
    "empty hash of the event before": lambda _: {"prev": b""},
    "earlier than the event before": lambda head: {"at": head.last_at - TICK},  # type: ignore[operator] # has one
    "unknown chain": lambda _: {"chain": uuid.uuid4()},
    "first place of an unknown chain": lambda _: {"chain": uuid.uuid4(), "seq": 1, "prev": b""},
}


@pytest.mark.parametrize("wrong", WRONG_EVENT)
def test_event_with_one_condition_wrong_is_refused(head: Chain, wrong: str) -> None:
    assert_refused(next_event(head, **WRONG_EVENT[wrong](head)))
    insert(next_event(head))


def test_event_of_the_same_instant_continues_the_chain(head: Chain) -> None:
    insert(next_event(head, at=head.last_at))


def test_event_for_the_head_of_another_chain_is_refused(world: World, head: Chain) -> None:
    other = Chain.objects.get(id=world.pohjola.id)
    assert_refused(next_event(other, chain=head.id, at=head.last_at + TICK if head.last_at else None))


WRONG_SECOND_EVENT: dict[str, Callable[[Row], Row]] = {
    "place skipped": lambda first: {"seq": first["seq"] + 2},
    "place of the first": lambda first: {"seq": first["seq"]},
    "hash of the head before": lambda first: {"prev": first["prev"]},
    "hash of another": lambda _: {"prev": b"x" * 32},
    "no hash": lambda _: {"prev": None},
    "earlier than the head": lambda first: {"at": first["at"] - 2 * TICK},
    "earlier than the first": lambda first: {"at": first["at"] - TICK},
}


@pytest.mark.parametrize("wrong", WRONG_SECOND_EVENT)
def test_second_event_of_a_statement_with_one_condition_wrong_is_refused(head: Chain, wrong: str) -> None:
    first = next_event(head)
    assert_refused(first, next_after(first, **WRONG_SECOND_EVENT[wrong](first)))
    last = next_after(first)
    insert(last, first)  # `seq` decides, not the order of the rows
    assert head_of(head.id) == (last["seq"], last["hash"], last["at"])


def test_statement_over_two_chains_with_one_wrong_event_is_refused_whole(world: World, head: Chain) -> None:
    other = Chain.objects.get(id=world.pohjola.id)
    for wrong in (0, 1):
        rows = [next_event(head), next_event(other)]
        rows[wrong]["prev"] = b"x"
        assert_refused(*rows)
    first, second = next_event(head), next_event(other)
    insert(first, next_after(first), second)
    assert head_of(head.id)[0] == first["seq"] + 1
    assert head_of(other.id) == (second["seq"], second["hash"], second["at"])


def test_first_event_of_an_opened_chain_has_an_empty_previous_hash(world: World) -> None:
    chain = uuid.uuid4()
    ledger.open_chain(chain=chain, kind=Chain.Kind.PERSON)
    opened = Chain.objects.get(id=chain)
    assert (opened.last_seq, bytes(opened.last_hash), opened.last_at) == (0, b"", None)
    opened.last_at = clock.now() - dt.timedelta(minutes=10)  # no head yet, so no present instant is too early
    assert_refused(next_event(opened, prev=None))
    assert_refused(next_event(opened, prev=b"x"))
    assert_refused(next_event(opened, seq=2))
    insert(next_event(opened))
    ledger.open_chain(chain=chain, kind=Chain.Kind.SUPPLIER)
    assert (Chain.objects.get(id=chain).last_seq, Chain.objects.get(id=chain).kind) == (1, "person")


def test_event_beside_the_chain_moves_no_head(world: World, head: Chain) -> None:
    before = list(Chain.objects.order_by("id").values())
    insert(next_event(head, seq=None, prev=None), next_event(head, seq=None, prev=None, chain=uuid.uuid4()))
    insert(next_event(head, seq=None, prev=None, at=head.last_at and head.last_at - TICK))
    assert list(Chain.objects.order_by("id").values()) == before
    insert(next_event(head, seq=None), next_event(head))
    assert head_of(head.id)[0] == head.last_seq + 1


def test_inserted_event_enters_the_inbox_under_its_instant(head: Chain) -> None:
    first = next_event(head)
    beside = next_event(head, seq=None, prev=None)
    already_waiting = set(Inbox.objects.values_list("event", flat=True))
    insert(first, beside)
    waiting = dict(Inbox.objects.exclude(event__in=already_waiting).values_list("event", "at"))
    assert waiting == {first["id"]: first["at"], beside["id"]: beside["at"]}


def test_lock_chains_with_an_unopened_chain_is_refused(world: World, head: Chain) -> None:
    with transaction.atomic():
        heads = ledger.lock_chains(chains=[world.pohjola.id, head.id, head.id])
        assert set(heads) == {world.pohjola.id, head.id}
        locked = heads[head.id]
        assert (locked.seq, locked.hash, locked.at, locked.incarnation) == (
            head.last_seq,
            bytes(head.last_hash),
            head.last_at,
            1,
        )
    with pytest.raises(Chain.DoesNotExist), transaction.atomic():
        ledger.lock_chains(chains=[head.id, uuid.uuid4()])


def test_ledger_without_drafts_writes_nothing(world: World) -> None:
    before = Event.objects.count()
    context = EventContext(actor=system(), act=ids.uuid7(), at=dt.datetime.now(dt.UTC))
    assert ledger.insert_unchained(chain=world.koskela.id, context=context, drafts=[]) == []
    assert (
        len(
            ledger.insert_unchained(
                chain=world.koskela.id, context=context, drafts=[EventDraft("t.d", Subject("x", context.act))]
            )
        )
        == 1
    )
    assert Event.objects.count() == before + 1


@pytest.fixture
def listening(database_urls: cluster.Urls) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_urls[embedded_postgres.APP], autocommit=True) as opened:
        opened.execute("LISTEN keyholder_chain")
        yield opened


def test_insert_that_moves_chains_notifies_once_for_each_chain(
    world: World, head: Chain, listening: psycopg.Connection
) -> None:
    other = Chain.objects.get(id=world.pohjola.id)
    insert(next_event(head, seq=None, prev=None))
    first = next_event(head)
    insert(first, next_after(first), next_event(other))
    notified = [notice.payload for notice in listening.notifies(timeout=0.5, stop_after=3)]
    assert sorted(notified) == sorted([str(head.id), str(other.id)])
