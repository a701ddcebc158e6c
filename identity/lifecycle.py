"""Changes of state without permission. Only `delegation.commands` may import this (contract); they have asked."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db import connection

from audit.log import ledger
from audit.models import Chain, Label
from identity import revocation
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import CustomerNumber, Organization, Site
from identity.people import names
from identity.people.models import User

_STATE = MembershipPeriod.State


def create_organization(
    *,
    organization: uuid.UUID,
    key: str,
    name: str,
    at: dt.datetime,
    register_id: str = "",
    language: str = "en",
    time_zone: str = "Europe/Helsinki",
) -> Organization:
    """A customer company with its chain in the log."""
    ledger.open_chain(chain=organization, kind=Chain.Kind.ORGANIZATION)
    made = Organization.objects.create(
        id=organization,
        key=key,
        name=name,
        sort_key=names.sort_key(name),
        register_id=register_id,
        language=language,
        time_zone=time_zone,
        created_at=at,
    )
    _label("organization", {made.id: name})
    return made


def set_customer_number(*, organization: Organization, unit: uuid.UUID, customer_number: str) -> None:
    """What one business unit calls this customer."""
    CustomerNumber.objects.create(organization=organization, unit_id=unit, number=customer_number)


def add_sites(*, organization: Organization, sites: Sequence[tuple[str, str]], at: dt.datetime) -> list[Site]:
    """Sites from (name, external id) pairs."""
    made = [
        Site(
            organization=organization,
            name=name,
            sort_key=names.sort_key(name, longest=240),
            external_id=external,
            created_at=at,
        )
        for name, external in sites
    ]
    _label("site", {site.id: site.name for site in made})
    return Site.objects.bulk_create(made)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody with a proven address. `password` is already hashed: hashing is slow and takes no lock."""

    email: str
    name: str
    password: str
    language: str


def create_people(*, people: Sequence[NewPerson], at: dt.datetime) -> list[User]:
    """Customers' people with their chains in the log. Statements: constant, whatever the size of the set."""
    made = User.everyone.bulk_create(
        [
            User(
                email=one.email.lower(),
                name=one.name,
                sort_key=names.sort_key(one.name),
                language=one.language,
                password=one.password,
                created_at=at,
            )
            for one in people
        ]
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=one, email=one.email, verified=True, primary=True) for one in made]
    )
    ledger.open_chains(chains=[one.id for one in made], kind=Chain.Kind.PERSON)
    _label("user", {one.id: one.name for one in made})
    return made


def add_members(
    *, organization: Organization, users: Sequence[User], at: dt.datetime, title: str = ""
) -> list[Membership]:
    """Make these members from `at` on; one who was a member before gets a new period of the same membership."""
    known = {row.user_id: row for row in Membership.objects.filter(organization=organization, user__in=users)}
    made = Membership.objects.bulk_create(
        [
            Membership(
                organization=organization,
                user=one,
                title=title,
                sort_key=one.sort_key,
                directory=one.directory,
                created_at=at,
            )
            for one in users
            if one.id not in known
        ]
    )
    known |= {row.user_id: row for row in made}
    activate(memberships=[row.id for row in known.values()], at=at)
    return [known[one.id] for one in users]


def activate(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """An active period from `at` on. Nothing that was issued before comes back: the epochs have moved."""
    MembershipPeriod.objects.bulk_create(
        [MembershipPeriod(membership_id=one, state=_STATE.ACTIVE, valid_from=at) for one in memberships]
    )


# What had not begun at `at` never was; what had, ends there.
_CLOSE = """
WITH never AS (
    DELETE FROM identity_membershipperiod WHERE membership_id = ANY(%(memberships)s) AND valid_from >= %(at)s
)
UPDATE identity_membershipperiod SET valid_until = %(at)s
WHERE membership_id = ANY(%(memberships)s) AND valid_from < %(at)s
  AND not_ended(valid_until, %(at)s)
"""


def end(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> revocation.Revoked:
    """Close these memberships at `at`, and with them everything that was issued for them."""
    ended = list(memberships)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE, {"memberships": ended, "at": at})
    return revocation.revoke_memberships(memberships=ended, at=at)


def _label(kind: str, names: Mapping[uuid.UUID, str]) -> None:
    """Names for showing events: the log itself holds ids."""
    labels = [Label(id=one, kind=kind, name=name[:320]) for one, name in names.items()]
    Label.objects.bulk_create(labels, update_conflicts=True, unique_fields=["id"], update_fields=["name"])
