"""What ends when colleagues leave, counted before it does."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from delegation.invitations.models import Invitation
from delegation.people.queries import VisibleMember
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.sessions.models import Session, SignIn

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemovalImpact:
    """How much is open now: browsers, services by name, invitations; when each service was last used, by its key."""

    sessions: int
    services: Sequence[Text]
    invitations: int
    last_used: Mapping[str, dt.datetime]


def removal_impact(*, leavers: Sequence[VisibleMember], at: dt.datetime) -> RemovalImpact:
    """Four statements. Sessions are those of people who are a colleague nowhere else."""
    ids = [one.membership.id for one in leavers]
    users = [one.membership.user_id for one in leavers]
    organizations = {one.membership.organization_id for one in leavers}
    elsewhere = memberships_queries.active(at=at).filter(user__in=users).exclude(id__in=ids).values("user")
    sessions = Session.objects.filter(user__in=users, expire_date__gt=at).exclude(user__in=elsewhere)
    sent = Invitation.objects.filter(
        organization__in=organizations, invited_by__in=users, accepted_at=None, cancelled_at=None
    )
    used = list(
        SignIn.objects.filter(membership__in=ids, clients__isnull=False)
        .values_list("clients__application__key", "clients__application__name")
        .annotate(last=Max("last_seen_at"), still=Count("id", filter=Q(ended_at=None)))
        .order_by("clients__application__key")
    )
    return RemovalImpact(
        sessions=sessions.count(),
        services=[name for _key, name, _last, still in used if still],
        invitations=sent.count(),
        last_used={key: last for key, _name, last, _still in used},
    )


def emails(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The addresses of these colleagues. One statement."""
    return dict(Membership.objects.filter(id__in=memberships).values_list("id", "user__email"))
