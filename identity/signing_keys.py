"""ID tokens and logout tokens are signed with these keys, so that services verify them offline.

PEM files in `signing/` of the folder of keys, and an index of the instants from which they sign. A new key is published
before it signs, because services cache the set; an old one stays published for the tokens that it signed. Each PEM is
parsed once per process: parsing checks the key and takes a hundred times as long as a signature.
"""

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from audit.foundation import clock, key_files, private_files

PURPOSE = "signing"
ALGORITHMS = ("RS256", "ES256")
PUBLISH_LEAD = key_files.SPREAD
"""How long a key is published before it signs: longer than services may cache the set."""
_BITS = 3072

_Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Describes an entry of the index, which says from when a key signs."""

    kid: str
    algorithm: str
    signs_from: dt.datetime


@dataclass(frozen=True)
class _KeyRing:
    keys: tuple[SigningKey, ...]

    def signer(self, algorithm: str, at: dt.datetime) -> SigningKey:
        candidates = [key for key in self.keys if key.algorithm == algorithm]
        ready = [key for key in candidates if key.signs_from <= at]
        return max(ready or candidates[:1], key=lambda key: key.signs_from)

    @cached_property
    def published(self) -> bytes:
        return json.dumps({"keys": [_jwk(key) for key in self.keys]}, separators=(",", ":")).encode()


def sign(*, claims: Mapping[str, Any], typ: str = "JWT", algorithm: str = "RS256") -> str:
    """Sign a JWS in compact form (RFC 7515 §7.1); `typ` separates kinds of tokens (RFC 8725 §3.11)."""
    key = _key_ring().signer(algorithm, clock.wall())
    return jwt.encode(
        dict(claims), _load_private_key(_pem(key.kid)), algorithm, headers={"kid": key.kid, "typ": typ}
    )


def verify(*, token: str, audience: str | None = None, typ: str = "JWT") -> Mapping[str, Any] | None:
    """Return the claims of an ID token that this issuer signed for `audience`, or for any client; expired or not.

    `typ` names another kind of token.

    None for anything else.
    """
    try:
        header = jwt.get_unverified_header(token)
        kid = header.get("kid")
        if header.get("typ") != typ:
            return None  # a logout token is signed by the same key (RFC 8725 §3.11)
        key = next(key for key in _key_ring().keys if key.kid == kid)
        public = _load_private_key(_pem(key.kid)).public_key()
        options: Any = {"verify_exp": False, "verify_iat": False, "require": ["sub", "iss", "aud"]}
        options["verify_aud"] = audience is not None
        claims: dict[str, Any] = jwt.decode(
            token, public, [key.algorithm], options, audience=audience, issuer=settings.ISSUER
        )
    except (jwt.PyJWTError, StopIteration):
        return None
    return claims


def jwks() -> bytes:
    """Return the public keys as a JSON Web Key Set (RFC 7517), the same bytes until the index changes."""
    return _key_ring().published


def signing_keys() -> Sequence[SigningKey]:
    """Return the published keys, oldest first. Raises MissingKey."""
    return _key_ring().keys


def fingerprints() -> dict[str, str]:
    """Return the SHA-256 of each public key by key id. Raises MissingKey, and UnusableFile for an open file."""
    ring = _key_ring()
    private_files.read_text(_index())
    return {key.kid: _fingerprint(key) for key in ring.keys}


def _fingerprint(key: SigningKey) -> str:
    private_files.read_text(_pem(key.kid))
    public = _load_private_key(_pem(key.kid)).public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def missing() -> bool:
    """Return whether the signing keys have not been made yet."""
    return not _index().exists()


def ensure() -> None:
    """Make the first keys, unless they exist. Safe when several processes race."""
    if missing():
        private_files.make_folder(_folder())
        keys = [_make(algorithm, key_files.FIRST) for algorithm in ALGORITHMS]
        private_files.write_once(path=_index(), text=_index_json(keys))
        _delete_unlisted(keys)


def rotate(*, after: dt.timedelta = PUBLISH_LEAD) -> list[SigningKey]:
    """Make a successor for every algorithm, which signs after `after`. Returns the new keys.

    Raises MissingKey before the first keys are made.
    """
    older = _key_ring().keys
    new = [_make(algorithm, clock.wall() + after) for algorithm in ALGORITHMS]
    private_files.replace(path=_index(), text=_index_json([*older, *new]))
    return new


def retired(*, withdraw: bool) -> set[str]:
    """Return the ids of keys that need not be published any more. Raises MissingKey.

    `withdraw` is for a leaked key: all but the newest. Services refuse their tokens once they have fetched the set
    again.
    """
    now, keys = clock.wall(), _key_ring().keys
    if withdraw:
        # The index is in the order in which keys were made.
        newest = {key.algorithm: key.kid for key in keys}
        return {key.kid for key in keys} - set(newest.values())
    return {key.kid for key in keys if _is_retired(key, now)}


def remove(keys: Collection[str]) -> None:
    """Remove these keys from the index, and every key file that it does not list. Raises MissingKey."""
    published = [key for key in _key_ring().keys if key.kid not in keys]
    private_files.replace(path=_index(), text=_index_json(published))
    for pem in _folder().glob("*.pem"):
        if pem.stem not in {key.kid for key in published}:
            pem.unlink()


def _is_retired(key: SigningKey, now: dt.datetime) -> bool:
    successors = [other for other in _key_ring().keys if _succeeds(other, key)]
    return any(other.signs_from + key_files.RETENTION <= now for other in successors)


def _succeeds(other: SigningKey, key: SigningKey) -> bool:
    return other.algorithm == key.algorithm and other.signs_from > key.signs_from


@lru_cache(maxsize=4)
def _folder_below(keys: str) -> Path:
    return Path(keys) / PURPOSE


def _folder() -> Path:
    return _folder_below(str(settings.KEYS_FOLDER))


@lru_cache(maxsize=64)
def _file_in(folder: Path, name: str) -> Path:
    """Build a path once: pathlib takes longer than the stat of the file."""
    return folder / name


def _index() -> Path:
    return _file_in(_folder(), "index.json")


def _pem(kid: str) -> Path:
    return _file_in(_folder(), f"{kid}.pem")


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
    private_files.write_once(path=_pem(kid), text=pem.decode())
    return SigningKey(kid, algorithm, signs_from)


def _delete_unlisted(keys: Sequence[SigningKey]) -> None:
    """Delete keys that the index does not list: those of a process that lost the race."""
    listed_kids = {key.kid for key in _key_ring().keys}
    for key in keys:
        if key.kid not in listed_kids:
            _pem(key.kid).unlink()


def _index_json(keys: Sequence[SigningKey]) -> str:
    rows = [{"kid": k.kid, "algorithm": k.algorithm, "signs_from": k.signs_from.isoformat()} for k in keys]
    return json.dumps({"keys": rows}, indent=1)


def _key_ring() -> _KeyRing:
    """Read a changed index again, at the price of a stat. Raises MissingKey."""
    try:
        status = _index().stat()
    except FileNotFoundError as error:
        raise key_files.MissingKey(_index()) from error
    return _load_key_ring(_index(), status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=2)
def _load_key_ring(index: Path, _mtime: int, _inode: int) -> _KeyRing:
    try:
        rows = json.loads(private_files.read_text(index))["keys"]
        keys = [
            SigningKey(r["kid"], r["algorithm"], dt.datetime.fromisoformat(r["signs_from"])) for r in rows
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise private_files.broken(index) from error
    if {key.algorithm for key in keys} != set(ALGORITHMS):
        raise private_files.broken(index)
    return _KeyRing(tuple(keys))


@cache
def _load_private_key(pem: Path) -> Any:
    try:
        return serialization.load_pem_private_key(private_files.read_text(pem).encode(), password=None)
    except FileNotFoundError as error:
        raise key_files.MissingKey(pem) from error
    except (ValueError, TypeError) as error:
        raise private_files.broken(pem) from error


def _jwk(key: SigningKey) -> dict[str, Any]:
    public = _load_private_key(_pem(key.kid)).public_key()
    algorithm = RSAAlgorithm if key.algorithm == "RS256" else ECAlgorithm
    jwk: dict[str, Any] = algorithm.to_jwk(public, as_dict=True)
    return {**jwk, "kid": key.kid, "alg": key.algorithm, "use": "sig"}
