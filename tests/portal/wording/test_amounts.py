"""Amounts of money with the units that people type."""

from decimal import Decimal

import pytest
from django.utils import translation

from portal.wording import amounts

EUROS = (
    "500 €",
    "€500",
    "€ 500",
    "500 eur",
    "EUR 500",
    "500eur",
    "500 euro",
    "500 euros",
    "500 Euroa",
    "500,-",
    "500,- €",
)
KRONOR = (
    "500 kr",
    "500 kr.",
    "kr 500",
    "SEK 500",
    "500 sek",
    "500:-",
    "500 kronor",
    "500 svenska kronor",
    "500.-",
)


@pytest.mark.parametrize("typed", EUROS)
def test_amount_in_the_unit_of_the_field_is_taken(typed: str) -> None:
    assert amounts.parse(typed, currency="EUR") == Decimal("500.00")


@pytest.mark.parametrize("typed", [*KRONOR, "500\N{NO-BREAK SPACE}kr"])
def test_amount_in_kronor_is_taken_where_the_field_is_in_kronor(typed: str) -> None:
    assert amounts.parse(typed, currency="SEK") == Decimal("500.00")


@pytest.mark.parametrize(
    ("typed", "unit"),
    [("500 €", "€"), ("€500", "€"), ("500 eur", "eur"), ("EUR 500", "EUR"), ("500 $", "$"), ("NOK 500", "NOK"),
     ("500 euro", "euro"), ("£500", "£")],
)  # fmt: skip
def test_amount_in_another_currency_is_refused_with_its_unit(typed: str, unit: str) -> None:
    with pytest.raises(amounts.OtherUnit) as refused:
        amounts.parse(typed, currency="SEK")
    assert (refused.value.typed, refused.value.is_period) == (unit, False)


@pytest.mark.parametrize("typed", ["500 kr", "500:-", "SEK 500", "$5"])
def test_amount_in_another_currency_than_euro_is_refused(typed: str) -> None:
    with pytest.raises(amounts.OtherUnit):
        amounts.parse(typed, currency="EUR")


@pytest.mark.parametrize("typed", ["500 apples", "5k", "-500", "500 -", "€", "500 € €€", "apples 500 €"])
def test_amount_with_an_unknown_unit_is_refused(typed: str) -> None:
    with pytest.raises(amounts.Unclear):
        amounts.parse(typed, currency="EUR")


@pytest.mark.parametrize(
    "typed", ["500 € a month", "500 a month", "500 €/month", "500 per month", "€500 / month"]
)
def test_amount_with_a_period_is_taken_only_where_the_field_counts_over_it(typed: str) -> None:
    assert amounts.parse(typed, currency="EUR", period="month") == Decimal("500.00")
    for other in ("order", "year"):
        with pytest.raises(amounts.OtherUnit) as refused:
            amounts.parse(typed, currency="EUR", period=other)
        assert (refused.value.typed, refused.value.is_period) == ("a month", True)


def test_amount_with_a_period_in_finnish_is_taken() -> None:
    with translation.override("fi"):
        assert amounts.parse("500 € kuukaudessa", currency="EUR", period="month") == Decimal("500.00")
