"""What ends when colleagues leave, counted before it does."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Q

from delegation.models import Invitation
from delegation.queries.colleagues import Found
from identity import memberships
from identity.models import Membership, Session, SignIn

Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is open now: browsers, services by name, invitations; when each service was last used, by its key."""

    sessions: int
    services: Sequence[Text]
    invitations: int
    last_used: Mapping[str, dt.datetime]


def counts(*, leavers: Sequence[Found], at: dt.datetime) -> Counts:
    """Four statements. Sessions are those of people who are a colleague nowhere else."""
    ids = [one.membership.id for one in leavers]
    users = [one.membership.user_id for one in leavers]
    organizations = {one.membership.organization_id for one in leavers}
    elsewhere = memberships.active(at=at).filter(user__in=users).exclude(id__in=ids).values("user")
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
    return Counts(
        sessions=sessions.count(),
        services=[name for _key, name, _last, still in used if still],
        invitations=sent.count(),
        last_used={key: last for key, _name, last, _still in used},
    )


def emails(*, memberships: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """The addresses of these colleagues. One statement."""
    return dict(Membership.objects.filter(id__in=memberships).values_list("id", "user__email"))
