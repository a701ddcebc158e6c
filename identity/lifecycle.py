"""Organizations, people and memberships change here without authorization; only commands import it."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection

from audit.foundation import db, ids
from audit.log import ledger
from audit.models import Chain
from identity import revocation
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import CustomerNumber, Organization, Site, Suspension
from identity.people import names
from identity.people.models import User
from identity.service_users.models import ServiceUser

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
    mail_domains: Sequence[str] = (),
) -> Organization:
    """Create a customer company, and its chain in the log."""
    ledger.open_chain(chain=organization, kind=Chain.Kind.ORGANIZATION)
    return Organization.objects.create(
        id=organization,
        key=key,
        name=name,
        sort_key=names.sort_key(name),
        register_id=register_id,
        language=language,
        time_zone=time_zone,
        mail_domains=list(mail_domains),
        created_at=at,
    )


def set_mail_domains(*, organization: Organization, domains: Sequence[str]) -> None:
    """Set the domains of the organization's own addresses."""
    Organization.objects.filter(id=organization.id).update(mail_domains=list(domains))


def suspend_organization(*, suspension: Suspension, members: Iterable[uuid.UUID]) -> revocation.Revoked:
    """Suspend the organization from the row's beginning on, and revoke everything issued to its members and programs.

    `members` are all memberships that are present then. Four statements, whatever their number.
    """
    suspension.save(force_insert=True)
    organization, at = suspension.organization_id, suspension.valid_from
    Organization.objects.filter(id=organization).update(status=Organization.Status.SUSPENDED)
    revoked = revocation.revoke_memberships(memberships=members, at=at)
    revocation.revoke_service_users(organization=organization, at=at)
    return revoked


def resume_organization(*, suspension: Suspension, at: dt.datetime) -> None:
    """End the suspension: the members' access works again, and nothing issued before becomes valid again."""
    Suspension.objects.filter(id=suspension.id).update(valid_until=at)
    Organization.objects.filter(id=suspension.organization_id).update(status=Organization.Status.ACTIVE)


def set_customer_number(*, organization: Organization, unit: uuid.UUID, customer_number: str) -> None:
    """Set the number under which one business unit knows this customer."""
    CustomerNumber.objects.create(organization=organization, unit_id=unit, number=customer_number)


def add_sites(*, organization: Organization, sites: Sequence[tuple[str, str]], at: dt.datetime) -> list[Site]:
    """Create sites from pairs of name and external id."""
    rows = [
        Site(
            organization=organization,
            name=name,
            sort_key=names.sort_key(name, max_length=240),
            external_id=external_id,
            created_at=at,
        )
        for name, external_id in sites
    ]
    return Site.objects.bulk_create(rows)


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Describes a person whose address is verified.

    `password` is already hashed: hashing is slow and must hold no lock.
    """

    email: str
    name: str
    password: str
    language: str


def create_people(*, people: Sequence[NewPerson], at: dt.datetime) -> list[User]:
    """Create people in the customers' directory, and their chains in the log. A constant number of statements."""
    users = User.all_directories.bulk_create(
        [
            User(
                email=person.email.lower(),
                name=person.name,
                sort_key=names.sort_key(person.name),
                language=person.language,
                password=person.password,
                created_at=at,
            )
            for person in people
        ]
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users]
    )
    ledger.open_chains(chains=[user.id for user in users], kind=Chain.Kind.PERSON)
    return users


@dataclass(frozen=True, slots=True)
class NewServiceUser:
    """Describes a service user; only the keyed hash of its secret is stored, empty for one with keys of its own."""

    id: uuid.UUID
    name: str
    scopes: str
    """Separated by spaces."""
    secret_hash: str
    jwks_uri: str
    valid_until: dt.datetime


def create_service_user(*, owner: Membership | User, new: NewServiceUser, at: dt.datetime) -> None:
    """Create a user of the directory `service` that a member or a staff user owns, with its chain in the log."""
    User.all_directories.create(
        id=new.id,
        directory=User.Directory.SERVICE,
        name=new.name,
        sort_key=names.sort_key(new.name),
        password=UNUSABLE_PASSWORD_PREFIX,
        created_at=at,
    )
    member = owner if isinstance(owner, Membership) else None
    columns = {column: value for column, value in asdict(new).items() if column != "name"}
    ServiceUser.objects.create(
        organization_id=member.organization_id if member else None,
        owner=member,
        staff_owner=None if isinstance(owner, Membership) else owner,
        valid_from=at,
        **columns,
    )
    ledger.open_chain(chain=new.id, kind=Chain.Kind.PERSON)


