"""The sessions, services, invitations and service users that a removal will end are named before it."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from delegation.invitations.models import Invitation
from delegation.people.queries import VisibleMember
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.service_users import queries as service_users_queries
from identity.sessions.models import Session, SignIn, open_at

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemovalImpact:
    """Counts open sessions and invitations, and names the services in use and when each was last used, by key."""

    sessions: int
    services: Sequence[Text]
    invitations: int
    last_used: Mapping[str, dt.datetime]
    service_users: Sequence[str] = ()
    """The names of the programs that stop, because their owner leaves."""


def removal_impact(*, leavers: Sequence[VisibleMember], at: dt.datetime) -> RemovalImpact:
    """Read the impact on these members.

    Only sessions of people without another active membership count. Invitations to the leavers do not count: the
    reader may not be allowed to see them. Five statements.
    """
    ids = [leaver.membership.id for leaver in leavers]
    users = [leaver.membership.user_id for leaver in leavers]
    organizations = {leaver.membership.organization_id for leaver in leavers}
    elsewhere = memberships_queries.active(at=at).filter(user__in=users).exclude(id__in=ids).values("user")
    sessions = Session.objects.filter(open_at(at), user__in=users).exclude(user__in=elsewhere)
    invitations = Invitation.objects.filter(
        organization__in=organizations, invited_by__in=users, accepted_at=None, cancelled_at=None
    )
    services = list(
        SignIn.objects.filter(membership__in=ids, clients__isnull=False)
        .values_list("clients__application__key", "clients__application__name")
        .annotate(last=Max("last_seen_at"), open_count=Count("id", filter=Q(ended_at=None)))
        .order_by("clients__application__key")
    )
    return RemovalImpact(
        sessions=sessions.count(),
        services=[name for _key, name, _last, open_count in services if open_count],
        invitations=invitations.count(),
        last_used={key: last for key, _name, last, _open_count in services},
        service_users=service_users_queries.names_in_force(owners=ids, at=at),
    )


def emails(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Read the e-mail addresses of these members, by membership. One statement."""
    return dict(Membership.objects.filter(id__in=memberships).values_list("id", "user__email"))
