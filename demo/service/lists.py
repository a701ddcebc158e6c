"""Names in a sentence, as each language lists them (CLDR)."""

from collections.abc import Iterable
from typing import Literal

from babel.lists import format_list

from demo.service import language

LOCALES = {"en": "en_GB", "fi": "fi"}


def joined(names: Iterable[str], *, style: Literal["standard", "or"]) -> str:
    """Return `A, B and C` or `A, B or C` in the language of the request."""
    return format_list(list(names), style=style, locale=LOCALES[language.current()])
