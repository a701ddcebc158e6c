"""Staff read a customer's suspension, and before it what it would end; people read that they cannot sign in."""

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from audit.foundation import db
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization, Suspension
from identity.people.models import User

DUE = 50
"""The most that one call of the deliverer resumes."""


@dataclass(frozen=True, slots=True)
class SuspensionView:
    """Describes the present suspension of an organization."""

    id: uuid.UUID
    reason: str
    since: dt.datetime
    resume_at: dt.datetime | None
    by: uuid.UUID
    suspended_by: str
    """The name of the staff member, for staff alone; empty for the command."""
    organization: Organization


@dataclass(frozen=True, slots=True)
class SuspensionEffects:
    """Counts what a suspension would end now."""

    people: int
    """Members in force."""
    elsewhere: int
    """Those of them with another organization, who keep it."""
    sessions: int
    """Open browser sessions of the others, which end as a whole."""
    invitations: int
    service_users: int


def present(*, organization: uuid.UUID) -> SuspensionView | None:
    """Read the suspension that holds now. One statement."""
    names = User.all_directories.filter(pk=OuterRef("suspended_by")).values("name")
    rows = Suspension.objects.filter(organization=organization, valid_until=None)
    row = rows.select_related("organization").annotate(name=Subquery(names)).first()
    if row is None:
        return None
    return SuspensionView(
        id=row.id,
        reason=row.reason,
        since=row.valid_from,
        resume_at=row.resume_at,
        by=row.suspended_by,
        suspended_by=row.name or "",
        organization=row.organization,
    )


def due(*, at: dt.datetime, besides: Collection[uuid.UUID] = ()) -> list[Suspension]:
    """Read the suspensions whose stated end has come, except `besides`, the oldest first. One statement."""
    rows = Suspension.objects.filter(valid_until=None, resume_at__lte=at).exclude(pk__in=besides)
    return list(rows.select_related("organization").order_by("resume_at", "id")[:DUE])


def of_member(*, user: uuid.UUID, organization_key: str, at: dt.datetime) -> Suspension | None:
    """Read the present suspension of this organization, for an active member of it. One statement."""
    return _of_organizations_of(user, at).filter(organization__key=organization_key).first()


def closing_sign_in(*, user: uuid.UUID, at: dt.datetime) -> Suspension | None:
    """Read the suspension because of which this person cannot sign in; None for one who has another organization.

    One statement.
    """
    others = memberships_queries.active(at=at).filter(user=user)
    return _of_organizations_of(user, at).filter(~Exists(others)).order_by("valid_from", "id").first()


def _of_organizations_of(user: uuid.UUID, at: dt.datetime) -> QuerySet[Suspension]:
    active = memberships_queries.in_state(at=at, states=[MembershipPeriod.State.ACTIVE])
    members = Membership.objects.filter(active, user=user, organization=OuterRef("organization"))
    rows = Suspension.objects.filter(Exists(members), valid_until=None)
    return rows.select_related("organization")


_EFFECTS = """
WITH member AS MATERIALIZED (
    SELECT m.id, m.user_id, EXISTS (
        SELECT FROM identity_membership_at(%(at)s) o
        WHERE o.user_id = m.user_id AND o.id <> m.id AND o.in_force) AS elsewhere
    FROM identity_membership_at(%(at)s) m
    WHERE m.organization_id = %(organization)s AND m.in_force
)
SELECT (SELECT count(*) FROM member), (SELECT count(*) FROM member WHERE elsewhere),
       (SELECT count(*) FROM member m JOIN identity_published_session s ON s.user_id = m.user_id
        WHERE NOT m.elsewhere AND identity_session_open(s.expires_at, s.last_seen_at, %(at)s)),
       (SELECT count(*) FROM delegation_invitation
        WHERE organization_id = %(organization)s AND accepted_at IS NULL AND cancelled_at IS NULL
          AND expires_at > %(at)s),
       (SELECT count(*) FROM identity_service_user_at(%(at)s)
        WHERE organization_id = %(organization)s AND in_force)
"""


def effects(*, organization: uuid.UUID, at: dt.datetime) -> SuspensionEffects:
    """Count what a suspension would end at `at`. One statement."""
    params = {"organization": organization, "at": at}
    return SuspensionEffects(*db.fetch_only(_EFFECTS, params))
