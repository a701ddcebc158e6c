"""Statements and keyset pages."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from audit.foundation import db
from audit.foundation.db import KeysetPage
from identity.organizations.models import Organization
from tests.fixtures.world import bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
INSTANTS = (3, 1, 2, 2, 2, 1, 3)
"""Minutes; every instant occurs at least twice, so that ids decide the order."""


@pytest.fixture
def stored() -> list[Organization]:
    """In ascending order of (created_at, id)."""
    rows = [
        Organization(
            key=f"o{n}",
            name=f"O{n}",
            sort_key=f"o{n}",
            created_at=NOW + dt.timedelta(minutes=minutes),
            register_id=str(n % 2),
        )
        for n, minutes in enumerate(INSTANTS)
    ]
    with bypassing_commands():
        Organization.objects.bulk_create(rows)
    return sorted(rows, key=lambda row: (row.created_at, row.id))


def page(
    rows: Sequence[QuerySet[Organization]], *, down: bool = False, **at: Any
) -> KeysetPage[Organization]:
    order = ("-created_at", "-id") if down else ("created_at", "id")
    where = {"after": None, "before": None, "size": 2} | at
    return db.keyset(rows=rows, order=order, **where)


def one_source() -> list[QuerySet[Organization]]:
    return [Organization.objects.all()]


def two_sources() -> list[QuerySet[Organization]]:
    return [Organization.objects.filter(register_id="0"), Organization.objects.filter(register_id="1")]


def ids(rows: Sequence[Organization]) -> list[uuid.UUID]:
    return [row.id for row in rows]


@pytest.mark.parametrize("sources", [one_source, two_sources])
@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_keyset_pages_forwards_and_backwards_hold_every_row_once(
    stored: list[Organization], sources: Any, size: int, *, down: bool
) -> None:
    whole = ids(stored)[::-1] if down else ids(stored)
    expected = [whole[start : start + size] for start in range(0, len(whole), size)]
    forwards = [page(sources(), down=down, size=size)]
    while forwards[-1].next:
        forwards.append(page(sources(), down=down, size=size, after=forwards[-1].next))
    assert [ids(shown.rows) for shown in forwards] == expected
    assert [shown.previous for shown in forwards] == [None, *(part[0] for part in expected[1:])]
    backwards = [forwards[-1]]
    while backwards[-1].previous:
        backwards.append(page(sources(), down=down, size=size, before=backwards[-1].previous))
    assert sorted(row_id for part in backwards for row_id in ids(part.rows)) == sorted(whole)
    assert all(part.next == part.rows[-1].id for part in backwards[1:])
    assert backwards[-1].previous is None


def test_keyset_with_an_unknown_anchor_shows_the_first_page(stored: list[Organization]) -> None:
    first = page(one_source())
    assert page(one_source(), after=uuid.uuid4()) == first
    assert page(one_source(), before=uuid.uuid4()) == first
    assert first.previous is None


def test_keyset_from_an_anchor_that_left_the_rows_continues_behind_it(stored: list[Organization]) -> None:
    removed, rows = stored[2], Organization.objects.exclude(id=stored[2].id)
    everything = [Organization.objects.all()]
    behind = page([rows], after=removed.id, anchors=everything)
    assert ids(behind.rows) == ids(stored[3:5])
    assert ids(page([rows], before=removed.id, anchors=everything).rows) == ids(stored[:2])
    assert ids(page([rows], after=removed.id).rows) == ids(stored[:2])


def test_keyset_without_rows_has_no_neighbours(stored: list[Organization]) -> None:
    nothing = [Organization.objects.filter(key="none")]
    assert page(nothing) == KeysetPage([], None, None)
    last = page(one_source(), after=stored[-1].id)
    assert last == KeysetPage([], None, None)


def test_keyset_with_before_and_after_uses_before(stored: list[Organization]) -> None:
    both = page(one_source(), before=stored[3].id, after=stored[5].id)
    assert ids(both.rows) == ids(stored[1:3])


def test_keyset_takes_one_statement_per_source_and_one_to_find_the_anchor(stored: list[Organization]) -> None:
    def statements(sources: Any, **at: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(sources(), **at)
        return len(queries)

    in_first = Organization.objects.filter(register_id="0").values_list("id", flat=True)[0]
    in_second = Organization.objects.filter(register_id="1").values_list("id", flat=True)[0]
    assert statements(one_source) == 1
    assert statements(one_source, after=in_first) == 2
    assert statements(two_sources) == 2
    assert statements(two_sources, after=in_first) == 3
    assert statements(two_sources, before=in_second) == 4


def test_keyset_with_mixed_directions_is_refused() -> None:
    with pytest.raises(ValueError, match="one direction"):
        db.keyset(rows=one_source(), order=("-created_at", "id"), after=None, before=None, size=2)


def test_keyset_condition_begins_with_the_column_of_the_index(stored: list[Organization]) -> None:
    with CaptureQueriesContext(connection) as queries:
        page(one_source(), after=stored[0].id)
    condition = queries[-1]["sql"].partition(" WHERE ")[2]
    assert condition.startswith('("identity_organization"."created_at" >= ')


def test_fetch_one_returns_a_row_or_none() -> None:
    assert db.fetch_one("SELECT 1, %s", ["a"]) == (1, "a")
    assert db.fetch_one("SELECT 1 WHERE false") is None


def test_fetch_all_without_a_result_returns_no_rows() -> None:
    assert db.fetch_all("SELECT generate_series(1, %(n)s)", {"n": 2}) == [(1,), (2,)]
    assert db.fetch_all("SET LOCAL lock_timeout = 0") == []


def test_fetch_for_rows_runs_one_statement_and_none_for_no_rows() -> None:
    statement = (
        "SELECT x.id, x.word || %(end)s FROM jsonb_to_recordset(%(rows)s) AS x(id uuid, word text) ORDER BY 2"
    )
    rows = [{"id": str(uuid.UUID(int=n)), "word": word} for n, word in enumerate("ab")]
    with CaptureQueriesContext(connection) as queries:
        assert db.fetch_for_rows(statement, [], end="!") == []
        result = db.fetch_for_rows(statement, rows, end="!")
    assert len(queries) == 1
    assert result == [(uuid.UUID(int=0), "a!"), (uuid.UUID(int=1), "b!")]
    assert db.fetch_ids_for_rows(statement, rows, end="!") == [uuid.UUID(int=0), uuid.UUID(int=1)]
