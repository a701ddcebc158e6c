"""Digests stand in events for values that the log must not hold; Python and SQL compute the same."""

import hashlib


def digest(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def sql(expression: str) -> str:
    """Return the SQL expression that computes `digest` of a text expression."""
    return f"encode(sha256(convert_to({expression}, 'UTF8')), 'hex')"
