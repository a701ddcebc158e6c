"""The standalone verifier's signatures and notes, beside published vectors."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from audit import verify_export
from audit.verify_export import Problem, VerifierKey

# RFC 8032 §7.1, TEST 1 to 3: public key, message, signature.
ED25519 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]
PUBLIC, MESSAGE, SIGNATURE = (bytes.fromhex(text) for text in ED25519[2])
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize(("public", "message", "signature"), ED25519)
def test_published_signature_is_accepted(public: str, message: str, signature: str) -> None:
    assert verify_export.verify_ed25519(*(bytes.fromhex(text) for text in (public, message, signature)))


@pytest.mark.parametrize("place", [0, 31, 32, 63])
def test_signature_with_a_changed_byte_is_refused(place: int) -> None:
    changed = SIGNATURE[:place] + bytes([SIGNATURE[place] ^ 1]) + SIGNATURE[place + 1 :]
    assert not verify_export.verify_ed25519(PUBLIC, MESSAGE, changed)


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (PUBLIC, b"another", SIGNATURE),
        (bytes.fromhex(ED25519[0][0]), MESSAGE, SIGNATURE),
        (PUBLIC, MESSAGE, SIGNATURE[:63]),
        (PUBLIC, MESSAGE, SIGNATURE + b"\0"),
        (PUBLIC, MESSAGE, b""),
        (b"", MESSAGE, SIGNATURE),
        # §5.1.7: S not below the group's order is a second signature of the same message.
        (
            PUBLIC,
            MESSAGE,
            SIGNATURE[:32] + (int.from_bytes(SIGNATURE[32:], "little") + ORDER).to_bytes(32, "little"),
        ),
        # §5.1.3: no point has this y; y is not below the field's prime; the sign of x = 0.
        ((2).to_bytes(32, "little"), MESSAGE, SIGNATURE),
        ((2**255 - 18).to_bytes(32, "little"), MESSAGE, (1).to_bytes(64, "little")),
        ((1 | 1 << 255).to_bytes(32, "little"), MESSAGE, SIGNATURE),
    ],
)
def test_signature_of_something_else_is_refused(public: bytes, message: bytes, signature: bytes) -> None:
    assert not verify_export.verify_ed25519(public, message, signature)


NOTE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    "\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUg"
    "YN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The example of the reference implementation of signed notes."""


def test_published_note_is_signed_by_its_key() -> None:
    """It is a note, and no checkpoint."""
    with pytest.raises(Problem, match="is not a checkpoint of this log"):
        verify_export.open_checkpoint(NOTE, [VerifierKey.parse(NOTE_KEY)])
    with pytest.raises(Problem, match="not signed by the key"):
        verify_export.open_checkpoint(
            NOTE.replace("problem is", "problem was"), [VerifierKey.parse(NOTE_KEY)]
        )


def test_published_verifier_key_is_read_and_written() -> None:
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert VerifierKey.parse(text).text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        NOTE_KEY.replace("PeterNeumann", "PeterNewman"),
        NOTE_KEY.replace("c74f20a3", "c74f20a4"),
        NOTE_KEY.replace("ARpc", "AhpC"),
        NOTE_KEY[:-4],
        "PRIVATE+KEY+" + NOTE_KEY,
    ],
)
def test_other_text_is_no_verifier_key(text: str) -> None:
    with pytest.raises(Problem):
        VerifierKey.parse(text)


def test_verifier_imports_the_standard_library_alone() -> None:
    source = Path(verify_export.__file__).read_text("utf-8")
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", source, flags=re.MULTILINE))
    assert imported - {"__future__"} <= sys.stdlib_module_names
    run = subprocess.run(
        [sys.executable, "-I", "-S", verify_export.__file__, "--help"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert "--previous" in run.stdout
