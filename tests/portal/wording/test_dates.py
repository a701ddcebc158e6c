"""Times, amounts and lists as people read and write them."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from portal.wording import amounts, dates, time_zones

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
CLOCK = dates.Clock(NOW, ZoneInfo("Europe/Helsinki"))
NO_BREAK = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("5000", "5000.00"),
        ("5 000", "5000.00"),
        ("5\N{NO-BREAK SPACE}000", "5000.00"),
        ("5000,5", "5000.50"),
        ("5000.50", "5000.50"),
        ("5 000,50 €", "5000.50"),
        ("5,000.00", "5000.00"),
        ("1.250.000,00 EUR", "1250000.00"),
        ("0", "0.00"),
        ("0,05", "0.05"),
    ],
)
def test_amount_in_any_usual_form_is_parsed(typed: str, amount: str) -> None:
    assert amounts.parse(typed, currency="EUR") == Decimal(amount)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-5",
        "+5",
        "5e3",
        "NaN",
        "Infinity",
        "5,000",
        "5.000",
        "50 00",
        "5,,0",
        "1,5,0",
        "5.000.00",
        "٥٠٠٠",
        "9" * 13,
        "5 000 000 00",
        "0x10",
        "5_000",
    ],
)
def test_ambiguous_amount_is_refused(typed: str) -> None:
    with pytest.raises(amounts.Unclear):
        amounts.parse(typed, currency="EUR")


def test_ambiguous_amount_names_an_unambiguous_form() -> None:
    with pytest.raises(amounts.Unclear) as unclear:
        amounts.parse("5,000", currency="EUR")
    assert unclear.value.could_mean == "5000"


@pytest.mark.parametrize(
    ("language", "at", "expected"),
    [
        ("en", NOW, "today 14:00"),
        ("fi", NOW, "tänään 14.00"),
        ("en", NOW - dt.timedelta(hours=15), "yesterday 23:00"),
        ("en", NOW - dt.timedelta(days=43), "12 Oct"),
        ("fi", NOW - dt.timedelta(days=43), "12.10."),
        ("en", NOW.replace(year=2023, month=2, day=14), "14 Feb 2023"),
        ("fi", NOW.replace(year=2023, month=2, day=14), "14.2.2023"),
    ],
)
def test_time_is_shown_in_the_reader_s_zone_and_language(
    language: str, at: dt.datetime, expected: str
) -> None:
    with translation.override(language):
        assert CLOCK.when(at) == expected


def test_interval_until_midnight_ends_on_the_day_before() -> None:
    midnight = dt.datetime(2026, 12, 24, 22, 0, tzinfo=dt.UTC)
    with translation.override("en"):
        assert CLOCK.last_day(midnight) == "24 Dec"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-12-24", dt.date(2026, 12, 24)),
        ("24.12.2026", dt.date(2026, 12, 24)),
        ("1. 2. 2027", dt.date(2027, 2, 1)),
        ("24 Dec 2026", dt.date(2026, 12, 24)),
        ("24 december 2026", dt.date(2026, 12, 24)),
        ("12/10/2026", None),
        ("31.2.2026", None),
        ("24.12.26", None),
        ("2026-13-01", None),
        ("9999-12-31", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_day_is_parsed_or_refused(typed: str, day: dt.date | None) -> None:
    assert dates.parse_day(typed) == day


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D"], "A, B and 2 more"),
    ],
)
def test_long_list_of_names_is_shortened(names: list[str], expected: str) -> None:
    with translation.override("en"):
        assert dates.name_list(names) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0.1 s"), (1.1, "1.1 s"), (4.24, "4.3 s"), (9.94, "10 s"), (12.1, "12.1 s"), (40.58, "40.6 s"),
     (59.9, "59.9 s"), (59.94, "1 min"), (60, "1 min"), (102, "1 min 42 s"), (102.2, "1 min 43 s"),
     (3599.5, "1 h"), (3600, "1 h"), (7201, "2 h 1 min"), (172_799, "2 days"), (172_801, "2 days 1 h"),
     (400_000, "4 days 16 h")],
)  # fmt: skip
def test_span_is_exact_or_rounded_up(seconds: float, expected: str) -> None:
    with translation.override("en"):
        assert dates.span(seconds).replace(NO_BREAK, " ") == expected


UNITS = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400}


@pytest.mark.parametrize(
    "seconds", [0.01, 1.1, 59.96, 61.3, 102, 3599.01, 3661, 172_799.5, 200_000, 31_536_001]
)
def test_span_is_never_shorter_than_the_duration(seconds: float) -> None:
    with translation.override("en"):
        words = dates.span(seconds).replace(NO_BREAK, " ").split()
    assert (
        sum(float(number) * UNITS[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
        >= seconds
    )


@pytest.mark.parametrize(
    ("language", "seconds", "expected"),
    [("en", 41.2, "42 s"), ("en", 0, "1 s"), ("en", 102, "1 min 42 s"), ("fi", 7300, "2 t 2 min")],
)
def test_wait_is_written_in_whole_seconds(language: str, seconds: float, expected: str) -> None:
    with translation.override(language):
        assert dates.wait(seconds).replace(NO_BREAK, " ") == expected


def test_coming_instant_is_rounded_up_to_a_second() -> None:
    at = NOW.replace(microsecond=400_000)
    with translation.override("en"):
        assert (CLOCK.coming(at), CLOCK.at_time(at), CLOCK.coming(NOW)) == (
            "at 14:00:01",
            "at 14:00:00",
            "at 14:00:00",
        )


def test_unknown_time_zone_is_skipped() -> None:
    assert time_zones.first_known("", "Nowhere/Land", "../etc/passwd", "Europe/Oslo") == ZoneInfo(
        "Europe/Oslo"
    )
    assert time_zones.first_known("") == ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Safari/604.1",
            "Safari on iPad",
        ),
        ("", "A browser"),
    ],
)
def test_user_agent_gives_a_browser_name(agent: str, expected: str) -> None:
    with translation.override("en"):
        assert dates.browser(agent) == expected
