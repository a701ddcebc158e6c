"""Lists of targets: counted wrongly, in an order that moves, longer than asked for."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from provisioning.connectors.scim.endpoint import Page, Rejected
from provisioning.connectors.scim.listing import Listing
from provisioning.delivery.errors import Code, DeliveryError

Rows = Sequence[dict[str, Any]]
PEOPLE = [{"id": f"r{number}", "externalId": str(number)} for number in range(25)]
SIZE = 10


def sliced(rows: Rows, start: int, size: int = SIZE) -> list[dict[str, Any]]:
    return [dict(row) for row in rows[start - 1 :][:size]]


def honest(start: int) -> Page:
    return Page(sliced(PEOPLE, start), len(PEOPLE))


def shortened_between_pages() -> Callable[[int], Page]:
    """The first record is deleted after the first page: the rest moves up, and one is missed."""
    rows = list(PEOPLE)

    def read(start: int) -> Page:
        page = Page(sliced(rows, start), len(rows))
        if start == 1:
            del rows[0]
        return page

    return read


def lengthened_between_pages() -> Callable[[int], Page]:
    """A new record stands first after the first page: the rest moves down, and one comes twice."""
    rows = list(PEOPLE)

    def read(start: int) -> Page:
        page = Page(sliced(rows, start), len(rows))
        if start == 1:
            rows.insert(0, {"id": "new", "externalId": "new"})
        return page

    return read


def with_an_error_behind_the_end(start: int) -> Page:
    if start > len(PEOPLE):
        raise Rejected(Code.REFUSED, status=400)
    return honest(start)


TARGETS: dict[str, tuple[Callable[[int], Page], int, bool]] = {
    "honest": (honest, 25, True),
    "counts too few": (lambda start: Page(sliced(PEOPLE, start), 3), 25, False),
    "counts none": (lambda start: Page(sliced(PEOPLE, start), 0), 25, False),
    "counts too many": (lambda start: Page(sliced(PEOPLE, start), 900), 25, False),
    "counts the page": (lambda start: Page(sliced(PEOPLE, start), len(sliced(PEOPLE, start))), 25, False),
    "counts less each time": (lambda start: Page(sliced(PEOPLE, start), 26 - start), 25, False),
    "ignores the position": (lambda _start: Page(sliced(PEOPLE, 1), len(PEOPLE)), 10, False),
    "sends everything": (lambda _start: Page(sliced(PEOPLE, 1, 99), len(PEOPLE)), 25, True),
    "sends short pages": (lambda start: Page(sliced(PEOPLE, start, 3), len(PEOPLE)), 25, True),
    "repeats rows in a page": (lambda start: Page(sliced(PEOPLE, start) * 2, 25), 25, True),
    "loses a row between pages": (shortened_between_pages(), 24, False),
    "repeats a row between pages": (lengthened_between_pages(), 25, False),
    "errs behind the end": (with_an_error_behind_the_end, 25, True),
    "is empty": (lambda _start: Page([], 0), 0, True),
    "is empty and counts": (lambda _start: Page([], 7), 0, False),
}
"""What is read of 25 records, and whether the list may be called complete."""


@pytest.mark.parametrize("kind", TARGETS)
def test_each_record_is_read_once_and_a_list_that_does_not_add_up_is_not_complete(kind: str) -> None:
    read, number, is_complete = TARGETS[kind]
    listing = Listing(read, 1000)
    rows = list(listing)
    names = [row["id"] for row in rows]
    assert len(names) == len(set(names))
    assert (len(names), listing.is_complete) == (number, is_complete)


def test_endless_list_ends_at_the_limit() -> None:
    pages: list[int] = []

    def read(start: int) -> Page:
        pages.append(start)
        return Page([{"id": f"{start}-{number}"} for number in range(SIZE)], 10**9)

    listing = Listing(read, 50)
    assert len(list(listing)) == 50
    assert len(pages) == 5
    assert not listing.is_complete


def test_records_without_an_id_are_distinguished_by_their_content() -> None:
    rows = [{"externalId": "1"}, {"externalId": "2"}, {"externalId": "1"}]
    assert list(Listing(lambda start: Page(sliced(rows, start), 2), 99)) == rows[:2]


@pytest.mark.parametrize("code", [Code.BUSY, Code.REFUSED])
def test_error_within_the_list_ends_the_reading_with_this_error(code: Code) -> None:
    def read(start: int) -> Page:
        if start > SIZE:
            raise Rejected(code, status=500)
        return honest(start)

    with pytest.raises(DeliveryError):
        list(Listing(read, 1000))
