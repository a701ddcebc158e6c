"""Writes staff rights and their projection into guardian, without authorization."""

import datetime as dt
import uuid
from collections.abc import Collection

from django.contrib.auth.models import Permission

from audit.foundation.actor import Actor
from audit.foundation.intervals import NotEnded
from delegation.authorization.models.staff import StaffPermission, StaffRight, StaffScope
from identity.organizations.models import BusinessUnit, Organization


def scope_of(*, unit: BusinessUnit | None, organization: Organization | None) -> StaffScope:
    """Return the scope of this part of the supplier; the first right for it creates the row."""
    row = StaffScope.objects.filter(unit=unit, organization=organization).first()
    return row or StaffScope.objects.create(unit=unit, organization=organization)


def add(
    *,
    user: uuid.UUID,
    role: str,
    scope: StaffScope,
    until: dt.datetime | None,
    actor: Actor,
    act: uuid.UUID,
    at: dt.datetime,
) -> StaffRight:
    """Add a right from `at` on."""
    row = StaffRight.objects.create(
        user_id=user,
        role=role,
        scope=scope,
        valid_from=at,
        valid_until=until,
        given_by=actor.id,
        given_by_kind=actor.kind.value,
        act=act,
    )
    project(users=[user], at=at)
    return row


def end(*, rights: Collection[uuid.UUID], users: Collection[uuid.UUID], at: dt.datetime) -> None:
    """End these rights, which belong to these users, at `at`."""
    StaffRight.objects.filter(id__in=rights).update(valid_until=at)
    project(users=users, at=at)


def project(*, users: Collection[uuid.UUID], at: dt.datetime) -> int:
    """Give guardian one permission for each right of these users that has not ended. Returns how many rows differed.

    Five statements at most, for any number of users.
    """
    permissions = dict(
        Permission.objects.filter(
            content_type__app_label=StaffScope._meta.app_label,
            content_type__model=StaffScope._meta.model_name,
        ).values_list("codename", "id")
    )
    rights = StaffRight.objects.filter(NotEnded(at), user__in=users)
    wanted = {
        (user, permissions[role], scope) for user, role, scope in rights.values_list("user", "role", "scope")
    }
    rows = StaffPermission.objects.filter(user__in=users)
    stored = {(user, permission, scope): row for row, user, permission, scope in rows.values_list(
        "id", "user", "permission", "content_object"
    )}  # fmt: skip
    surplus = [row for key, row in stored.items() if key not in wanted]
    missing = [
        StaffPermission(user_id=user, permission_id=permission, content_object_id=scope)
        for user, permission, scope in sorted(wanted - stored.keys(), key=str)
    ]
    StaffPermission.objects.filter(id__in=surplus).delete()
    StaffPermission.objects.bulk_create(missing)
    return len(surplus) + len(missing)


def projected_users() -> set[uuid.UUID]:
    """Return all users with a staff right or a projected permission. Two statements."""
    return {
        *StaffRight.objects.values_list("user", flat=True),
        *StaffPermission.objects.values_list("user", flat=True),
    }
