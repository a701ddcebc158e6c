"""Hashing is slow and limited in number for people's passwords, and fast for machine secrets."""

import threading
import unicodedata
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher

from identity import machine_secrets
from identity.people.normalization import normalize

# 19 MiB each: a burst of sign-ins waits instead of using up the machine's memory.
_SLOTS = threading.BoundedSemaphore(4)


def opaque_string(password: str) -> str:
    """Return the password as it is hashed: every space as U+0020, the rest in NFC (RFC 8265 §4.2.2, OpaqueString).

    Keyboards and systems write ä as one character or as two; the person sees the same password.
    """
    spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    return normalize("NFC", spaced)


class Argon2id(Argon2PasswordHasher):
    """Hashes passwords with the OWASP minimum of Argon2id: 19 MiB, two iterations, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash as the parent does, at most four at a time in one process."""
        with _SLOTS:
            return str(super().encode(opaque_string(password), salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Verify as the parent does, at most four at a time in one process."""
        with _SLOTS:
            return bool(super().verify(opaque_string(password), encoded))


class MachineSecretHasher(BasePasswordHasher):
    """Lets django-allauth verify a client's secret by `identity.machine_secrets`.

    It is never the first of PASSWORD_HASHERS, which hashes people's passwords.
    """

    algorithm = "machine"

    def encode(self, password: str, salt: str) -> str:
        """Return `machine$` and the keyed hash; a salt adds nothing to 256 random bits."""
        del salt
        return f"{self.algorithm}${machine_secrets.hash_secret(password)}"

    def verify(self, password: str, encoded: str) -> bool:
        """Compare in constant time."""
        return machine_secrets.matches(secret=password, stored=encoded.partition("$")[2])

    def safe_summary(self, encoded: str) -> Any:
        """Return the scheme and the key's id, which may be shown."""
        return {"algorithm": self.algorithm, "key": encoded.split("$")[2]}

    def must_update(self, encoded: str) -> bool:
        """Return False: a rotation of the key file changes no row."""
        del encoded
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing, because `verify` takes constant time."""
