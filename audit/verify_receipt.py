"""Verifies the receipt of a removal on any machine with Python 3.9 or newer. Nothing has to be installed.

`python verify_receipt.py receipt.json --key jwks.json` reads the receipt and the portal's public keys, which its page
`/oauth/jwks.json` publishes. Keep a copy of the keys with your receipts: a replaced key is published for a
while only. Exit code 0: the portal signed exactly this receipt; 1: the reason why not.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import sys
from pathlib import Path
from typing import Any

FORMAT = "keyholder-receipt-1"
TYPE = "keyholder-receipt+jwt"
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
"""DER of SHA-256 in EMSA-PKCS1-v1_5 (RFC 8017 §9.2)."""
_SHORTEST_KEY = 256
"""Bytes of an RSA modulus."""


class Unproven(ValueError):
    """Says why a receipt is not accepted."""


def verify(file: bytes, keys: bytes) -> dict[str, Any]:
    """Return the receipt that one of these keys signed. Raises Unproven."""
    content = _json(file, "The receipt")
    if not isinstance(content, dict) or content.keys() != {"receipt", "signature"}:
        raise Unproven("This is no signed receipt.")
    signed = _signed(str(content["signature"]), _keys(keys))
    receipt = content["receipt"]
    if signed != receipt or not isinstance(receipt, dict) or receipt.get("format") != FORMAT:
        raise Unproven("The receipt is not the one that was signed.")
    return receipt


def _signed(token: str, keys: list[dict[str, Any]]) -> Any:
    """Return what a JWS in compact form (RFC 7515 §7.1) states."""
    parts = token.split(".")
    if len(parts) != 3:
        raise Unproven("The signature is malformed.")
    header = _json(_base64url(parts[0]), "The header of the signature")
    if not isinstance(header, dict) or header.get("alg") != "RS256" or header.get("typ") != TYPE:
        raise Unproven("The signature is not one of a receipt.")
    key = next((key for key in keys if key.get("kid") == header.get("kid")), None)
    if key is None:
        raise Unproven(f"None of the keys has the id {header.get('kid')!r}.")
    if not _is_signed(key, f"{parts[0]}.{parts[1]}".encode(), _base64url(parts[2])):
        raise Unproven("The signature is not the key's.")
    return _json(_base64url(parts[1]), "The signed text")


def _is_signed(key: dict[str, Any], message: bytes, signature: bytes) -> bool:
    """Verify RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2)."""
    modulus, exponent = (int.from_bytes(_base64url(str(key.get(part))), "big") for part in ("n", "e"))
    length = (modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if length < _SHORTEST_KEY or exponent < 3 or len(signature) != length or number >= modulus:
        return False
    digest = _DIGEST_INFO + hashlib.sha256(message).digest()
    expected = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(pow(number, exponent, modulus).to_bytes(length, "big"), expected)


def _keys(text: bytes) -> list[dict[str, Any]]:
    """Read the RSA keys of a JSON Web Key Set (RFC 7517)."""
    content = _json(text, "The file of keys")
    keys = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(keys, list):
        raise Unproven("This is no set of keys.")
    return [key for key in keys if isinstance(key, dict) and key.get("kty") == "RSA"]


def _base64url(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data:
        raise Unproven("The signature or the key is malformed.")
    return data


def _json(text: bytes, what: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        raise Unproven(f"{what} is no JSON.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that occurs twice: readers differ in which one they take."""
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("A name occurs twice.")
    return dict(pairs)


def statements(receipt: dict[str, Any]) -> list[str]:
    """Return what a verified receipt states."""
    people = ", ".join(str(person["name"]) for person in receipt["people"])
    lines = [
        f"Receipt {receipt['number']} of {receipt['issuer']}, made {receipt['made_at']}.",
        f"Access of {people} to {receipt['organization']['name']} ended at {receipt['access_ended_at']}.",
    ]
    lines += [
        f"Services of {application} may have accepted a token from before until {until}."
        for application, until in receipt["offline_tokens"].items()
    ]
    lines += [
        f"{system['application']} ({system['kind']}): " + (system["confirmed_at"] or "not confirmed yet")
        for system in receipt["systems"]
    ]
    return lines


def main() -> int:
    """Verify the files of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("receipt", type=Path)
    parser.add_argument("--key", type=Path, required=True)
    options = parser.parse_args()
    try:
        receipt = verify(options.receipt.read_bytes(), options.key.read_bytes())
    except (Unproven, OSError) as problem:
        sys.stderr.write(f"NOT PROVEN: {problem}\n")
        return 1
    sys.stdout.write("\n".join(statements(receipt)) + "\nThe portal signed this receipt.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
