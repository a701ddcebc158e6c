"""The sessions and services that a removal will end are named before it, with what capabilities have joined."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from audit.foundation.actor import Actor
from delegation import impacts
from delegation.impacts import Impact, Leaving
from delegation.people.queries import VisibleMember
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.sessions.models import Session, SignIn, open_at

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RemovalImpact:
    """Counts open sessions, names the services in use and when each was last used by key, and lists what else ends."""

    sessions: int
    services: Sequence[Text]
    last_used: Mapping[str, dt.datetime]
    endings: Sequence[Impact] = ()
    """What ends with the leavers."""
    decisions: Sequence[Impact] = ()
    """What needs a successor."""


def removal_impact(*, actor: Actor, leavers: Sequence[VisibleMember], at: dt.datetime) -> RemovalImpact:
    """Read the impact on these members, who are in one organization.

    Only sessions of people without another active membership count. The number of statements is constant.
    """
    ids = [leaver.membership.id for leaver in leavers]
    users = [leaver.membership.user_id for leaver in leavers]
    elsewhere = memberships_queries.active(at=at).filter(user__in=users).exclude(id__in=ids).values("user")
    sessions = Session.objects.filter(open_at(at), user__in=users).exclude(user__in=elsewhere)
    services = list(
        SignIn.objects.filter(membership__in=ids, clients__isnull=False)
        .values_list("clients__application__key", "clients__application__name")
        .annotate(last=Max("last_seen_at"), open_count=Count("id", filter=Q(ended_at=None)))
        .order_by("clients__application__key")
    )
    leaving = Leaving(actor, leavers[0].membership.organization_id, ids, users, at)
    joined = impacts.impacts(leaving)
    return RemovalImpact(
        sessions=sessions.count(),
        services=[name for _key, name, _last, open_count in services if open_count],
        last_used={key: last for key, _name, last, _open_count in services},
        endings=[impact for impact in joined if not impact.is_decision],
        decisions=[impact for impact in joined if impact.is_decision],
    )


def emails(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Read the e-mail addresses of these members, by membership. One statement."""
    return dict(Membership.objects.filter(id__in=memberships).values_list("id", "user__email"))
