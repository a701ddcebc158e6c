"""An organization with a working admin never loses the last one by its own act."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.db import connection

from audit.foundation.intervals import InForce
from delegation.authorization import admin_queries
from delegation.authorization.errors import LastAdmin
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AccessSpec
from identity.memberships.models import Membership

MAX_REFUSED = 20
"""How many memberships a refusal lists."""
MAX_LISTED = 5

_ANY_ADMIN = """
SELECT EXISTS (
    SELECT 1 FROM delegation_assignment a
    JOIN delegation_roleversion v ON v.role_id = a.role_id AND v.is_admin
     AND in_force(v.valid_from, v.valid_until, %(at)s)
    WHERE a.membership_id = ANY(%(members)s) AND a.valid_from <= %(at)s AND a.valid_until IS NULL
)
"""


def require_remaining_admin(
    *, organization: uuid.UUID, without: Iterable[uuid.UUID], at: dt.datetime
) -> None:
    """Raise LastAdmin with their ids if the organization's working admins are all in `without`.

    A working admin has neither an end date nor an ending period. A working admin at `at` is therefore one at every
    later instant already in the data. An organization that has no working admin is not refused.
    """
    members = list(without)
    if not _any_admin(members, at):
        return
    admins = admin_queries.working_admins(organization=organization, at=at)
    if admins.exclude(id__in=members).exists():
        return
    refused = list(admins.order_by("sort_key", "id").values_list("id", flat=True)[:MAX_REFUSED])
    if refused:
        raise LastAdmin(organization=str(organization), refused=[str(member) for member in refused])


def organizations_administered_by(*, user: uuid.UUID, at: dt.datetime) -> list[uuid.UUID]:
    """Find the organizations with this person as a working admin.

    Their chains are locked before a factor is removed.
    """
    own = Membership.objects.filter(user=user).values_list("organization", flat=True)
    return [
        organization
        for organization in own.order_by("organization")
        if admin_queries.working_admins(organization=organization, at=at).filter(user=user).exists()
    ]


def keeps_admin_without(*, user: uuid.UUID, without: Collection[int], at: dt.datetime) -> bool:
    """Check that all organizations of this person keep a working admin without these authenticators of the person."""
    return all(
        admin_queries.working_admins(organization=organization, at=at, without=without).exists()
        for organization in organizations_administered_by(user=user, at=at)
    )


def _any_admin(members: list[uuid.UUID], at: dt.datetime) -> bool:
    """Check whether a member can be a working admin: most leavers are not, which saves the other statements."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY_ADMIN, {"members": members, "at": at})
        return bool(cursor.fetchone()[0])


def grants_admin(*, access: AccessSpec, at: dt.datetime) -> bool:
    """Check whether `access` can make a working admin: an admin's role for all sites without end."""
    admin = RoleVersion.objects.filter(InForce(at), role__key=access.role, is_admin=True).exists()
    return admin and access.all_sites and access.until is None


def unable_admins(*, organization: uuid.UUID, at: dt.datetime) -> list[Membership]:
    """Read up to `MAX_LISTED` members with an admin's role who are no working admins, in the order of names."""
    roles = RoleVersion.objects.filter(InForce(at), is_admin=True).values("role")
    assignments = Assignment.objects.filter(InForce(at), organization=organization, role__in=roles)
    rows = Membership.objects.filter(
        organization=organization,
        kind=Membership.Kind.PERSON,
        id__in=assignments.filter(all_sites=True).values("membership"),
    )
    working = admin_queries.working_admins(organization=organization, at=at)
    rows = rows.exclude(id__in=working.values("id"))
    return list(rows.select_related("user").order_by("sort_key", "id")[:MAX_LISTED])


def working_admins(*, organization: uuid.UUID, at: dt.datetime) -> list[Membership]:
    """Read up to `MAX_LISTED` working admins with their users, in the order of names. Two statements."""
    rows = admin_queries.working_admins(organization=organization, at=at)
    return list(rows.select_related("user").order_by("sort_key", "id")[:MAX_LISTED])


def named_admins(*, organization: uuid.UUID, at: dt.datetime) -> list[Membership]:
    """Read the same as `working_admins` in one statement, for a page that reads no role versions."""
    assignments = admin_queries.assignments_of_working_admins(organization=organization, at=at)
    rows = Membership.objects.filter(organization=organization, id__in=assignments.values("membership"))
    return list(rows.select_related("user").order_by("sort_key", "id")[:MAX_LISTED])
