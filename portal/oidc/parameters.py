"""Parameters of a request as OAuth reads them: each at most once, empty is missing (RFC 6749 §3.1, §3.2)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

LONGEST = 4096
_MOST = 60


@dataclass(frozen=True, slots=True)
class Parameters:
    """Values by name; `faults` says by name what is wrong with the others, and they have no value."""

    values: Mapping[str, str]
    faults: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The value, or "" where it is missing, empty or faulty."""
        return self.values.get(name, "")

    def __contains__(self, name: str) -> bool:
        return name in self.values


def read(raw: bytes | str) -> Parameters:
    """From a query string or form body. Raises nothing: what cannot be read at all is a fault named ""."""
    try:
        text = raw.decode() if isinstance(raw, bytes) else raw
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST)
    except ValueError:  # not UTF-8, or too many
        return Parameters({}, {"": "The parameters cannot be read."})
    times = Counter(name for name, _ in pairs)
    faults = {name: fault for name, value in pairs if (fault := _fault(value, times[name]))}
    return Parameters({name: value for name, value in pairs if value and name not in faults}, faults)


def _fault(value: str, times: int) -> str:
    if times > 1:
        return "It occurs more than once."
    if "\0" in value:
        return "It contains a character that cannot be used."
    if len(value) > LONGEST:
        return f"It is longer than {LONGEST} characters."
    return ""
