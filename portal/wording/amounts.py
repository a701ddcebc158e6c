"""Amounts of money as people type them."""

import re
from decimal import Decimal

from portal.wording import cldr

_SPACES = "[ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}]"
_DIGITS = 12
_WHOLE = rf"(?:[0-9]+|[0-9]{{1,3}}(?:{_SPACES}[0-9]{{3}})+)"
_SHAPES = (
    re.compile(rf"(?P<whole>{_WHOLE})(?:[.,](?P<rest>[0-9]{{1,2}}))?"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+)\.(?P<rest>[0-9]{2})"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3})+),(?P<rest>[0-9]{2})"),
)
_UNIT = re.compile(rf"{_SPACES}*(?:€|EUR|eur)$")


class Unclear(ValueError):
    """The typed text is no amount, or is ambiguous; `could_mean` is a possible reading in digits, or empty."""

    def __init__(self, could_mean: str = "") -> None:
        super().__init__()
        self.could_mean = could_mean


def parse(text: str) -> Decimal:
    """Read 5000, 5 000, 5000,50, 5 000.50, 5,000.00 and 5.000,00, with or without €. Raises Unclear.

    5,000 and 5.000 are five thousand to one reader and five to another: they are refused, not guessed.
    """
    typed = _UNIT.sub("", text.strip())
    for shape in _SHAPES:
        found = shape.fullmatch(typed)
        if found is not None:
            whole = re.sub("[^0-9]", "", found["whole"])
            if len(whole.lstrip("0")) > _DIGITS:
                raise Unclear
            return Decimal(f"{whole}.{found['rest'] or '0'}").quantize(Decimal("0.01"))
    digits = re.sub(r"[.,]", "", typed)
    raise Unclear(digits if re.fullmatch(r"[0-9]{1,3}(?:[.,][0-9]{3})+", typed) else "")


def typed(amount: Decimal) -> str:
    """Return an amount for a form field: as the language writes it where `parse` reads that, else `2000.50`."""
    written = (cldr.decimal(amount), cldr.decimal(amount, grouped=False))
    return next((text for text in written if _means(text, amount)), f"{amount:.2f}")


def _means(text: str, amount: Decimal) -> bool:
    try:
        return parse(text) == amount
    except Unclear:
        return False
