"""The operator describes the supplier's identity provider, and which roles follow from a staff member's groups."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

_METHODS = frozenset(
    {
        "face",
        "fpt",
        "geo",
        "hwk",
        "iris",
        "kba",
        "mca",
        "mfa",
        "otp",
        "pin",
        "pop",
        "pwd",
        "rba",
        "retina",
        "sc",
        "sms",
        "swk",
        "tel",
        "user",
        "vbm",
        "wia",
    }
)
"""The values of `amr` (RFC 8176 §2); any other value that a role demands is one of `acr`."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Holds what the operator sets. `groups` and `assurance` are pairs of a role and a value."""

    issuer: str
    client_id: str
    client_secret: str
    algorithm: str
    groups_claim: str
    groups: Sequence[tuple[str, str]]
    assurance: Sequence[tuple[str, str]]

    @property
    def is_complete(self) -> bool:
        """Return whether staff can sign in: without any of these four, nothing of it is reachable."""
        return all((self.issuer, self.client_id, self.client_secret, self.groups))

    @property
    def acr_values(self) -> Sequence[str]:
        """Return the values of `acr` that roles demand, in the operator's order, each once."""
        values = dict.fromkeys(value for _role, value in self.assurance if value)
        return [value for value in values if value not in _METHODS]

    def roles(self, groups: Collection[str]) -> frozenset[str]:
        """Return the roles that these groups allow."""
        return frozenset(role for role, group in self.groups if group in groups)

    def sufficient(self, role: str) -> frozenset[str]:
        """Return the values of `acr` or `amr` of which a session needs one for this role."""
        return frozenset(value for named, value in self.assurance if named == role)

    def assured(self, roles: Collection[str], proved: Collection[str]) -> frozenset[str]:
        """Return those of the roles for which the session has proved enough; an unknown value proves nothing."""
        return frozenset(role for role in roles if self.sufficient(role) & {"", *proved})


def current() -> Configuration:
    """Return the configuration of this installation (the setting STAFF_SIGN_IN)."""
    values: Any = settings.STAFF_SIGN_IN
    return Configuration(**values)
