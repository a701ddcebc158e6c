"""Memberships are read with their state at an instant."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.foundation.intervals import InForce
from identity.memberships.models import SHOWN_NAME, Membership, MembershipPeriod
from identity.organizations import queries as organizations_queries
from identity.organizations.models import Organization, Suspension
from identity.organizations.queries import OrganizationView
from identity.people import addresses as people_addresses
from identity.people.models import User

_STATE = MembershipPeriod.State


@dataclass(frozen=True, slots=True)
class ActiveMembership:
    """Holds a membership in force, with its person and organization."""

    id: uuid.UUID
    user: User
    organization: OrganizationView
    created_at: dt.datetime
    revoked_at: dt.datetime | None
    last_sign_in_at: dt.datetime | None
    """The last sign-in that counts for this membership."""
    look: uuid.UUID | None = None
    """The look of a staff member at this person's pages (`identity.looks`)."""


def in_state(*, at: dt.datetime, states: Iterable[str]) -> Exists:
    """Return the condition that a membership has a period with one of these states at `at`."""
    periods = MembershipPeriod.objects.filter(InForce(at), membership=OuterRef("pk"), state__in=list(states))
    return Exists(periods)


def has_period_ahead(*, at: dt.datetime) -> Exists:
    """Return the condition that a membership has a period that holds at `at` or later."""
    periods = MembershipPeriod.objects.filter(membership=OuterRef("pk"))
    return Exists(periods.filter(Q(valid_until=None) | Q(valid_until__gt=at)))


def active(*, at: dt.datetime) -> QuerySet[Membership]:
    """Filter memberships in force: with an active period at `at`, in an organization not suspended then.

    Not by the organization's status, which is of the present: an auditor asks about days before and in a suspension.
    """
    suspensions = Suspension.objects.filter(InForce(at), organization=OuterRef("organization"))
    return Membership.objects.filter(in_state(at=at, states=[_STATE.ACTIVE]), ~Exists(suspensions)).exclude(
        organization__status=Organization.Status.CLOSED
    )


def active_or_suspended(*, at: dt.datetime) -> QuerySet[Membership]:
    """Filter memberships with an active or suspended period at `at`; the organization does not count."""
    return Membership.objects.filter(is_present(at=at))


def is_present(*, at: dt.datetime) -> Exists:
    """Return the condition that a membership has an active or suspended period at `at`."""
    return in_state(at=at, states=[_STATE.ACTIVE, _STATE.SUSPENDED])


def of_address(*, organization: uuid.UUID, address: str) -> QuerySet[Membership]:
    """Filter the membership, in any state, of the person with this primary or further verified address."""
    return Membership.objects.filter(
        organization=organization, user__in=people_addresses.owner_ids(addresses=[address])
    )


def present_of_address(*, organization: uuid.UUID, address: str, at: dt.datetime) -> QuerySet[Membership]:
    """Filter the active or suspended membership, at `at`, of the person with this address by the rule above."""
    return of_address(organization=organization, address=address).filter(is_present(at=at))


@dataclass(frozen=True, slots=True)
class FormerMembership:
    """Says when a person's membership ended, or was suspended."""

    organization: str
    """Its name."""
    time_zone: str
    ended_at: dt.datetime
    is_suspended: bool = False
    """Then `ended_at` is the beginning of the suspension."""


def former_of_user(
    *, user: uuid.UUID, at: dt.datetime, organization_key: str | None = None
) -> FormerMembership | None:
    """Read the end of this person's last period, in this organization or in any. One statement.

    None for a person who never was a member or still is an active one.
    """
    periods = MembershipPeriod.objects.filter(membership__user=user, valid_from__lte=at)
    if organization_key is not None:
        periods = periods.filter(membership__organization__key=organization_key)
    last = periods.select_related("membership__organization").order_by("-valid_from").first()
    if last is None:
        return None
    organization = last.membership.organization
    if last.valid_until is not None and last.valid_until <= at:
        return FormerMembership(organization.name, organization.time_zone, last.valid_until)
    if last.state == _STATE.SUSPENDED:
        return FormerMembership(organization.name, organization.time_zone, last.valid_from, is_suspended=True)
    return None


def present_of_addresses(
    *, organization: uuid.UUID, addresses: Collection[str], at: dt.datetime
) -> dict[str, uuid.UUID]:
    """Find the active or suspended members, at `at`, with these addresses. One statement without any, else three."""
    rows = Membership.objects.filter(
        is_present(at=at),
        organization=organization,
        user__in=people_addresses.owner_ids(addresses=addresses),
    )
    by_user: dict[uuid.UUID, uuid.UUID] = dict(rows.values_list("user", "id"))
    if not by_user:
        return {}
    owners = people_addresses.owners(addresses=addresses)
    return {address: by_user[user.id] for address, user in owners.items() if user.id in by_user}


def names_among(*, organization: uuid.UUID, sort_keys: Collection[str]) -> set[str]:
    """Return the names with one of these sort keys that present and former members have here. One statement."""
    rows = Membership.objects.filter(organization=organization, sort_key__in=sort_keys)
    return set(rows.annotate(person_name=SHOWN_NAME).values_list("person_name", flat=True))


_FIELDS = {
    model: [field.attname for field in model._meta.concrete_fields] for model in (Membership, Organization)
}
_ACTIVE_OF_USER = """
SELECT {columns}, l.at, (SELECT k.id FROM identity_look_at(%(at)s) k WHERE k.membership_id = m.id LIMIT 1)
FROM identity_membership m
JOIN identity_organization o ON o.id = m.organization_id AND o.status = 'active'
JOIN identity_membershipperiod p ON p.membership_id = m.id AND p.state = 'active'
 AND in_force(p.valid_from, p.valid_until, %(at)s)
LEFT JOIN identity_lastsignin l ON l.membership_id = m.id
WHERE m.user_id = %(user)s ORDER BY o.sort_key, o.id
""".format(  # noqa: S608 - names of columns
    columns=", ".join(
        f"{alias}.{name}"
        for alias, model in (("m", Membership), ("o", Organization))
        for name in _FIELDS[model]
    )
)


def active_of_user(*, user: User, at: dt.datetime) -> list[ActiveMembership]:
    """Read this person's memberships in force, with their organizations, by the organization's name.

    One statement: it runs for every page.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE_OF_USER, {"user": user.pk, "at": at})
        return [_membership_from_row(row, user) for row in cursor.fetchall()]


def _membership_from_row(row: tuple[Any, ...], user: User) -> ActiveMembership:
    cut = len(_FIELDS[Membership])
    membership = Membership.from_db(connection.alias, _FIELDS[Membership], row[:cut])
    organization = Organization.from_db(connection.alias, _FIELDS[Organization], row[cut:-2])
    return ActiveMembership(
        id=membership.id,
        user=user,
        organization=organizations_queries.view_of(organization),
        created_at=membership.created_at,
        revoked_at=membership.revoked_at,
        last_sign_in_at=row[-2],
        look=row[-1],
    )
