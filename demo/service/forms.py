import unicodedata

from demo.service import language

LONGEST = 200
LONGEST_TEXT = 5000


def unreadable(text: str, *, longest: int = LONGEST, lines: bool = False) -> str:
    """Give the sentence that says what is wrong with a text, or nothing."""
    if len(text) > longest:
        return language.text("This is longer than {number} characters.", number=longest)
    allowed = "\r\n\t" if lines else ""
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed for sign in text):
        return language.text("This contains characters that are not allowed.")
    return ""


def missing(text: str, *, sentence: str, longest: int = LONGEST, lines: bool = False) -> str:
    if not text.strip():
        return language.text(sentence)
    return unreadable(text, longest=longest, lines=lines)