def end_service_users(*, service_users: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """End these service users: their tokens are refused from now on. One statement."""
    ServiceUser.objects.filter(id__in=list(service_users)).update(valid_until=at)


_END_OF_OWNERS = """
WITH found AS (
  SELECT s.id, u.name, s.valid_until FROM identity_serviceuser s JOIN identity_user u ON u.id = s.id
  WHERE s.owner_id = ANY(%(owners)s) AND s.valid_until > %(at)s
), ended AS (
  UPDATE identity_serviceuser SET valid_until = %(at)s WHERE id IN (SELECT id FROM found) RETURNING id
)
SELECT found.id, found.name, found.valid_until FROM found JOIN ended USING (id) ORDER BY found.id
"""


def end_service_users_of(
    *, owners: Iterable[uuid.UUID], at: dt.datetime
) -> list[tuple[uuid.UUID, str, dt.datetime]]:
    """End the service users that these memberships own, and return id, name and former end of each. One statement."""
    rows = db.fetch_all(_END_OF_OWNERS, {"owners": list(owners), "at": at})
    return [(row[0], row[1], row[2]) for row in rows]


def change_details(*, person: User, name: str, phone: str, at: dt.datetime) -> None:
    """Change a person's name and work phone. Three statements.

    An organization whose membership has ended keeps the name that the person had then.
    """
    sort_key = names.sort_key(name)
    User.all_directories.filter(id=person.id).update(name=name, sort_key=sort_key, phone=phone)
    ahead = memberships_queries.has_period_ahead(at=at)
    Membership.objects.filter(ahead, user=person).update(sort_key=sort_key)
    if name != person.name:
        Membership.objects.filter(~ahead, user=person, former_name="").update(former_name=person.name)


def change_language(*, person: User, language: str) -> None:
    """Change the language of a person's pages and mails. One statement."""
    User.all_directories.filter(id=person.id).update(language=language)


def add_members(
    *, organization: Organization, users: Sequence[User], at: dt.datetime, title: str = ""
) -> list[Membership]:
    """Make these users members from `at` on; a former member gets a new period of the same membership."""
    known = {row.user_id: row for row in Membership.objects.filter(organization=organization, user__in=users)}
    new = Membership.objects.bulk_create(
        [
            Membership(
                organization=organization,
                user=user,
                title=title,
                sort_key=user.sort_key,
                directory=user.directory,
                created_at=at,
            )
            for user in users
            if user.id not in known
        ]
    )
    known |= {row.user_id: row for row in new}
    activate(memberships=[row.id for row in known.values()], at=at)
    return [known[user.id] for user in users]


_ACTIVATE = """
WITH renamed AS (
    UPDATE identity_membership m SET former_name = '', sort_key = u.sort_key FROM identity_user u
    WHERE m.id = ANY(%(memberships)s) AND m.former_name <> '' AND u.id = m.user_id
)
INSERT INTO identity_membershipperiod (id, membership_id, state, valid_from)
SELECT id, membership, %(state)s, %(at)s FROM unnest(%(ids)s::uuid[], %(memberships)s::uuid[]) x(id, membership)
"""


def activate(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Begin an active period at `at`; the organization sees the person's present name again. One statement.

    Nothing issued before becomes valid again: the epochs were raised.
    """
    rows = list(memberships)
    new_ids = [ids.uuid7() for _ in rows]
    params: dict[str, Any] = {"memberships": rows, "ids": new_ids, "state": _STATE.ACTIVE.value, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVATE, params)


# A period that has not begun at `at` is deleted; one that has begun ends there.
_CLOSE_PERIODS = """
WITH not_begun AS (
    DELETE FROM identity_membershipperiod WHERE membership_id = ANY(%(memberships)s) AND valid_from >= %(at)s
)
UPDATE identity_membershipperiod SET valid_until = %(at)s
WHERE membership_id = ANY(%(memberships)s) AND valid_from < %(at)s
  AND not_ended(valid_until, %(at)s)
"""


def end(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> revocation.Revoked:
    """End these memberships at `at` and revoke everything issued for them."""
    membership_ids = list(memberships)
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE_PERIODS, {"memberships": membership_ids, "at": at})
    return revocation.revoke_memberships(memberships=membership_ids, at=at)
