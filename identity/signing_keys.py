"""Keys that sign what services verify offline: ID tokens and logout tokens.

PEM files in `signing/` of the folder of keys, and an index that says which of them signs from when. A new key is
published before it signs, so that services that keep the set for a while know it; an old one stays published for what
it signed. Each PEM is parsed once per process: parsing checks the key and takes a hundred times as long as a signature.
"""

import datetime as dt
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from audit.foundation import clock, key_files

PURPOSE = "signing"
ALGORITHMS = ("RS256", "ES256")
PUBLISH_LEAD = dt.timedelta(hours=1)
"""How long a key is published before it signs: longer than services may keep the set."""
RETENTION = dt.timedelta(days=7)
"""How long a key stays published after its successor began to sign."""
_BITS = 2048

_Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key as the index holds it."""

    kid: str
    algorithm: str
    signs_from: dt.datetime


@dataclass(frozen=True)
class _KeyRing:
    keys: tuple[SigningKey, ...]

    def signer(self, algorithm: str, at: dt.datetime) -> SigningKey:
        able = [key for key in self.keys if key.algorithm == algorithm]
        ready = [key for key in able if key.signs_from <= at]
        return max(ready or able[:1], key=lambda key: key.signs_from)

    @cached_property
    def published(self) -> bytes:
        return json.dumps({"keys": [_public(key) for key in self.keys]}, separators=(",", ":")).encode()


def sign(*, claims: Mapping[str, Any], typ: str = "JWT", algorithm: str = "RS256") -> str:
    """A JWS in compact form; `typ` tells kinds of tokens apart (RFC 8725 §3.11)."""
    key = _key_ring().signer(algorithm, clock.wall())
    return jwt.encode(dict(claims), _load(_pem(key.kid)), algorithm, headers={"kid": key.kid, "typ": typ})


def verify(*, token: str, audience: str) -> Mapping[str, Any] | None:
    """The claims of an ID token that we signed for `audience`, expired or not; None when it is not one."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = next(key for key in _key_ring().keys if key.kid == kid)
        public = _load(_pem(key.kid)).public_key()
        options: Any = {"verify_exp": False, "verify_iat": False, "require": ["sub", "iss", "aud"]}
        claims: dict[str, Any] = jwt.decode(
            token, public, [key.algorithm], options, audience=audience, issuer=settings.ISSUER
        )
    except (jwt.PyJWTError, StopIteration):
        return None
    return claims


def jwks() -> bytes:
    """The public keys as a JSON Web Key Set (RFC 7517), the same bytes until the index changes."""
    return _key_ring().published


def signing_keys() -> Sequence[SigningKey]:
    """All keys that are published, oldest first."""
    return _key_ring().keys


def missing() -> bool:
    """Whether the signing keys were not made yet."""
    return not _index().exists()


def ensure() -> None:
    """Make the first keys, unless they are there. Safe when several processes race."""
    if missing():
        _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        start = dt.datetime.fromtimestamp(0, dt.UTC)
        made = [_make(algorithm, start) for algorithm in ALGORITHMS]
        key_files.write_once(path=_index(), text=_written(made))
        _forget_unlisted(made)


def rotate(*, at_once: bool = False) -> list[SigningKey]:
    """A successor for every algorithm, signing after LEAD or, when a key leaked, at once. Returns the new ones.

    At once, all older keys are withdrawn: what they signed is refused as soon as services read the set again.
    Raises MissingKey where the first keys were not made.
    """
    before = _key_ring().keys
    now = clock.wall()
    made = [_make(algorithm, now if at_once else now + PUBLISH_LEAD) for algorithm in ALGORITHMS]
    kept = [] if at_once else [key for key in before if not _outlived(key, now)]
    draft = _folder() / f".index.{secrets.token_hex(4)}"
    key_files.write_once(path=draft, text=_written([*kept, *made]))
    draft.replace(_index())
    for pem in _folder().glob("*.pem"):
        if pem.stem not in {key.kid for key in [*kept, *made]}:
            pem.unlink()
    return made


def _outlived(key: SigningKey, now: dt.datetime) -> bool:
    later = [other for other in _key_ring().keys if _succeeds(other, key)]
    return any(other.signs_from + RETENTION <= now for other in later)


def _succeeds(other: SigningKey, key: SigningKey) -> bool:
    return other.algorithm == key.algorithm and other.signs_from > key.signs_from


def _folder() -> Path:
    return Path(settings.KEYS_FOLDER) / PURPOSE


def _index() -> Path:
    return _folder() / "index.json"


def _pem(kid: str) -> Path:
    return _folder() / f"{kid}.pem"


def _make(algorithm: str, signs_from: dt.datetime) -> SigningKey:
    private: _Private = (
        rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        if algorithm == "RS256"
        else ec.generate_private_key(ec.SECP256R1())
    )
    kid = f"{algorithm[:2].lower()}-{secrets.token_hex(6)}"
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key_files.write_once(path=_pem(kid), text=pem.decode())
    return SigningKey(kid, algorithm, signs_from)


def _forget_unlisted(made: Sequence[SigningKey]) -> None:
    """Where another process was first, its index stands and ours is thrown away."""
    known = {key.kid for key in _key_ring().keys}
    for key in made:
        if key.kid not in known:
            _pem(key.kid).unlink()


def _written(keys: Sequence[SigningKey]) -> str:
    rows = [{"kid": k.kid, "algorithm": k.algorithm, "signs_from": k.signs_from.isoformat()} for k in keys]
    return json.dumps({"keys": rows}, indent=1)


def _key_ring() -> _KeyRing:
    """One stat per use: a rotation is seen by running processes. Raises MissingKey."""
    try:
        seen = _index().stat()
    except FileNotFoundError as error:
        raise key_files.MissingKey(_index()) from error
    return _read(_index(), seen.st_mtime_ns, seen.st_ino)


@lru_cache(maxsize=2)
def _read(index: Path, _mtime: int, _inode: int) -> _KeyRing:
    rows = json.loads(index.read_text(encoding="ascii"))["keys"]
    return _KeyRing(
        tuple(SigningKey(r["kid"], r["algorithm"], dt.datetime.fromisoformat(r["signs_from"])) for r in rows)
    )


@cache
def _load(pem: Path) -> Any:
    return serialization.load_pem_private_key(pem.read_bytes(), password=None)


def _public(key: SigningKey) -> dict[str, Any]:
    public = _load(_pem(key.kid)).public_key()
    algorithm = RSAAlgorithm if key.algorithm == "RS256" else ECAlgorithm
    shape: dict[str, Any] = algorithm.to_jwk(public, as_dict=True)
    return {**shape, "kid": key.kid, "alg": key.algorithm, "use": "sig"}
