"""Dates, times, numbers, money, durations and lists come from the CLDR: in any language, without code for it."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from babel import localedata
from django.utils import translation

from portal.wording import amounts, cldr, dates
from tests.fixtures.pages import plain

AT = dt.datetime(2026, 5, 24, 14, 3, 7, tzinfo=dt.UTC)
WRITTEN = {
    "en": ["24 May 2026", "24 May", "14:03", "24 May 2026, 14:03:07", "61 204", "2 000 €", "2 000.50 US$", "A, B and C",
           "0.4 s", "1 h", "4 days", "Helsinki"],
    "fi": ["24.5.2026", "24.5.", "14.03", "24.5.2026 14.03.07", "61 204", "2 000 €", "2 000,50 $", "A, B ja C",
           "0,4 s", "1 t", "4 pv", "Helsinki"],
    "sv": ["24 maj 2026", "24 maj", "14:03", "24 maj 2026 14:03:07", "61 204", "2 000 €", "2 000,50 US$", "A, B och C",
           "0,4 s", "1 tim", "4 d", "Helsingfors"],
    "de": ["24. Mai 2026", "24. Mai", "14:03", "24. Mai 2026, 14:03:07", "61.204", "2.000 €", "2.000,50 $",
           "A, B und C", "0,4 Sek.", "1 Std.", "4 Tg.", "Helsinki"],
    "et": ["24. mai 2026", "24. mai", "14:03", "24. mai 2026 14:03:07", "61 204", "2 000 €", "2 000,50 $", "A, B ja C",
           "0,4 sek", "1 t", "4 päeva", "Helsingi"],
}  # fmt: skip


def written() -> list[str]:
    """Each as the active language writes it, with spaces that may break, to be read easily."""
    found = [
        cldr.date(AT),
        cldr.day(AT),
        cldr.time(AT),
        cldr.date_time(AT, seconds=True),
        cldr.number(61204),
        cldr.money("2000.00", "EUR"),
        cldr.money("2000.50", "USD"),
        cldr.joined(["A", "B", "C"]),
        cldr.duration(Decimal("0.4"), "second"),
        cldr.duration(Decimal(1), "hour"),
        cldr.duration(Decimal(4), "day"),
        cldr.place(ZoneInfo("Europe/Helsinki")),
    ]
    return [plain(one) for one in found]


@pytest.mark.parametrize("language", WRITTEN)
def test_dates_numbers_and_money_follow_each_language(language: str) -> None:
    with translation.override(language):
        assert written() == WRITTEN[language]


def test_amount_contains_no_breaking_space() -> None:
    with translation.override("en"):
        assert " " not in cldr.money("5000.00", "EUR")
        assert " " not in cldr.number(61204)


def test_field_value_of_every_language_is_parsed_to_the_same_value() -> None:
    languages = [one for one in localedata.locale_identifiers() if "_" not in one]
    assert len(languages) > 200
    values = [Decimal("0.05"), Decimal(5), Decimal(5000), Decimal("1234567.50")]
    days = [dt.date(2026, month, 24) for month in range(1, 13)]
    misread: list[tuple[str, object]] = []
    for language in languages:
        with translation.override(language):
            assert all(written())
            misread += [
                (language, one) for one in values if amounts.parse(amounts.typed(one), currency="EUR") != one
            ]
            misread += [(language, one) for one in days if dates.parse_day(dates.typed_day(one)) != one]
    assert misread == []


@pytest.mark.parametrize(
    ("language", "amount", "day"),
    [("en", "5\N{NO-BREAK SPACE}000", "24 Sept 2026"), ("fi", "5\N{NO-BREAK SPACE}000", "24.9.2026"),
     ("sv", "5\N{NO-BREAK SPACE}000", "24 sep. 2026"), ("de", "5000", "24. Sept. 2026"),
     ("hu", "5\N{NO-BREAK SPACE}000", "2026-09-24")],
)  # fmt: skip
def test_field_value_follows_the_language_where_it_is_unambiguous(
    language: str, amount: str, day: str
) -> None:
    with translation.override(language):
        assert amounts.typed(Decimal(5000)) == amount
        assert dates.typed_day(dt.date(2026, 9, 24)) == day


def test_language_without_cldr_data_falls_back_to_english() -> None:
    assert cldr.locale("xx-nowhere") == cldr.locale("en")
    assert str(cldr.locale("zh-hant")) == "zh_Hant"
