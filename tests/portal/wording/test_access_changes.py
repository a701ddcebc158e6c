"""Will and will no longer be able to: sentences from the difference between two sets of rights."""

import dataclasses
import datetime as dt
import uuid
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from delegation.access.queries import SiteName
from delegation.authorization.entitlements import Right, SiteRef
from delegation.authorization.values import AmountLimit
from portal.wording import access, access_changes, dates
from tests.fixtures.pages import plain

TAMPERE, OULU = (SiteName(uuid.uuid4(), name) for name in ("Tampere", "Oulu"))
SITES = [OULU, TAMPERE]
CLOCK = dates.Clock(dt.datetime(2026, 11, 22, 9, tzinfo=dt.UTC), ZoneInfo("Europe/Helsinki"))
"""The reader's."""
DECEMBER, MARCH = (
    dt.datetime(*day, tzinfo=CLOCK.zone) for day in ((2027, 1, 1), (2027, 4, 1))
)  # fmt: skip
TEXTS = {"shop:place": {"en": "order"}, "shop:see": {"en": "see orders"}}


def right(
    key: str,
    *sites: SiteName,
    amount: int | None = None,
    until: dt.datetime | None = None,
    period: str = "order",
) -> Right:
    """At these sites, or everywhere where none is named."""
    return Right(
        membership=uuid.uuid4(),
        application="shop",
        entitlement=key,
        role="x",
        all_sites=not sites,
        sites=tuple(SiteRef(site.id, site.name, "") for site in sites),
        takes_amount=key in {"shop:place", "shop:approve"},
        amount=None if amount is None else Decimal(amount),
        currency="EUR",
        period=period,
        valid_from=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        valid_until=until,
        assignment=uuid.uuid4(),
    )


def between(before: list[Right], after: list[Right]) -> dict[str, object]:
    """The parts of the comparison that are not empty."""
    with translation.override("en"):
        found = access_changes.between(before=before, after=after, sites=SITES, texts=TEXTS, clock=CLOCK)
    swaps = [plain(f"{swap.text} ({swap.detail})" if swap.detail else swap.text) for swap in found.swaps]
    parts = {"gains": [*map(plain, found.gains)], "losses": [*map(plain, found.losses)], "swaps": swaps}
    return {name: lines for name, lines in parts.items() if lines}


