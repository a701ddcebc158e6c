"""Texts from strangers are normalized (Unicode) in time proportional to their length."""

import unicodedata
from typing import Literal

LONGEST = 1024
"""Characters; no field takes a longer text that is normalized."""


def normalize(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
    """Return the text in this form (UAX #15), or as it is where it is longer than `LONGEST`.

    Putting a run of combining marks into their order takes time with the square of its length: 32,000 of them stop the
    process for two seconds. The limit of the field refuses such a text afterwards.
    """
    return unicodedata.normalize(form, text) if len(text) <= LONGEST else text
