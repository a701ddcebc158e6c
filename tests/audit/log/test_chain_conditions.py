"""Conditions of the database on an event that continues a chain: an insert that breaks one of them is refused.

Written in SQL as the application's role and without `audit.log.ledger`, as an intruder with that role would.
"""

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.foundation import clock, ids
from audit.foundation.actor import system
from audit.log import ledger
from audit.log.ledger import EventContext, EventDraft, Subject
from audit.models import Chain, Event, Inbox
from portal import embedded_postgres
from tests.fixtures import cluster, forged_events
from tests.fixtures.forged_events import TICK, Row, insert
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def next_event(head: Chain, **other: Any) -> Row:
    """A valid next event of this chain, except for the given columns."""
    assert head.last_at is not None
    valid: Row = {"at": head.last_at + TICK, "chain": head.id, "seq": head.last_seq + 1}
    return forged_events.row(**valid | {"prev": bytes(head.last_hash)} | other)


def next_after(row: Row, **other: Any) -> Row:
    """A valid next event after that one, except for the given columns."""
    valid = {"at": row["at"], "chain": row["chain"], "seq": row["seq"] + 1, "prev": row["hash"]}
    return forged_events.row(**valid | other)


def head_of(chain: uuid.UUID) -> tuple[int, bytes, dt.datetime | None]:
    head = Chain.objects.get(id=chain)
    return head.last_seq, bytes(head.last_hash), head.last_at


def assert_refused(*rows: Row, reason: str = "the event does not continue its chain") -> None:
    """The insert fails with the exact error, and no row changes."""
    before = (list(Chain.objects.order_by("id").values()), Event.objects.count(), Inbox.objects.count())
    with pytest.raises(DatabaseError, match=reason) as refusal:
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


def differing() -> list[Row]:
    """A value of each column that the body copies, which the body of the event does not have."""
    ids_of = ("id", "act", "actor", "subject", "organization")
    words = ("verb", "outcome", "actor_kind", "subject_kind")
    return [{name: uuid.uuid4()} for name in ids_of] + [{name: "x"} for name in words] + [{"incarnation": 2}]


@pytest.mark.parametrize("column", differing(), ids=lambda column: next(iter(column)))
@pytest.mark.parametrize("place", [{}, {"seq": None, "prev": None}], ids=["in the chain", "beside it"])
def test_event_whose_column_differs_from_its_body_is_refused(head: Chain, column: Row, place: Row) -> None:
    assert_refused(next_event(head, **place) | column, reason="the event differs from its body")


@pytest.mark.parametrize("column", ["at", "chain", "seq", "prev"])
def test_event_whose_body_states_another_place_is_refused(head: Chain, column: str) -> None:
    """The columns continue the chain; an export has only the body."""
    true = next_event(head)
    other = {"at": true["at"] + TICK, "chain": uuid.uuid4(), "seq": head.last_seq + 2, "prev": b"x" * 32}
    stated = next_event(head, **{"id": true["id"], column: other[column]})
    assert_refused(
        true | {"body": stated["body"], "hash": stated["hash"]}, reason="the event differs from its body"
    )


def nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("content", [{"facts": nested(31)}, {"facts": {"a": [1, nested(29)]}}])
def test_event_whose_body_nests_deeply_is_refused(head: Chain, content: Row) -> None:
    assert_refused(next_event(head, content=content), reason="the event differs from its body")
    insert(next_event(head, content={"facts": nested(30)}))


@pytest.mark.parametrize("sign", ["", "-"])
def test_event_with_a_number_that_no_reader_accepts_is_refused(head: Chain, sign: str) -> None:
    row = next_event(head, content={"facts": {"n": "a number"}})
    body = row["body"].replace(b'"a number"', f"{sign}{'9' * 5000}".encode())
    assert_refused(
        row | {"body": body, "hash": hashlib.sha256(body).digest()}, reason="the event differs from its body"
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"facts":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b"\xff\xfe",
        b"x",
        b"",
        b'{"a":"\\u0000"}',
    ],
    ids=["deep", "deep and closed", "no UTF-8", "no JSON", "empty", "no text of the database"],
)
def test_event_whose_body_cannot_be_read_is_refused(head: Chain, body: bytes) -> None:
    before = head_of(head.id)
    with pytest.raises(DatabaseError):
        insert(next_event(head) | {"body": body, "hash": hashlib.sha256(body).digest()})
    assert (head_of(head.id), Event.objects.filter(body=body).exists()) == (before, False)


@pytest.mark.parametrize("place", [{}, {"seq": None, "prev": None}], ids=["in the chain", "beside it"])
def test_event_with_the_hash_of_another_body_is_refused(head: Chain, place: Row) -> None:
    assert_refused(next_event(head, **place) | {"hash": b"x" * 32}, reason="the event differs from its body")


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("hash", b"", "audit_event_hash"),
        ("hash", bytes(31), "audit_event_hash"),
        ("hash", bytes(33), "audit_event_hash"),
        ("prev", bytes(31), "audit_event_hash"),
        ("prev", bytes(33), "audit_event_hash"),
        ("body", bytes(2**20 + 1), "audit_event_body"),
    ],
)
def test_event_with_a_value_of_another_length_is_refused(
    head: Chain, column: str, value: bytes, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        insert(next_event(head) | {column: value})


def test_event_of_a_mebibyte_is_accepted(head: Chain) -> None:
    room = 2**20 - len(next_event(head, content={"facts": ""})["body"])
    largest = next_event(head, content={"facts": "x" * room})
    assert len(largest["body"]) == 2**20
    insert(largest)


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
    assert_refused(next_event(head, prev=b"x" * 32), next_event(other))
    assert_refused(next_event(head), next_event(other, prev=b"x" * 32))
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
    assert_refused(next_event(opened, prev=b"x" * 32))
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
