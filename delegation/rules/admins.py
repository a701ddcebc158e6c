"""An organization that has a working admin keeps one."""

import datetime as dt
import uuid
from collections.abc import Iterable

from delegation import powers
from delegation.errors import LastAdmin
from delegation.models import RoleVersion
from delegation.wanted import Access
from identity import memberships


def keep_an_admin(*, organization: uuid.UUID, losing: Iterable[uuid.UUID], at: dt.datetime) -> None:
    """Raises LastAdmin if the organization has a working admin and all of them are among `losing`.

    An admin who counts has neither end date nor an ending period, so that one who counts at `at` counts at every
    later instant already in the data.
    """
    admins = powers.working_admins(organization=organization, at=at)
    if not admins.exclude(id__in=list(losing)).exists() and admins.exists():
        raise LastAdmin(organization=str(organization))


def makes_an_admin(*, access: Access, at: dt.datetime) -> bool:
    """Whether whoever holds `access` is an admin that counts: an admin's role, everywhere and without end."""
    admin = RoleVersion.objects.filter(
        memberships.covering(at), role__key=access.role, is_admin=True
    ).exists()
    return admin and access.all_sites and access.until is None
