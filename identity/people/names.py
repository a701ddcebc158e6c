"""Sort keys do not depend on the database's locale, and input is cleaned alike everywhere."""

import unicodedata

_ALLOWED = "\t\n\r\u200c\u200d"
# å, ä and ö come after z.
_AFTER_Z = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c", "æ": "{b", "ø": "{c"})


def sort_key(name: str, *, max_length: int = 400) -> str:
    """Sort as Finnish and Swedish do, without case and accents; the key has at most `max_length` characters."""
    folded = unicodedata.normalize("NFC", name).casefold().translate(_AFTER_Z)
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return " ".join(plain.split())[:max_length]


def clean(text: str) -> str:
    """Remove invisible characters and surrounding or repeated white space, and normalize to NFC.

    Control characters break a database or a mail; direction marks let a name look like another. Joiners stay: some
    scripts need them.
    """
    visible = "".join(c for c in text if c in _ALLOWED or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return " ".join(unicodedata.normalize("NFC", visible).split())
