"""Pasted sites stand one a line, with an external id after a semicolon or a tab."""

import re

_BETWEEN = re.compile(r"[;\t]")


def sites(text: str) -> list[tuple[str, str]]:
    """Return (name, external id) for each line that is not empty."""
    found = []
    for line in text.splitlines():
        name, *rest = (part.strip() for part in _BETWEEN.split(line, maxsplit=1))
        if name or rest:
            found.append((name, rest[0] if rest else ""))
    return found
