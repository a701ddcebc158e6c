"""An organization that has a working admin keeps one."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.db import connection

from audit.foundation.intervals import InForce
from delegation.authorization import authorities
from delegation.authorization.errors import LastAdmin
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.values import AccessSpec
from identity.memberships.models import Membership

NAMED_AT_MOST = 20
"""How many are named in a refusal."""
LISTED_AT_MOST = 5

_ADMINS_AMONG = """
SELECT EXISTS (
    SELECT 1 FROM delegation_assignment a
    JOIN delegation_roleversion v ON v.role_id = a.role_id AND v.is_admin
     AND in_force(v.valid_from, v.valid_until, %(at)s)
    WHERE a.membership_id = ANY(%(members)s) AND a.valid_from <= %(at)s AND a.valid_until IS NULL
)
"""


def require_remaining_admin(*, organization: uuid.UUID, losing: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Raises LastAdmin, naming them, if the organization has a working admin and all of them are among `losing`.

    An admin who counts has neither end date nor an ending period, so that one who counts at `at` counts at every
    later instant already in the data.
    """
    members = list(losing)
    if not _admins_among(members, at):
        return
    admins = authorities.working_admins(organization=organization, at=at)
    if admins.exclude(id__in=members).exists():
        return
    lost = list(admins.order_by("sort_key", "id").values_list("id", flat=True)[:NAMED_AT_MOST])
    if lost:
        raise LastAdmin(organization=str(organization), refused=[str(one) for one in lost])


def organizations_administered_by(*, user: uuid.UUID, at: dt.datetime) -> list[uuid.UUID]:
    """The organizations that this person is a working admin of: whose chains are held before a way to sign in goes."""
    mine = Membership.objects.filter(user=user).values_list("organization", flat=True)
    return [
        one
        for one in mine.order_by("organization")
        if authorities.working_admins(organization=one, at=at).filter(user=user).exists()
    ]


def keeps_admin_without(*, user: uuid.UUID, without: Collection[int], at: dt.datetime) -> bool:
    """Whether all organizations of this person keep a working admin when these authenticators of theirs are gone."""
    return all(
        authorities.working_admins(organization=one, at=at, without=without).exists()
        for one in organizations_administered_by(user=user, at=at)
    )


def _admins_among(members: list[uuid.UUID], at: dt.datetime) -> bool:
    """Whether anybody here could count: most leavers are no admins, and then nothing more has to be asked."""
    with connection.cursor() as cursor:
        cursor.execute(_ADMINS_AMONG, {"members": members, "at": at})
        return bool(cursor.fetchone()[0])


def grants_admin(*, access: AccessSpec, at: dt.datetime) -> bool:
    """Whether whoever holds `access` is an admin that counts: an admin's role, everywhere and without end."""
    admin = RoleVersion.objects.filter(InForce(at), role__key=access.role, is_admin=True).exists()
    return admin and access.all_sites and access.until is None


def working_admins(*, organization: uuid.UUID, at: dt.datetime) -> list[Membership]:
    """Its working admins with their users, `LISTED_AT_MOST`, in the order of names. Two statements."""
    rows = authorities.working_admins(organization=organization, at=at)
    return list(rows.select_related("user").order_by("sort_key", "id")[:LISTED_AT_MOST])
