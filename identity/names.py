"""Names: how they are sorted, without relying on the database's locale."""

import unicodedata

# Finnish and Swedish order: å, ä and ö come after z.
_AFTER_Z = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c", "æ": "{b", "ø": "{c"})


def sort_key(name: str) -> str:
    """A key that puts names in the order a Nordic reader expects, 400 characters at most."""
    folded = unicodedata.normalize("NFC", name).casefold().translate(_AFTER_Z)
    plain = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    return " ".join(plain.split())[:400]


def cleaned(text: str) -> str:
    """What a person typed or pasted, without control characters and surrounding white space."""
    kept = "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cs"} or c in "\t\n")
    return " ".join(unicodedata.normalize("NFC", kept).split())
