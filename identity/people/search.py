"""People and sites are found by the beginnings of the words of their names and addresses, in any order."""

import re

from django.db.models import F, Func, TextField, Value
from django.db.models.functions import RTrim
from django.db.models.lookups import Contains

from identity.people import normalization

_SEPARATORS = re.compile(r"[\s\-.,_+/()&%\"]+")
"""The characters between words: white space, and those that `identity_search_text` replaces by spaces."""
_LEFT_OUT = re.compile("[\\s\\-.,_+/()&%\"'’‘ʼ`\u0300-\u036f]+")
"""The characters that `identity_search_text` replaces or leaves out, after normalization: all people have a word
that begins with nothing."""
_MAX_WORDS = 8
"""Further words of a searched text are ignored."""


def words(text: str) -> list[str]:
    """Return the words of a searched text; those with an @ are whole, as the beginning of an address.

    A lone apostrophe or accent is no word.
    """
    parts = [word for part in text.split() for word in ([part] if "@" in part else _SEPARATORS.split(part))]
    found = [word for word in parts if _LEFT_OUT.sub("", normalization.normalize("NFKD", word))]
    return list(dict.fromkeys(found))[:_MAX_WORDS]


def has_word(word: str, *, name: str, email: str = "") -> Contains:
    """Return the condition that a word of the field `name`, or of the address in the field `email`, begins so.

    PostgreSQL folds both sides by one function: `Makinen` finds Mäkinen, and `Łukasz` finds Lukasz.
    """
    searched = Value(f" {word.lower()}") if "@" in word else RTrim(_text(Value(word)))
    return Contains(_text(F(name), F(email)) if email else _text(F(name)), searched)


def _text(*texts: F | Value) -> Func:
    # A missing address is part of the statement: an index of names would not be found by a parameter.
    template = "%(function)s(%(expressions)s)" if len(texts) > 1 else "%(function)s(%(expressions)s, '')"
    return Func(*texts, function="identity_search_text", template=template, output_field=TextField())
