import unicodedata

LONGEST = 200
LONGEST_TEXT = 5000


def unreadable(text: str, *, longest: int = LONGEST, lines: bool = False) -> str:
    """Give the sentence that says what is wrong with a text, or nothing."""
    if len(text) > longest:
        return f"This is longer than {longest} characters."
    allowed = "\r\n\t" if lines else ""
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in allowed for sign in text):
        return "This contains characters that are not allowed."
    return ""


def missing(text: str, *, sentence: str, longest: int = LONGEST, lines: bool = False) -> str:
    if not text.strip():
        return sentence
    return unreadable(text, longest=longest, lines=lines)
