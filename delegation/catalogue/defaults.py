"""A catalogue has these parts. Catalogues are files (`catalog_file`), applied by `catalogue.commands.apply`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from delegation.authorization.verbs import Verb

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntitlementSpec:
    """Describes one entitlement of an application; `text` continues a sentence after "can"."""

    key: str
    text: Text
    takes_amount: bool = False
    takes_sites: bool = True


@dataclass(frozen=True, slots=True)
class RoleSpec:
    """Describes the next version of a role.

    `assignable_amounts`: the highest amount per entitlement; None: up to the ceiling.
    """

    key: str
    name: Text
    description: Text
    entitlements: Sequence[str] = ()
    verbs: Sequence[Verb] = ()
    assignable_roles: Sequence[str] = ()
    assignable_amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    max_assignment_days: int | None = None
    mfa: bool = False
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class CeilingTemplateSpec:
    """Describes an offer to start from. An amount of None is without limit; without `units`, all units use it."""

    key: str
    name: Text
    offer: Mapping[str, Decimal | None]
    units: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ConflictSpec:
    """Describes two entitlements that one person should not hold together; `text` continues a sentence after "can".

    `enforcement`: `refuse`, `report`, or in a file `off`, which ends it.
    """

    entitlements: tuple[str, str]
    """In alphabetical order."""
    text: Text
    enforcement: str = "refuse"

    @property
    def key(self) -> str:
        """Return the key of the pair."""
        return "|".join(self.entitlements)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Holds the supplier's business units, entitlements, roles, icons, templates of ceilings and conflicts."""

    units: Mapping[str, str]
    entitlements: Sequence[EntitlementSpec]
    roles: Sequence[RoleSpec]
    brands: Mapping[str, str] = field(default_factory=dict)
    """The brand of each business unit by key; a unit without one has the default brand."""
    icons: Mapping[str, str] = field(default_factory=dict)
    """The icon of each application by name; an application without one gets the default icon."""
    ceiling_templates: Sequence[CeilingTemplateSpec] = ()
    conflicts: Sequence[ConflictSpec] = ()
