"""Names: how they are sorted, without relying on the database's locale."""

import unicodedata

_KEPT = "\t\n\r\u200c\u200d"
# Finnish and Swedish order: å, ä and ö come after z.
_AFTER_Z = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c", "æ": "{b", "ø": "{c"})


def sort_key(name: str, *, longest: int = 400) -> str:
    """A key that puts names in the order a Nordic reader expects."""
    folded = unicodedata.normalize("NFC", name).casefold().translate(_AFTER_Z)
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return " ".join(plain.split())[:longest]


def clean(text: str) -> str:
    """What a person typed or pasted, without surrounding white space and what cannot be seen.

    Control characters would break a database or a mail, marks of direction would let a name pose as another one.
    Joiners are kept: some scripts are written with them.
    """
    kept = "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return " ".join(unicodedata.normalize("NFC", kept).split())
