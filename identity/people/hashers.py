"""How secrets are hashed: people's slowly and a few at a time, machines' fast."""

import threading
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, BasePasswordHasher

from identity import machine_secrets

# 19 MiB each: a burst of sign-ins waits rather than taking the machine's memory.
_AT_ONCE = threading.BoundedSemaphore(4)


class Argon2id(Argon2PasswordHasher):
    """Argon2id at the OWASP minimum: 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """As the parent, at most four at a time in one process."""
        with _AT_ONCE:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """As the parent, at most four at a time in one process."""
        with _AT_ONCE:
            return bool(super().verify(password, encoded))


class Machine(BasePasswordHasher):
    """`identity.machine_secrets` as a hasher, so that django-allauth can check a client's secret. Never first."""

    algorithm = "machine"

    def encode(self, password: str, salt: str) -> str:
        """`machine$` and the stored form; a salt adds nothing to 256 random bits."""
        del salt
        return f"{self.algorithm}${machine_secrets.hash_secret(password)}"

    def verify(self, password: str, encoded: str) -> bool:
        """Constant time."""
        return machine_secrets.matches(secret=password, stored=encoded.partition("$")[2])

    def safe_summary(self, encoded: str) -> Any:
        """What may be shown."""
        return {"algorithm": self.algorithm, "key": encoded.split("$")[2]}

    def must_update(self, encoded: str) -> bool:
        """Keys are rotated, not rows."""
        del encoded
        return False

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Nothing to even out: the check is constant time."""
