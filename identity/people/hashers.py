"""Password hashers: slow and few at a time for people's passwords, fast for machine secrets."""

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher

from identity import machine_secrets

# 19 MiB each: a burst of sign-ins waits instead of using up the machine's memory.
_SLOTS = threading.BoundedSemaphore(4)


class Argon2id(Argon2PasswordHasher):
    """Argon2id at the OWASP minimum: 19 MiB, two iterations, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """As the parent, at most four at a time in one process."""
        with _SLOTS:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """As the parent, at most four at a time in one process."""
        with _SLOTS:
            return bool(super().verify(password, encoded))


class MachineSecretHasher(BasePasswordHasher):
    """`identity.machine_secrets` as a hasher, so that django-allauth can verify a client's secret.

    Never the first of PASSWORD_HASHERS, which hashes people's passwords.
    """

    algorithm = "machine"

    def encode(self, password: str, salt: str) -> str:
        """`machine$` and the keyed hash; a salt adds nothing to 256 random bits."""
        del salt
        return f"{self.algorithm}${machine_secrets.hash_secret(password)}"

    def verify(self, password: str, encoded: str) -> bool:
        """Compare in constant time."""
        return machine_secrets.matches(secret=password, stored=encoded.partition("$")[2])

    def safe_summary(self, encoded: str) -> Any:
        """The parts that may be shown."""
        return {"algorithm": self.algorithm, "key": encoded.split("$")[2]}

    def must_update(self, encoded: str) -> bool:
        """Never: a rotation changes the key, not the rows."""
        del encoded
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to do: `verify` takes constant time."""
