import decimal
import re

from demo.service import language

SIGNS = {"EUR": "€"}
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")
PLAIN = re.compile(r"\d+(?:[.,]\d{1,2})?")
LONGEST = 12
HARD_SPACE = "\u00a0"


def parse(text: str) -> decimal.Decimal:
    """Read an amount as people type it: 4900, 4 900, 4,900, 4900.50, 4900,50.

    Raises ValueError with a sentence for the person.
    """
    bare = "".join(text.split()).removesuffix("€")
    if not bare:
        raise ValueError(language.text("Enter an amount in euros."))
    if len(bare) > LONGEST:
        raise ValueError(language.text("The amount is too large. Enter a smaller amount."))
    if GROUPED.fullmatch(bare):
        bare = bare.replace(",", "")
    elif not PLAIN.fullmatch(bare) or not bare.isascii():
        raise ValueError(language.text("Enter the amount in digits, for example 4900 or 4900.50."))
    amount = decimal.Decimal(bare.replace(",", "."))
    if not amount:
        raise ValueError(language.text("Enter an amount above zero."))
    return amount


def show(amount: decimal.Decimal, currency: str = "EUR") -> str:
    places = 0 if amount == amount.to_integral_value() else 2
    digits = f"{amount:,.{places}f}".replace(",", HARD_SPACE)
    if language.current() == "fi":
        digits = digits.replace(".", ",")
    return f"{digits}{HARD_SPACE}{SIGNS.get(currency, currency)}"
