"""Values of the shared cache that decide who gets access carry a MAC, because the application's role writes its table.

The key is the file `web`. The MAC covers name and end too: SQL moves no value to another name, and extends none.
"""

import json
from typing import Any

from django.core import signing
from django.core.cache import cache

from audit.foundation import clock

_SALT = "keyholder.cache"


def get(name: str) -> Any:
    """Return the value that this product stored under this name, or None. One statement."""
    stored = cache.get(name)
    if not isinstance(stored, dict) or stored.keys() != {"text", "mac"}:
        return None
    try:
        text = _signer(name).unsign(f"{stored['text']}:{stored['mac']}")
    except signing.BadSignature:
        return None
    until, value = json.loads(text)
    return value if clock.wall().timestamp() < until else None


def set_value(name: str, value: Any, *, seconds: float) -> None:
    """Store a value of JSON for so many seconds. Two statements."""
    text = json.dumps([clock.wall().timestamp() + seconds, value], ensure_ascii=False, separators=(",", ":"))
    cache.set(name, {"text": text, "mac": _signer(name).signature(text)}, seconds)


def _signer(name: str) -> signing.Signer:
    return signing.Signer(salt=f"{_SALT}:{name}")
