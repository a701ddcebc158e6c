"""These rules decide which texts are names of people, organizations and sites, how names sort, and which look alike."""

import re
import unicodedata

import idna
from django.db.models import CharField, F, Func, Value
from django.db.models.functions import Lower, Replace

from identity.people import confusables
from identity.people.normalization import normalize

_KEPT = "\t\n\r"
_JOINERS = "\u200c\u200d"
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Bidi_Control: they let a name be read in another order than it is stored."""
# Default_Ignorable_Code_Point (Unicode 14) without the joiners: nothing is drawn for them.
_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_BLANK = "\u2800"
"""A braille pattern without dots: a symbol that is drawn as a space."""
_LINK = re.compile(r"https?:|://|\bwww\.|\S@\S|\w\.[a-z]{2,}/")
_MARKS_IN_A_ROW = 4
# å, ä and ö come after z.
_AFTER_Z = str.maketrans({"å": "{a", "ä": "{b", "ö": "{c", "æ": "{b", "ø": "{c"})


def sort_key(name: str, *, max_length: int = 400) -> str:
    """Sort as Finnish and Swedish do, without case and accents; the key has at most `max_length` characters."""
    folded = normalize("NFC", name).casefold().translate(_AFTER_Z)
    plain = "".join(c for c in normalize("NFKD", folded) if not unicodedata.combining(c))
    return " ".join(plain.split())[:max_length]


def clean(text: str) -> str:
    """Remove invisible characters and surrounding or repeated white space, and normalize to NFC.

    Control characters break a database or a mail; direction marks let a name look like another. Joiners stay where
    their script needs them (RFC 5892, ContextJ).
    """
    drawn = _IGNORABLE.sub("", text).replace(_BLANK, " ")
    kept = "".join(
        c for c in drawn if c in _KEPT + _JOINERS or unicodedata.category(c) not in {"Cc", "Cf", "Cs"}
    )
    normalized = normalize("NFC", kept)
    return " ".join("".join(c for at, c in enumerate(normalized) if _may_stand(normalized, at)).split())


def fault(name: str) -> str:
    """Return why this text is no name: missing, characters or link; empty for a name.

    A name has a letter or a digit, and neither direction marks nor a web or e-mail address. Joiners stand only where
    their script needs them. At most four nonspacing marks follow each other, and none twice (UTS 39 §5.4).
    """
    normalized = normalize("NFC", name)
    joined = all(_may_stand(normalized, at) for at in range(len(normalized)))
    if _DIRECTIONS.search(name) or not joined or _has_stacked_marks(normalized):
        return "characters"
    cleaned = normalize("NFKC", clean(name)).lower()
    if _LINK.search(cleaned):
        return "link"
    return "" if any(unicodedata.category(c)[0] in "LN" for c in cleaned) else "missing"


def skeleton(name: str | F) -> Func:
    """Return the expression that is equal for names that look alike (UTS 39 §4), with one letter for each letter.

    PostgreSQL computes it for both names that are compared, so that there is one definition.
    """
    text = name if isinstance(name, F) else Value(name)
    decomposed = Func(text, function="normalize", template="%(function)s(%(expressions)s, NFD)")
    sources = "".join(confusables.PROTOTYPES.values())
    targets = "".join(target * len(alike) for target, alike in confusables.PROTOTYPES.items())
    drawn = Func(decomposed, Value(sources), Value(targets), function="translate", output_field=CharField())
    return Replace(Lower(drawn), Value("rn"), Value("m"))


def _may_stand(text: str, at: int) -> bool:
    if text[at] not in _JOINERS:
        return True
    try:
        return idna.valid_contextj(text, at)
    except ValueError:  # beside a character that Unicode does not assign
        return False


def _has_stacked_marks(text: str) -> bool:
    run = ""
    for character in normalize("NFD", text):
        run = run + character if unicodedata.category(character) in {"Mn", "Me"} else ""
        if len(run) > _MARKS_IN_A_ROW or len(set(run)) < len(run):
            return True
    return False
