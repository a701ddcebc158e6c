"""Amounts of money are parsed as people type them, with or without the unit that stands beside the field."""

import re
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from babel import Locale, numbers

from portal.wording import access, cldr

_SPACES = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]"
_DIGITS = 12
_WHOLE = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{_SPACES}[0-9]{{3}})+)"
_SHAPES = (
    re.compile(rf"(?P<whole>{_WHOLE})(?:[.,](?P<rest>[0-9]{{1,2}}))?"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+)\.(?P<rest>[0-9]{2})"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+),(?P<rest>[0-9]{2})"),
)
_UNITS = re.compile(r"(?P<before>[^0-9]*)(?P<number>[0-9](?:.*[0-9])?)(?P<after>[^0-9]*)", re.DOTALL)
_NO_CENTS = re.compile(r"^[,.](?:-|\N{EN DASH}|\N{EM DASH})")
"""`500,-`: no cents, in any currency."""
_HOME_LANGUAGES = ("en", "sv", "nb", "da", "fi", "et", "de", "pl", "is")
"""Languages whose signs and names of currencies people type, whatever the language of the page is."""
_SIGNS = {":-": "SEK"}
"""Signs that the CLDR does not have."""


class Unclear(ValueError):
    """The typed text is no amount, or is ambiguous; `could_mean` is a possible reading in digits, or empty."""

    def __init__(self, could_mean: str = "") -> None:
        super().__init__()
        self.could_mean = could_mean


class OtherUnit(ValueError):
    """The typed amount has another currency or counts over another period than the field; `typed` is that unit."""

    def __init__(self, typed: str, *, is_period: bool = False) -> None:
        super().__init__()
        self.typed, self.is_period = typed, is_period


def parse(text: str, *, currency: str, period: str = "") -> Decimal:
    """Read an amount of this currency and period: a number without a unit takes them.

    Numbers are 5000, 5 000, 5000,50, 5 000.50, 5,000.00 and 5.000,00. 5,000 and 5.000 are five thousand to one reader
    and five to another: they are refused, not guessed. Raises Unclear and OtherUnit.
    """
    found = _UNITS.fullmatch(text.strip())
    if found is None:
        raise Unclear
    for unit in (found["before"], _NO_CENTS.sub("", _without_period(found["after"], period))):
        _require_currency(unit.strip(), currency)
    return _number(found["number"])


def _number(typed: str) -> Decimal:
    for shape in _SHAPES:
        found = shape.fullmatch(typed)
        if found is not None:
            whole = re.sub("[^0-9]", "", found["whole"])
            if len(whole.lstrip("0")) > _DIGITS:
                raise Unclear
            return Decimal(f"{whole}.{found['rest'] or '0'}").quantize(Decimal("0.01"))
    digits = re.sub(r"[.,]", "", typed)
    raise Unclear(digits if re.fullmatch(r"[0-9]{1,3}(?:[.,][0-9]{3})+", typed) else "")


def _without_period(unit: str, expected: str) -> str:
    """Return the unit without the words of the period. Raises OtherUnit for the words of another period."""
    typed = unit.casefold().rstrip(" .")
    for name in access.PERIODS:
        words = access.period(name).casefold()
        last = words.rpartition(" ")[2]
        for form in (words, f"per {last}", f"/ {last}", f"/{last}"):
            if not typed.endswith(form):
                continue
            if name != expected:
                raise OtherUnit(access.period(name), is_period=True)
            return unit[: len(typed) - len(form)]
    return unit


def _require_currency(unit: str, currency: str) -> None:
    """Check that a unit is empty or names this currency. Raises OtherUnit and Unclear."""
    if not unit:
        return
    named = _currencies().get(_folded(unit), set())
    if currency not in named:
        raise OtherUnit(unit) if named else Unclear


@cache
def _currencies() -> Mapping[str, set[str]]:
    """Return the codes of the currencies that each code, sign or name may mean: `kr` is that of four countries."""
    codes: dict[str, set[str]] = defaultdict(set)
    codes |= {sign: {code} for sign, code in _SIGNS.items()}
    for language in _HOME_LANGUAGES:
        locale = Locale.parse(language)
        for code in map(str, locale.currencies):
            plurals = {numbers.get_currency_name(code, count=count, locale=locale) for count in (1, 2, 5)}
            for name in (code, locale.currency_symbols.get(code, code), locale.currencies[code], *plurals):
                folded = _folded(name)
                codes[folded] |= {code}
                codes[folded.rpartition(" ")[2]] |= {code}  # people write `kronor` without the country
    return codes


def _folded(unit: str) -> str:
    return " ".join(unit.casefold().split()).rstrip(".")


def typed(amount: Decimal) -> str:
    """Return an amount for a form field: as the language writes it where `parse` reads that, else `2000.50`."""
    written = (cldr.decimal(amount), cldr.decimal(amount, grouped=False))
    return next((text for text in written if _means(text, amount)), f"{amount:.2f}")


def _means(text: str, amount: Decimal) -> bool:
    try:
        return _number(text) == amount
    except Unclear:
        return False
