"""Rules and lists count the working admins of an organization, which keeps at least one and needs two."""

import datetime as dt
import uuid
from collections.abc import Collection
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from audit.foundation.intervals import InForce
from delegation.authorization import authorities
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.models.roles import Assurance, RoleVersion
from identity.memberships.models import Membership, MembershipPeriod
from identity.people import credentials

_WITHOUT_END = Q(valid_until__isnull=True)


def working_admins(
    *, organization: uuid.UUID, at: dt.datetime, without: Collection[int] = ()
) -> QuerySet[Membership]:
    """Filter the members who count as working admins, now and at every later instant already in the data.

    A working admin has an admin role for all sites, by an own assignment without end, and an active period without end.
    The sign-in is usable and as strong as the role requires, and mail has not bounced. The authenticators of `without`
    do not count, and programs never count.
    """
    admins = [version for version in authorities.versions(at).values() if version.is_admin]
    working = Q(pk__in=[])
    for assurance in sorted({version.required_assurance for version in admins}):
        roles = [version.role_id for version in admins if version.required_assurance == assurance]
        able = credentials.able_to_sign_in(strong=assurance == Assurance.MFA, without=without)
        assignments = Assignment.objects.filter(
            _WITHOUT_END, organization=organization, valid_from__lte=at, role__in=roles, all_sites=True
        )
        working |= Q(id__in=assignments.values("membership"), user__in=able)
    return Membership.objects.filter(
        working,
        organization=organization,
        kind=Membership.Kind.PERSON,
        id__in=_periods_without_end(at).values("membership"),
    )


def number_of_working_admins(*, at: dt.datetime) -> QuerySet[Assignment, dict[str, Any]]:
    """Count the working admins of the organization of the outer statement: one row `n`, without an admin no row.

    As a subquery it reads the admins' assignments of one organization at a time. No statement of its own.
    """
    rows = assignments_of_working_admins(organization=OuterRef("pk"), at=at)
    counted = rows.order_by().values("organization").annotate(n=Count("membership", distinct=True))
    return counted.values("n")


def assignments_of_working_admins(
    *, organization: uuid.UUID | OuterRef, at: dt.datetime
) -> QuerySet[Assignment]:
    """Filter the assignments that make members `working_admins`. No statement of its own."""
    roles = RoleVersion.objects.filter(InForce(at), is_admin=True)
    working = Q(pk__in=[])
    for assurance in Assurance.values:
        able = credentials.able_to_sign_in(strong=assurance == Assurance.MFA)
        requiring = roles.filter(required_assurance=assurance)
        working |= Q(Exists(able.filter(pk=OuterRef("membership__user"))), role__in=requiring.values("role"))
    return assignments_of_admins(organization=organization, at=at).filter(working)


def working_admins_of(*, organizations: Collection[uuid.UUID], at: dt.datetime) -> QuerySet[Membership]:
    """Filter the `working_admins` of several organizations. No statement of its own."""
    assignments = assignments_of_working_admins(organization=OuterRef("organization"), at=at)
    own = assignments.filter(membership=OuterRef("pk"))
    return Membership.objects.filter(Exists(own), organization__in=list(organizations))


def assignments_of_admins(*, organization: uuid.UUID | OuterRef, at: dt.datetime) -> QuerySet[Assignment]:
    """Filter assignments without end of present admins, able to sign in or not. No statement of its own."""
    return Assignment.objects.filter(
        _WITHOUT_END,
        Exists(_periods_without_end(at).filter(membership=OuterRef("membership"))),
        Q(organization=organization),
        role__in=RoleVersion.objects.filter(InForce(at), is_admin=True).values("role"),
        valid_from__lte=at,
        all_sites=True,
        membership__kind=Membership.Kind.PERSON,
    )


def assignments_of_bounced_admins(
    *, organization: uuid.UUID | OuterRef, at: dt.datetime
) -> QuerySet[Assignment]:
    """Filter those of present admins whose mail is returned: they are no working admins. No statement of its own."""
    rows = assignments_of_admins(organization=organization, at=at)
    return rows.filter(membership__user__mail_bounced_at__isnull=False)


def _periods_without_end(at: dt.datetime) -> QuerySet[MembershipPeriod]:
    return MembershipPeriod.objects.filter(
        _WITHOUT_END, valid_from__lte=at, state=MembershipPeriod.State.ACTIVE
    )
