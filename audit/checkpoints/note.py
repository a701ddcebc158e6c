"""Writes and signs checkpoints; `audit.verify_export` reads them, also without this product."""

import base64
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit import verify_export
from audit.verify_export import Problem, SignedCheckpoint, VerifierKey


class CheckpointKey(NamedTuple):
    """A key signs for one log, which it names."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, *, name: str) -> "CheckpointKey":
        """Make a new key. `name` is the log's origin: a host name and a path without a scheme."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, text: str) -> "CheckpointKey":
        """Read a key as `text` wrote it. Raises ValueError for anything else."""
        *_, name, digits, data = text.strip().split("+", 4)
        material = base64.b64decode(data, validate=True)
        key = cls(name, Ed25519PrivateKey.from_private_bytes(material[1:]))
        if digits != key.id.hex():
            raise ValueError("The signing key's id does not match.")
        return key

    @property
    def public(self) -> bytes:
        """Return the public key's 32 bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        """Return the four bytes that name the key in a signature line."""
        return verify_export.key_id(self.name, self.public)

    def text(self) -> str:
        """Return the private key in the form of C2SP's reference implementation."""
        material = format_base64(bytes([1]) + self.private.private_bytes_raw())
        return f"PRIVATE+KEY+{self.name}+{self.id.hex()}+{material}\n"

    def verifier_key(self) -> str:
        """Return the public key in C2SP's form, as auditors get it, with a line break."""
        return VerifierKey(self.name, self.id, self.public).text() + "\n"

    def sign(self, checkpoint: SignedCheckpoint) -> str:
        """Return the checkpoint as a signed note."""
        text = _text(checkpoint)
        signature = self.id + self.private.sign(text.encode())
        return f"{text}\n\u2014 {self.name} {format_base64(signature)}\n"

    def signed(self, note: str) -> bool:
        """Return whether a note holds a signature of this key."""
        try:
            open_note(note, keys=[VerifierKey(self.name, self.id, self.public)])
        except Problem:
            return False
        return True


def open_note(note: str, *, keys: list[VerifierKey]) -> SignedCheckpoint:
    """Return a note's statements, much faster than the standalone verifier. Raises verify_export.Problem."""
    return verify_export.open_checkpoint(note, keys, _verify)


def _text(checkpoint: SignedCheckpoint) -> str:
    return (
        f"{checkpoint.origin}\n{checkpoint.size}\n{format_base64(checkpoint.root)}\n"
        f"incarnation {checkpoint.incarnation}\n"
        f"chains {checkpoint.chains} {format_base64(checkpoint.heads)}\n"
        f"time {checkpoint.at}\n"
    )


def _verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def format_base64(data: bytes) -> str:
    """Return the base64 of RFC 4648 §4, as signed notes and exports hold it."""
    return base64.b64encode(data).decode()
