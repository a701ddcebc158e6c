"""Codes are accepted as people type them."""

from identity.people.normalization import normalize


def normalized(code: str) -> str:
    """Return the code without spaces and hyphens, and full-width digits as plain ones."""
    return "".join(character for character in normalize("NFKC", code) if character.isalnum())


def in_groups(code: str) -> str:
    """Return groups of four characters, as people read and type them."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))
