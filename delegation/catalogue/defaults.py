"""What a catalogue consists of. Catalogues are data (`catalog_file`), applied by `commands.catalogue.apply`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from delegation.authorization.verbs import Verb

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntitlementSpec:
    """One thing one may do in an application; `text` goes on after "can"."""

    key: str
    text: Text
    takes_amount: bool = False
    takes_sites: bool = True


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """A role as it should be from now on. `gives_amounts`: highest amount per entitlement; None: up to the ceiling."""

    key: str
    name: Text
    description: Text
    does: Sequence[str] = ()
    verbs: Sequence[Verb] = ()
    assignable_roles: Sequence[str] = ()
    gives_amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    longest_days: int | None = None
    mfa: bool = False
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything there is to give."""

    units: Mapping[str, str]
    entitlements: Sequence[EntitlementSpec]
    roles: Sequence[RoleSpec]
    icons: Mapping[str, str] = field(default_factory=dict)
    """Name of an icon for each application; without one, pages show their default."""