SEE, PLACE, APPROVE = "shop:see", "shop:place", "shop:approve"
TEXTS[APPROVE] = {"en": "approve"}


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ([], [], {}),
        ([right(SEE)], [right(SEE)], {}),
        ([], [right(SEE)], {"gains": ["see orders, at all sites"]}),
        # What is lost altogether is lost everywhere.
        ([right(SEE, OULU)], [], {"losses": ["see orders"]}),
        ([right(SEE), right(PLACE, OULU, amount=5)], [right(SEE)], {"losses": ["order"]}),
        ([right(SEE, OULU, TAMPERE)], [right(SEE, OULU)], {"losses": ["see orders, at Tampere"]}),
        (
            [right(SEE, OULU)],
            [right(SEE)],
            {"gains": ["see orders, at Tampere, and at sites that are added later"]},
        ),
        (
            [right(SEE)],
            [right(SEE, OULU, TAMPERE)],
            {"losses": ["see orders, at sites that are added later"]},
        ),
        # Equal effects share one sentence.
        (
            [],
            [right(SEE, OULU), right(APPROVE, OULU, amount=5), right(PLACE, OULU, amount=5)],
            {"gains": ["see orders, at Oulu", "approve and order, up to 5 € an order, at Oulu"]},
        ),
        (
            [right(SEE, OULU), right(PLACE, OULU, amount=500)],
            [right(SEE, TAMPERE), right(PLACE, TAMPERE, amount=500)],
            {"swaps": ["At <b>Tampere</b> instead of Oulu (See orders and order)"]},
        ),
        (
            [right(PLACE, OULU, amount=8000)],
            [right(PLACE, TAMPERE, amount=1000)],
            {
                "swaps": [
                    "Order, <b>up to 1 000 € an order</b> instead of 8 000 €",
                    "At <b>Tampere</b> instead of Oulu (Order)",
                ]
            },
        ),
        (
            [right(PLACE, amount=500), right(APPROVE, amount=500)],
            [right(PLACE, amount=2000), right(APPROVE, amount=2000)],
            {"swaps": ["Order and approve, <b>up to 2 000 € an order</b> instead of 500 €"]},
        ),
        (
            [right(PLACE, amount=2000)],
            [right(PLACE, amount=None)],
            {"swaps": ["Order, <b>without limit</b> instead of up to 2 000 € an order"]},
        ),
        (
            [right(PLACE)],
            [right(PLACE, amount=500, period="week")],
            {"swaps": ["Order, <b>up to 500 € a week</b> instead of any amount"]},
        ),
        (
            [right(PLACE, OULU, amount=500), right(PLACE, TAMPERE, amount=900)],
            [right(PLACE, OULU, TAMPERE, amount=900)],
            {"swaps": ["Order, <b>up to 900 € an order</b> instead of 500 €, at Oulu"]},
        ),
        # Of several rights to one thing at one place the highest counts: nothing changes.
        ([right(PLACE, amount=900), right(PLACE, OULU, amount=500)], [right(PLACE, amount=900)], {}),
        # Amounts of different periods cannot be compared.
        (
            [right(PLACE, amount=500)],
            [right(PLACE, amount=900, period="month")],
            {"swaps": ["Order, <b>up to 900 € a month</b> instead of up to 500 € an order"]},
        ),
        (
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            [right(PLACE, amount=5000, period="month")],
            {"losses": ["order, up to 500 € an order"]},
        ),
        (
            [right(PLACE, amount=500)],
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            {"gains": ["order, up to 5 000 € a month"]},
        ),
        (
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            [right(PLACE, amount=900), right(PLACE, amount=5000, period="month")],
            {"swaps": ["Order, <b>up to 900 € an order</b> instead of 500 €"]},
        ),
        # An end that is set, moved or taken away is a change of its own.
        ([], [right(SEE, until=DECEMBER)], {"gains": ["see orders, at all sites, until 31 Dec"]}),
        ([right(SEE, until=DECEMBER)], [right(SEE, until=DECEMBER)], {}),
        ([right(SEE)], [right(SEE, until=DECEMBER)], {"swaps": ["Ends after <b>31 Dec</b> (See orders)"]}),
        ([right(SEE, until=DECEMBER)], [right(SEE)], {"swaps": ["No longer ends after 31 Dec (See orders)"]}),
        (
            [right(SEE, until=DECEMBER)],
            [right(SEE, until=MARCH)],
            {"swaps": ["Until <b>31 Mar 2027</b> instead of 31 Dec (See orders)"]},
        ),
        (
            [right(SEE, OULU, until=DECEMBER), right(SEE, TAMPERE)],
            [right(SEE, OULU, TAMPERE)],
            {"swaps": ["No longer ends after 31 Dec, at Oulu (See orders)"]},
        ),
    ],
)
def test_access_change_is_grouped_by_effect(
    before: list[Right], after: list[Right], changes: dict[str, list[str]]
) -> None:
    assert between(before, after) == changes


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([], [right(SEE), right(PLACE), right(APPROVE)], (0, 0, 3)),
        ([right(SEE), right(PLACE)], [], (2, 0, 0)),
        # One right in two sentences is one right.
        ([], [right(PLACE, OULU, amount=5), right(PLACE, TAMPERE, amount=9)], (0, 0, 1)),
        (
            [right(PLACE, OULU, amount=5), right(SEE, OULU)],
            [right(PLACE, TAMPERE, amount=9), right(SEE, TAMPERE)],
            (0, 2, 0),
        ),
    ],
)
def test_rights_are_counted_not_the_sentences_that_group_them(
    before: list[Right], after: list[Right], expected: tuple[int, int, int]
) -> None:
    found = access_changes.between(before=before, after=after, sites=SITES, texts=TEXTS, clock=CLOCK)
    assert (found.lost, found.swapped, found.gained) == expected


