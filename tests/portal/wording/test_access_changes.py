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


def between(before: list[Right], after: list[Right]) -> tuple[list[str], list[str]]:
    with translation.override("en"):
        found = access_changes.between(before=before, after=after, sites=SITES, texts=TEXTS, clock=CLOCK)
    plain = [
        [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] for lines in (found.gains, found.losses)
    ]
    return plain[0], plain[1]


SEE, PLACE = "shop:see", "shop:place"


@pytest.mark.parametrize(
    ("before", "after", "gains", "losses"),
    [
        ([], [], [], []),
        ([right(SEE)], [right(SEE)], [], []),
        ([], [right(SEE)], ["see orders, at all sites"], []),
        ([right(SEE, OULU)], [], [], ["see orders, at Oulu"]),
        ([right(SEE, OULU)], [right(SEE, TAMPERE)], ["see orders, at Tampere"], ["see orders, at Oulu"]),
        (
            [right(SEE, OULU)],
            [right(SEE)],
            ["see orders, at Tampere, and at sites that are added later"],
            [],
        ),
        ([right(SEE)], [right(SEE, OULU, TAMPERE)], [], ["see orders, at sites that are added later"]),
        (
            [right(PLACE, amount=500)],
            [right(PLACE, amount=2000)],
            ["order up to 2 000 € an order, not only 500 €"],
            [],
        ),
        (
            [right(PLACE, amount=2000)],
            [right(PLACE, amount=500)],
            [],
            ["order up to 2 000 € an order, only up to 500 €"],
        ),
        (
            [right(PLACE, amount=2000)],
            [right(PLACE, amount=None)],
            ["order up to any amount an order, not only 2 000 €"],
            [],
        ),
        (
            [right(PLACE, OULU, amount=500), right(PLACE, TAMPERE, amount=900)],
            [right(PLACE, OULU, TAMPERE, amount=900)],
            ["order up to 900 € an order, not only 500 €, at Oulu"],
            [],
        ),
        # Of several rights to one thing at one place the highest counts: nothing changes.
        ([right(PLACE, amount=900), right(PLACE, OULU, amount=500)], [right(PLACE, amount=900)], [], []),
        (
            [right(SEE), right(PLACE, OULU, amount=5)],
            [right(SEE)],
            [],
            ["order, up to 5 € an order, at Oulu"],
        ),
        # Amounts of different periods cannot be compared: only those that no other covers are named.
        (
            [right(PLACE, amount=500)],
            [right(PLACE, amount=900, period="month")],
            ["order, up to 900 € a month"],
            ["order, up to 500 € an order"],
        ),
        (
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            [right(PLACE, amount=5000, period="month")],
            [],
            ["order, up to 500 € an order"],
        ),
        (
            [right(PLACE, amount=500)],
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            ["order, up to 5 000 € a month"],
            [],
        ),
        (
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            [right(PLACE, amount=900), right(PLACE, amount=5000, period="month")],
            ["order, up to 900 € an order"],
            [],
        ),
        (
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            [right(PLACE)],
            ["order, without limit"],
            [],
        ),
        (
            [right(PLACE)],
            [right(PLACE, amount=500), right(PLACE, amount=5000, period="month")],
            [],
            ["order, without limit"],
        ),
        (
            [right(PLACE)],
            [right(PLACE, amount=500, period="week")],
            [],
            ["order up to any amount a week, only up to 500 €"],
        ),
        # An end that is set, moved or taken away is a change of its own.
        ([], [right(SEE, until=DECEMBER)], ["see orders, at all sites, until 31 Dec"], []),
        ([right(SEE, until=DECEMBER)], [right(SEE, until=DECEMBER)], [], []),
        ([right(SEE)], [right(SEE, until=DECEMBER)], [], ["see orders after 31 Dec"]),
        ([right(SEE, until=DECEMBER)], [right(SEE)], ["see orders after 31 Dec"], []),
        (
            [right(SEE, until=DECEMBER)],
            [right(SEE, until=MARCH)],
            ["see orders after 31 Dec, until 31 Mar 2027"],
            [],
        ),
        ([right(SEE, until=MARCH)], [right(SEE, until=DECEMBER)], [], ["see orders after 31 Dec"]),
        (
            [right(SEE, OULU, until=DECEMBER), right(SEE, TAMPERE)],
            [right(SEE, OULU, TAMPERE)],
            ["see orders after 31 Dec, at Oulu"],
            [],
        ),
        (
            [right(PLACE, amount=500, until=DECEMBER)],
            [right(PLACE, amount=2000, until=DECEMBER)],
            ["order up to 2 000 € an order, not only 500 €, until 31 Dec"],
            [],
        ),
    ],
)
def test_access_change_gives_gains_and_losses_as_sentences(
    before: list[Right], after: list[Right], gains: list[str], losses: list[str]
) -> None:
    assert between(before, after) == (gains, losses)


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
        texts = {**TEXTS, "shop:approve": {"en": "approve"}}
        assert (
            access.rights_summary(rights, texts=texts, clock=CLOCK).replace("\N{NO-BREAK SPACE}", " ")
            == expected
        )


@pytest.mark.parametrize(
    ("unit", "gain", "loss"),
    [
        ({"period": "month"}, "order, up to 500 € a month", "order, up to 500 € an order"),
        ({"currency": "SEK"}, "order, up to 500 kr an order", "order, up to 500 € an order"),
    ],
)
def test_amount_of_another_unit_is_gained_and_the_old_one_lost(
    unit: dict[str, Any], gain: str, loss: str
) -> None:
    """500 € a month are neither more nor less than 500 € an order."""
    before = right(PLACE, amount=500)
    after = dataclasses.replace(before, **unit)
    assert between([before], [after]) == ([gain], [loss])


def test_limit_is_raised_within_its_own_unit() -> None:
    before = dataclasses.replace(right(PLACE, amount=500), period="month")
    after = dataclasses.replace(before, amount=Decimal(800))
    assert between([before], [after]) == (["order up to 800 € a month, not only 500 €"], [])
    unlimited = dataclasses.replace(before, amount=None)
    assert between([before], [unlimited]) == (["order up to any amount a month, not only 500 €"], [])


def test_short_limits_name_the_period_unless_it_is_one_order() -> None:
    limits = [
        AmountLimit(Decimal(700)),
        AmountLimit(Decimal(500)),
        AmountLimit(Decimal(900), "EUR", "month"),
        AmountLimit(None),
    ]
    with translation.override("en"):
        lowest, each = access.lowest_limit(limits), access.each_limit(limits)
    assert lowest.replace("\N{NO-BREAK SPACE}", " ") == "up to 500 € and up to 900 € a month"
    assert each.replace("\N{NO-BREAK SPACE}", " ") == "up to 700 €, up to 500 € and up to 900 € a month"
