"""Values of a catalogue file are checked; a check describes the allowed values, and is empty for a valid one."""

import difflib
from collections.abc import Callable, Collection
from typing import Any

from django.conf import settings

from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput

Check = Callable[[Any], str]
"""Returns a description of the allowed values, or an empty string for a valid one."""
MAX_LINE = 500


def keys(value: Any) -> list[str]:
    """Return the keys of a table; none for another value."""
    return list(value) if isinstance(value, dict) else []


def tables(value: Any) -> list[dict[str, Any]]:
    """Return the tables of a list; none for another value."""
    return [table for table in value if isinstance(table, dict)] if isinstance(value, list) else []


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint at the known word that is most like this one."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (nearest: {close[0]})" if close else ""


def is_table(value: Any) -> str:
    """Accept a table."""
    return "" if isinstance(value, dict) else "a table"


def is_list_of_tables(value: Any) -> str:
    """Accept a list of tables."""
    return "" if isinstance(value, list) and len(tables(value)) == len(value) else "a list of tables"


def is_switch(value: Any) -> str:
    """Accept true and false."""
    return "" if isinstance(value, bool) else "true or false"


def is_days(value: Any) -> str:
    """Accept a number of days."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= 36_500
    return "" if good else "a whole number of days from 1 to 36500"


def is_key(value: Any) -> str:
    """Accept a key."""
    good = isinstance(value, str) and input_cleaning.KEY.fullmatch(value)
    return "" if good else "a key of at most 40 small letters, digits, “-” and “_”"


def is_icon(value: Any) -> str:
    """Accept the name of an icon."""
    return is_key(value) and "the name of an icon, such as shopping-cart"


def is_line(value: Any) -> str:
    """Accept one line of text."""
    try:
        good = isinstance(value, str) and bool(
            input_cleaning.line(value, field="text", longest=MAX_LINE, required=True)
        )
    except InvalidInput:
        good = False
    return "" if good else f"one line of text, at most {MAX_LINE} characters"


def is_translated(value: Any) -> str:
    """Accept a line of text for each language."""
    languages = [code for code, _name in settings.LANGUAGES]
    if isinstance(value, dict) and set(value) == set(languages) and not any(map(is_line, value.values())):
        return ""
    return f"a table with one line of text for each language: {', '.join(languages)}"


def one_of(known: Collection[str], what: str) -> Check:
    """Return a check that accepts the words of `known`; `what` describes them."""

    def check(value: Any) -> str:
        if isinstance(value, str) and value in known:
            return ""
        return f"one of {what}, and {value!r} is not{nearest(str(value), known)}"

    return check


def each(check: Check) -> Check:
    """Return a check that accepts a list whose values all pass this one."""

    def check_all(value: Any) -> str:
        if not isinstance(value, list):
            return "a list"
        return next((f"a list in which each is {wrong}" for wrong in map(check, value) if wrong), "")

    return check_all
