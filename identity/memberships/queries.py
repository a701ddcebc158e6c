"""Reading memberships at an instant."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from audit.foundation.intervals import InForce
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations import queries as organizations_queries
from identity.organizations.models import Organization
from identity.organizations.queries import OrganizationView
from identity.people.models import User

_STATE = MembershipPeriod.State


@dataclass(frozen=True, slots=True)
class ActiveMembership:
    """A membership in force, with its person and its organization."""

    id: uuid.UUID
    user: User
    organization: OrganizationView
    created_at: dt.datetime


def in_state(*, at: dt.datetime, states: Iterable[str]) -> Exists:
    """A condition on memberships: a period with one of these states holds `at`."""
    periods = MembershipPeriod.objects.filter(InForce(at), membership=OuterRef("pk"), state__in=list(states))
    return Exists(periods)


def active(*, at: dt.datetime) -> QuerySet[Membership]:
    """Memberships in force at `at`: an active period, and an organization in force."""
    return Membership.objects.filter(
        in_state(at=at, states=[_STATE.ACTIVE]), organization__status=Organization.Status.ACTIVE
    )


def present(*, at: dt.datetime) -> QuerySet[Membership]:
    """Memberships that have not ended: active or suspended."""
    return Membership.objects.filter(in_state(at=at, states=[_STATE.ACTIVE, _STATE.SUSPENDED]))


_FIELDS = {
    model: [field.attname for field in model._meta.concrete_fields] for model in (Membership, Organization)
}
_ELIGIBLE = """
SELECT {columns} FROM identity_membership m
JOIN identity_organization o ON o.id = m.organization_id AND o.status = 'active'
JOIN identity_membershipperiod p ON p.membership_id = m.id AND p.state = 'active'
 AND in_force(p.valid_from, p.valid_until, %(at)s)
WHERE m.user_id = %(user)s ORDER BY o.sort_key, o.id
""".format(
    columns=", ".join(
        f"{alias}.{name}"
        for alias, model in (("m", Membership), ("o", Organization))
        for name in _FIELDS[model]
    )
)


def eligible(*, user: User, at: dt.datetime) -> list[ActiveMembership]:
    """This person's memberships in force at `at` with their organizations, by name. One statement, on every page."""
    with connection.cursor() as cursor:
        cursor.execute(_ELIGIBLE, {"user": user.pk, "at": at})
        return [_membership_from_row(row, user) for row in cursor.fetchall()]


def _membership_from_row(row: tuple[Any, ...], user: User) -> ActiveMembership:
    cut = len(_FIELDS[Membership])
    membership = Membership.from_db(connection.alias, _FIELDS[Membership], row[:cut])
    organization = Organization.from_db(connection.alias, _FIELDS[Organization], row[cut:])
    return ActiveMembership(
        id=membership.id,
        user=user,
        organization=organizations_queries.view_of(organization),
        created_at=membership.created_at,
    )
