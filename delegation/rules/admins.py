"""An organization that has a working admin keeps one."""

import datetime as dt
import uuid
from collections.abc import Iterable

from django.db import connection

from delegation import powers
from delegation.errors import LastAdmin
from delegation.models import RoleVersion
from delegation.wanted import Access
from identity import memberships

_ADMINS_AMONG = """
SELECT EXISTS (
    SELECT 1 FROM delegation_assignment a
    JOIN delegation_roleversion v ON v.role_id = a.role_id AND v.is_admin
     AND v.valid_from <= %(at)s AND (v.valid_until IS NULL OR v.valid_until > %(at)s)
    WHERE a.membership_id = ANY(%(members)s) AND a.valid_from <= %(at)s AND a.valid_until IS NULL
)
"""


def keep_an_admin(*, organization: uuid.UUID, losing: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Raises LastAdmin if the organization has a working admin and all of them are among `losing`.

    An admin who counts has neither end date nor an ending period, so that one who counts at `at` counts at every
    later instant already in the data.
    """
    members = list(losing)
    if not _admins_among(members, at):
        return
    admins = powers.working_admins(organization=organization, at=at)
    if not admins.exclude(id__in=members).exists() and admins.exists():
        raise LastAdmin(organization=str(organization))


def _admins_among(members: list[uuid.UUID], at: dt.datetime) -> bool:
    """Whether anybody here could count: most leavers are no admins, and then nothing more has to be asked."""
    with connection.cursor() as cursor:
        cursor.execute(_ADMINS_AMONG, {"members": members, "at": at})
        return bool(cursor.fetchone()[0])


def makes_an_admin(*, access: Access, at: dt.datetime) -> bool:
    """Whether whoever holds `access` is an admin that counts: an admin's role, everywhere and without end."""
    admin = RoleVersion.objects.filter(
        memberships.covering(at), role__key=access.role, is_admin=True
    ).exists()
    return admin and access.all_sites and access.until is None