def test_values_that_are_lowered_come_before_those_that_are_raised() -> None:
    found = between(
        [right(PLACE, amount=500), right(APPROVE, amount=900)],
        [right(PLACE, amount=900), right(APPROVE, amount=500)],
    )
    assert found == {
        "swaps": [
            "Approve, <b>up to 500 € an order</b> instead of 900 €",
            "Order, <b>up to 900 € an order</b> instead of 500 €",
        ]
    }


def test_unchanged_rights_are_named_with_the_sites_where_they_stay() -> None:
    with translation.override("en"):
        found = access_changes.between(
            before=[right(SEE, OULU, TAMPERE), right(APPROVE, OULU, TAMPERE, amount=5)],
            after=[right(SEE, TAMPERE), right(APPROVE, TAMPERE, amount=5)],
            sites=SITES,
            texts=TEXTS,
            clock=CLOCK,
        )
    assert (found.stays, found.stays_where) == (["see orders", "approve"], "at Tampere")


def test_texts_of_the_supplier_are_escaped_in_changed_values() -> None:
    with translation.override("en"):
        found = access_changes.between(
            before=[right(PLACE, amount=500)],
            after=[right(PLACE, amount=900)],
            sites=SITES,
            texts={PLACE: {"en": "<i>order</i> {0}"}},
            clock=CLOCK,
        )
    assert plain(found.swaps[0].text).startswith("&lt;i&gt;order&lt;/i&gt; {0}, <b>up to 900 €")


@pytest.mark.parametrize(
    ("rights", "expected"),
    [
        ([right(SEE), right(SEE)], "see orders"),
        ([right(SEE), right(PLACE, OULU, amount=6000, until=DECEMBER)],
         "order, up to 6 000 € an order, at Oulu, until 31 Dec"),
        ([right(PLACE, OULU, amount=6), right("shop:approve", OULU, amount=6)],
         "order and approve, up to 6 € an order, at Oulu"),
        ([right(PLACE, amount=6), right("shop:approve", OULU, amount=9)],
         "order, up to 6 € an order; approve, up to 9 € an order, at Oulu"),
    ],
)  # fmt: skip
def test_rights_are_described_in_one_sentence(rights: list[Right], expected: str) -> None:
    with translation.override("en"):
        texts = TEXTS
        assert plain(access.rights_summary(rights, texts=texts, clock=CLOCK)) == expected


@pytest.mark.parametrize(
    ("unit", "gain", "loss"),
    [
        ({"period": "month"}, "up to 500 € a month", "up to 500 € an order"),
        ({"currency": "SEK"}, "up to 500 kr an order", "up to 500 € an order"),
    ],
)
def test_amount_of_another_unit_is_named_with_both_units(unit: dict[str, Any], gain: str, loss: str) -> None:
    """500 € a month are neither more nor less than 500 € an order."""
    before = right(PLACE, amount=500)
    after = dataclasses.replace(before, **unit)
    assert between([before], [after]) == {"swaps": [f"Order, <b>{gain}</b> instead of {loss}"]}


def test_limit_is_raised_within_its_own_unit() -> None:
    before = dataclasses.replace(right(PLACE, amount=500), period="month")
    after = dataclasses.replace(before, amount=Decimal(800))
    assert between([before], [after]) == {"swaps": ["Order, <b>up to 800 € a month</b> instead of 500 €"]}
    unlimited = dataclasses.replace(before, amount=None)
    expected = "Order, <b>without limit</b> instead of up to 500 € a month"
    assert between([before], [unlimited]) == {"swaps": [expected]}


def test_short_limits_name_the_period_unless_it_is_one_order() -> None:
    limits = [
        AmountLimit(Decimal(700)),
        AmountLimit(Decimal(500)),
        AmountLimit(Decimal(900), "EUR", "month"),
        AmountLimit(None),
    ]
    with translation.override("en"):
        lowest, each = access.lowest_limit(limits), access.each_limit(limits)
    assert plain(lowest) == "up to 500 € and up to 900 € a month"
    assert plain(each) == "up to 700 €, up to 500 € and up to 900 € a month"
