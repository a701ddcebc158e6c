"""Secrets for machines: 256 random bits of ours, stored as keyed SHA-256 with a prefix naming key and scheme.

Never for people's passwords: those are short and take Argon2id (`identity.people.hashers`).
"""

import hashlib
import hmac
import secrets
from pathlib import Path

from django.conf import settings

from audit.foundation import key_files

_SCHEME = "h1"


def generate(*, prefix: str) -> str:
    """A new secret, such as `khr_…`: the prefix tells a finder (and a secret scanner) what it is."""
    return f"{prefix}_{secrets.token_urlsafe(32)}"


def _keyed_hash(key: key_files.Key, secret: str) -> str:
    digest = hmac.new(key.material, secret.encode(), hashlib.sha256).hexdigest()
    return f"{_SCHEME}${key.id}${digest}"


def _folder() -> Path:
    return Path(settings.KEYS_FOLDER)


def hash_secret(secret: str) -> str:
    """The form that is stored. What is looked up is `hashes`."""
    return _keyed_hash(key_files.current(folder=_folder(), purpose="pepper"), secret)


def hash_candidates(secret: str) -> list[str]:
    """All forms under which it may be stored, of the current key first: what was issued outlives a rotation."""
    return [_keyed_hash(key, secret) for key in key_files.all_keys(folder=_folder(), purpose="pepper")]


def matches(*, secret: str, stored: str) -> bool:
    """Whether `stored` was made from `secret`, under the current key or an older one."""
    scheme, _, rest = stored.partition("$")
    name, _, _ = rest.partition("$")
    key = key_files.key_by_id(folder=_folder(), purpose="pepper", key=name) if scheme == _SCHEME else None
    return key is not None and hmac.compare_digest(_keyed_hash(key, secret), stored)
