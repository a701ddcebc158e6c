"""Signing keys: parsed once, published before they sign and until what they signed has expired."""

import datetime as dt
import functools
import itertools
import json
import stat
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pytest_django import Settings

from audit.foundation import key_files
from identity import signing_keys
from tests.fixtures import world as worlds
from tests.fixtures.concurrency import run_concurrently

ISSUER = "http://localhost:8000"
HOUR, DAY = 3600, 86_400
generate_private_key = rsa.generate_private_key


@functools.cache
def generated(number: int, public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
    """An RSA key of its own for each number: making one takes half a second."""
    del number
    return generate_private_key(public_exponent, key_size)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with this test's own keys; the RSA keys, all different, are those of the other tests."""
    numbers = itertools.count()

    def generate(*, public_exponent: int, key_size: int) -> rsa.RSAPrivateKey:
        return generated(next(numbers), public_exponent, key_size)

    monkeypatch.setattr(rsa, "generate_private_key", generate)
    settings.KEYS_FOLDER = tmp_path / "keys"
    settings.ISSUER = ISSUER
    signing_keys.ensure()
    return tmp_path / "keys" / "signing"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The PEMs that were parsed, in order."""
    pems: list[bytes] = []
    real: Callable[..., object] = serialization.load_pem_private_key

    def load(data: bytes, password: bytes | None) -> object:
        pems.append(data)
        return real(data, password)

    monkeypatch.setattr(serialization, "load_pem_private_key", load)
    return pems


def published() -> dict[str, jwt.PyJWK]:
    return {str(key.key_id): key for key in jwt.PyJWKSet.from_json(signing_keys.jwks().decode()).keys}


def key_id_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_signature_verifies_with_the_published_key() -> None:
    for algorithm, kind in (("RS256", rsa.RSAPublicKey), ("ES256", ec.EllipticCurvePublicKey)):
        token = signing_keys.sign(claims={"sub": "somebody"}, typ="logout+jwt", algorithm=algorithm)
        header = jwt.get_unverified_header(token)
        assert (header["alg"], header["typ"]) == (algorithm, "logout+jwt")
        key = published()[header["kid"]]
        assert isinstance(key.key, kind)
        assert jwt.decode(token, key.key, [algorithm]) == {"sub": "somebody"}
    sizes = [key.key.key_size for key in published().values()]
    assert sorted(sizes) == [256, 3072]


def test_published_keys_have_no_private_parts() -> None:
    for key in json.loads(signing_keys.jwks())["keys"]:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()
        assert key["use"] == "sig"


def test_key_file_for_a_hundred_signatures_is_parsed_once(parsed: list[bytes]) -> None:
    for _ in range(100):
        signing_keys.sign(claims={"sub": "somebody"})
        signing_keys.jwks()
    assert len(parsed) == len(set(parsed)) == 2


def test_signing_without_keys_names_the_command_that_makes_them(tmp_path: Path, settings: Settings) -> None:
    settings.KEYS_FOLDER = tmp_path / "none"
    for use in (signing_keys.jwks, signing_keys.rotate, lambda: signing_keys.sign(claims={})):
        with pytest.raises(key_files.MissingKey, match=r"manage\.py keys make"):
            use()
    assert not (tmp_path / "none").exists()


def test_key_files_are_readable_by_their_owner_only(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_processes_that_race_for_the_first_keys_agree(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rsa, "generate_private_key", generate_private_key)
    settings.KEYS_FOLDER = tmp_path / "race"
    folder = tmp_path / "race" / "signing"
    assert run_concurrently(*[signing_keys.ensure] * 4) == [None] * 4
    index = {row["kid"] for row in json.loads((folder / "index.json").read_text())["keys"]}
    assert {file.stem for file in folder.glob("*.pem")} == index
    assert len(index) == 2


def test_successor_key_is_published_before_it_signs() -> None:
    before = signing_keys.sign(claims={"sub": "a"})
    signing_keys.rotate()
    assert len(published()) == 4
    assert key_id_of(signing_keys.sign(claims={"sub": "a"})) == key_id_of(before)
    worlds.move_process_clock(HOUR - 5)
    assert key_id_of(signing_keys.sign(claims={"sub": "a"})) == key_id_of(before)
    worlds.move_process_clock(HOUR + 1)
    after = signing_keys.sign(claims={"sub": "a"})
    assert key_id_of(after) != key_id_of(before)
    assert {key_id_of(before), key_id_of(after)} <= published().keys()


def test_old_key_after_its_retention_is_deleted(folder: Path) -> None:
    first = key_id_of(signing_keys.sign(claims={"sub": "a"}))
    signing_keys.rotate()
    worlds.move_process_clock(HOUR + 7 * DAY + 60)
    signing_keys.rotate()
    signing_keys.remove(signing_keys.retired(withdraw=False))
    assert first not in published()
    assert not (folder / f"{first}.pem").exists()
    assert len(published()) == 4


def test_old_key_before_the_end_of_its_retention_is_kept(folder: Path) -> None:
    token = signing_keys.sign(claims={"sub": "a", "aud": "shop", "iss": ISSUER})
    signing_keys.rotate()
    worlds.move_process_clock(HOUR + 7 * DAY - 60)
    signing_keys.rotate()
    signing_keys.remove(signing_keys.retired(withdraw=False))
    assert key_id_of(token) in published()
    assert (folder / f"{key_id_of(token)}.pem").exists()
    assert signing_keys.verify(token=token, audience="shop") is not None


def test_leaked_key_rotated_at_once_is_withdrawn() -> None:
    before = signing_keys.sign(claims={"sub": "a", "aud": "shop", "iss": ISSUER})
    assert signing_keys.verify(token=before, audience="shop") is not None
    signing_keys.rotate(after=dt.timedelta())
    signing_keys.remove(signing_keys.retired(withdraw=True))
    assert key_id_of(before) not in published()
    assert key_id_of(signing_keys.sign(claims={"sub": "a"})) in published()
    assert signing_keys.verify(token=before, audience="shop") is None


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (lambda c: signing_keys.sign(claims={**c, "aud": "crm"}), "for another client"),
        (lambda c: signing_keys.sign(claims={**c, "iss": "https://evil.example"}), "another issuer"),
        (lambda c: signing_keys.sign(claims={k: v for k, v in c.items() if k != "sub"}), "without a subject"),
        (lambda c: jwt.encode(c, "", "none"), "unsigned"),
        (
            lambda c: jwt.encode(c, "x" * 64, "HS256", {"kid": signing_keys.signing_keys()[0].kid}),
            "signed by a secret",
        ),
        (lambda c: signing_keys.sign(claims=c)[:-6] + "AAAAAA", "changed"),
        (lambda _: "nonsense", "no token"),
    ],
)
def test_verify_of_a_token_that_is_not_a_valid_hint_returns_none(
    token: Callable[[dict[str, str]], str], why: str
) -> None:
    claims = {"sub": "a", "aud": "shop", "iss": ISSUER}
    assert signing_keys.verify(token=signing_keys.sign(claims=claims), audience="shop")
    assert signing_keys.verify(token=token(claims), audience="shop") is None, why
    of_any_client = signing_keys.verify(token=token(claims))
    assert (of_any_client is not None) == (why == "for another client")


def test_verify_of_an_expired_id_token_returns_its_claims() -> None:
    token = signing_keys.sign(claims={"sub": "a", "aud": "shop", "iss": ISSUER, "exp": 1})
    assert signing_keys.verify(token=token, audience="shop") == {
        "sub": "a",
        "aud": "shop",
        "iss": ISSUER,
        "exp": 1,
    }
