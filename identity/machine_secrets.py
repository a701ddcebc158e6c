"""Machine secrets have 256 random bits and are stored as keyed SHA-256 with a prefix that names scheme and key.

Never for people's passwords: those are short and need Argon2id (`identity.people.hashers`).
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from django.conf import settings

from audit.foundation import key_files

_SCHEME = "h1"


def generate(*, prefix: str) -> str:
    """Generate a secret such as `khr_…`. The prefix lets secret scanners recognize its kind."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def _keyed_hash(key: key_files.Key, secret: str) -> str:
    digest = hmac.new(key.material, secret.encode(), hashlib.sha256).hexdigest()
    return f"{_SCHEME}${key.id}${digest}"


def _folder() -> Path:
    return Path(settings.KEYS_FOLDER)


def hash_secret(secret: str) -> str:
    """Return the hash to store, `h1$<key id>$<hex>`; to look a secret up, use `hash_candidates`."""
    return _keyed_hash(key_files.current(folder=_folder(), purpose="pepper"), secret)


def hash_candidates(secret: str) -> list[str]:
    """Return the hashes under which it may be stored, the current key's first: secrets outlive a rotation."""
    return [_keyed_hash(key, secret) for key in key_files.all_keys(folder=_folder(), purpose="pepper")]


def matches(*, secret: str, stored: str) -> bool:
    """Compare in constant time whether `stored` is a hash of `secret` under the current key or an older one."""
    scheme, _, rest = stored.partition("$")
    name, _, _ = rest.partition("$")
    key = key_files.key_by_id(folder=_folder(), purpose="pepper", key=name) if scheme == _SCHEME else None
    return key is not None and hmac.compare_digest(_keyed_hash(key, secret), stored)
