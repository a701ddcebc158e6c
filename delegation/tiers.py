"""The ready-made tiers and the sample entitlements they bundle: data, applied by `commands.catalogue.apply`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from delegation.verbs import Verb

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
    gives: Sequence[str] = ()
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


_SEE = ("ordering:orders.see", "ordering:invoices.see", "crm:contacts.see")
_ORDER = (*_SEE, "ordering:orders.place", "crm:tickets.create")
_APPROVE = (*_ORDER, "ordering:orders.approve")
_PEOPLE = (
    Verb.ACCESS_CHANGE,
    Verb.ACCOUNT_PUT_RIGHT,
    Verb.INVITATION_CANCEL,
    Verb.INVITATION_RESEND,
    Verb.MEMBER_INVITE,
    Verb.MEMBER_REMOVE,
    Verb.MEMBER_SEE,
)
_UP_TO_CEILING: Mapping[str, Decimal | None] = {
    "ordering:orders.place": None,
    "ordering:orders.approve": None,
}
_UP_TO_10_000: Mapping[str, Decimal | None] = {
    "ordering:orders.place": Decimal("10000.00"),
    "ordering:orders.approve": Decimal("10000.00"),
}
_TIERS = (
    "viewer",
    "orderer",
    "approver",
    "site_admin",
    "user_admin",
    "organization_admin",
    "security_admin",
)

ENTITLEMENTS = (
    EntitlementSpec(
        "ordering:orders.see", {"en": "see orders and deliveries", "fi": "nähdä tilauksia ja toimituksia"}
    ),
    EntitlementSpec(
        "ordering:orders.place",
        {"en": "order in the web shop", "fi": "tilata verkkokaupasta"},
        takes_amount=True,
    ),
    EntitlementSpec(
        "ordering:orders.approve",
        {"en": "approve others’ orders", "fi": "hyväksyä muiden tilauksia"},
        takes_amount=True,
    ),
    EntitlementSpec("ordering:invoices.see", {"en": "see invoices", "fi": "nähdä laskuja"}),
    EntitlementSpec(
        "crm:contacts.see",
        {"en": "see contacts in the CRM portal", "fi": "nähdä CRM-portaalin yhteystietoja"},
    ),
    EntitlementSpec("crm:tickets.create", {"en": "open service requests", "fi": "avata palvelupyyntöjä"}),
)

ROLES = (
    RoleSpec(
        "viewer",
        {"en": "Viewer", "fi": "Katselija"},
        {
            "en": "Sees prices, orders and invoices. Orders nothing.",
            "fi": "Näkee hinnat, tilaukset ja laskut. Ei tilaa.",
        },
        does=_SEE,
    ),
    RoleSpec(
        "orderer",
        {"en": "Orderer", "fi": "Tilaaja"},
        {
            "en": "Orders up to the limit. Above it, an approver decides.",
            "fi": "Tilaa rajaan asti. Ylittävistä päättää hyväksyjä.",
        },
        does=_ORDER,
        mfa=True,
    ),
    RoleSpec(
        "approver",
        {"en": "Approver", "fi": "Hyväksyjä"},
        {
            "en": "Orders, and approves what others order up to the limit.",
            "fi": "Tilaa ja hyväksyy muiden tilauksia rajaan asti.",
        },
        does=_APPROVE,
        mfa=True,
    ),
    RoleSpec(
        "site_admin",
        {"en": "Site admin", "fi": "Toimipaikan pääkäyttäjä"},
        {
            "en": "Invites, changes and removes people of their own sites.",
            "fi": "Kutsuu, muuttaa ja poistaa omien toimipaikkojensa henkilöitä.",
        },
        does=_SEE,
        verbs=_PEOPLE,
        gives=("viewer", "orderer", "approver"),
        gives_amounts=_UP_TO_10_000,
        mfa=True,
    ),
    RoleSpec(
        "user_admin",
        {"en": "User admin", "fi": "Käyttäjien pääkäyttäjä"},
        {
            "en": "Invites, changes and removes people who are not admins.",
            "fi": "Kutsuu, muuttaa ja poistaa henkilöitä, jotka eivät ole pääkäyttäjiä.",
        },
        does=_SEE,
        verbs=(*_PEOPLE, Verb.MEMBER_RESTORE),
        gives=("viewer", "orderer", "approver", "site_admin"),
        gives_amounts=_UP_TO_CEILING,
        mfa=True,
    ),
    RoleSpec(
        "organization_admin",
        {"en": "Admin", "fi": "Pääkäyttäjä"},
        {
            "en": "Invites, changes and removes people, admins too.",
            "fi": "Kutsuu, muuttaa ja poistaa henkilöitä, myös pääkäyttäjiä.",
        },
        does=_SEE,
        verbs=(*_PEOPLE, Verb.ACTIVITY_SEE, Verb.MEMBER_RESTORE, Verb.SITE_ADD),
        gives=_TIERS,
        gives_amounts=_UP_TO_CEILING,
        mfa=True,
        is_admin=True,
    ),
    RoleSpec(
        "security_admin",
        {"en": "Security admin", "fi": "Tietoturvan pääkäyttäjä"},
        {
            "en": "Sees everybody and everything that happened. Gives nothing.",
            "fi": "Näkee kaikki ja kaiken tapahtuneen. Ei anna oikeuksia.",
        },
        does=_SEE,
        verbs=(Verb.ACTIVITY_SEE, Verb.MEMBER_SEE),
        mfa=True,
    ),
)
