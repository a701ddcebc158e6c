"""OAuth reads each parameter of a request at most once, and an empty one as missing (RFC 6749 §3.1, §3.2)."""

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

MAX_LENGTH = 4096
MAX_LENGTHS = {"id_token_hint": 3 * MAX_LENGTH}
"""Every ID token that we issue is accepted as a hint, also one with a long nonce of escaped letters."""
_MAX_FIELDS = 60
_PARTS_OF_JWS = 3


@dataclass(frozen=True, slots=True)
class Parameters:
    """Holds values by name; `faults` describes the faulty parameters, which have no value."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return the value, or "" where it is missing, empty or faulty."""
        return self.values.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self.values


def parse(raw: bytes | str) -> Parameters:
    """Parse a query string or form body. Raises nothing: an unreadable text is a fault named ""."""
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except ValueError:  # not UTF-8, or too many
        return Parameters({}, {"": "The parameters cannot be read."})
    counts = Counter(name for name, _ in pairs)
    faults = {name: fault for name, value in pairs if (fault := _fault(name, value, counts[name]))}
    return Parameters({name: value for name, value in pairs if value and name not in faults}, faults)


def error_of(name: str) -> str:
    """Return the error of a faulty parameter: we issue tokens for one resource at a time (RFC 8707 §2)."""
    return "invalid_target" if name == "resource" else "invalid_request"


def _fault(name: str, value: str, count: int) -> str:
    if count > 1:
        return "It occurs more than once."
    if "\0" in value:
        return "It contains a character that cannot be used."
    longest = MAX_LENGTHS.get(name, MAX_LENGTH)
    if len(value) > longest:
        return f"It is longer than {longest} characters."
    return ""


def jws_payload(text: str) -> str:
    """Return the payload of a JWS in its compact form (RFC 7515 §3.1), unverified; empty for an unreadable one."""
    parts = text.split(".")
    if len(parts) != _PARTS_OF_JWS:
        return ""
    try:
        return base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)).decode()
    except ValueError:
        return ""
