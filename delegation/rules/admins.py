"""An organization that has a working admin keeps one."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable

from django.db import connection

from audit.intervals import InForce
from delegation import powers
from delegation.errors import LastAdmin
from delegation.models import RoleVersion
from delegation.wanted import Access
from identity.models import Membership

NAMED = 20
"""How many are named in a refusal."""

_ADMINS_AMONG = """
SELECT EXISTS (
    SELECT 1 FROM delegation_assignment a
    JOIN delegation_roleversion v ON v.role_id = a.role_id AND v.is_admin
     AND in_force(v.valid_from, v.valid_until, %(at)s)
    WHERE a.membership_id = ANY(%(members)s) AND a.valid_from <= %(at)s AND a.valid_until IS NULL
)
"""


def keep_an_admin(*, organization: uuid.UUID, losing: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Raises LastAdmin, naming them, if the organization has a working admin and all of them are among `losing`.

    An admin who counts has neither end date nor an ending period, so that one who counts at `at` counts at every
    later instant already in the data.
    """
    members = list(losing)
    if not _admins_among(members, at):
        return
    admins = powers.working_admins(organization=organization, at=at)
    if admins.exclude(id__in=members).exists():
        return
    lost = list(admins.order_by("sort_key", "id").values_list("id", flat=True)[:NAMED])
    if lost:
        raise LastAdmin(organization=str(organization), refused=[str(one) for one in lost])


def looked_after(*, user: uuid.UUID, at: dt.datetime) -> list[uuid.UUID]:
    """The organizations that this person is a working admin of: whose chains are held before a way to sign in goes."""
    mine = Membership.objects.filter(user=user).values_list("organization", flat=True)
    return [
        one
        for one in mine.order_by("organization")
        if powers.working_admins(organization=one, at=at).filter(user=user).exists()
    ]


def left_with_an_admin(*, user: uuid.UUID, without: Collection[int], at: dt.datetime) -> bool:
    """Whether all organizations of this person keep a working admin when these authenticators of theirs are gone."""
    return all(
        powers.working_admins(organization=one, at=at, without=without).exists()
        for one in looked_after(user=user, at=at)
    )


def _admins_among(members: list[uuid.UUID], at: dt.datetime) -> bool:
    """Whether anybody here could count: most leavers are no admins, and then nothing more has to be asked."""
    with connection.cursor() as cursor:
        cursor.execute(_ADMINS_AMONG, {"members": members, "at": at})
        return bool(cursor.fetchone()[0])


def makes_an_admin(*, access: Access, at: dt.datetime) -> bool:
    """Whether whoever holds `access` is an admin that counts: an admin's role, everywhere and without end."""
    admin = RoleVersion.objects.filter(InForce(at), role__key=access.role, is_admin=True).exists()
    return admin and access.all_sites and access.until is None
