"""Where colleagues are signed in, and when they were last seen."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.db.models import Count, F, Max, Q, QuerySet

from identity import memberships
from identity.models import Session, SignIn, User

Text = Mapping[str, str]


@dataclass(slots=True)
class Seen:
    """The last sign of life in an organization; `where` is the service, empty for the portal itself."""

    at: dt.datetime
    where: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that is signed in. `key` names it in forms: the stored hash, of no use to anybody as a cookie."""

    key: str
    agent: str
    last_seen_at: dt.datetime
    services: Sequence[Text] = ()
    since: dt.datetime | None = None
    """When this browser was signed in, where it is one's own to know."""


def last_seen(*, colleagues: Mapping[uuid.UUID, uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, Seen]:
    """By membership, from membership and user. Two statements.

    A browser session belongs to a person and may serve another company: it counts only for those who have no other.
    """
    found: dict[uuid.UUID, Seen] = {}
    latest = (
        SignIn.objects.filter(membership__in=list(colleagues), clients__isnull=False)
        .order_by("membership", "-last_seen_at")
        .distinct("membership")
        .values_list("membership", "last_seen_at", "clients__application__name")
    )
    for membership, seen, name in latest:
        found[membership] = Seen(seen, name)
    here_only = (
        Session.objects.filter(user__in=list(colleagues.values()), expire_date__gt=at)
        .values("user")
        .annotate(seen=Max("last_seen_at"))
        .filter(~Q(user__in=_several(colleagues.values())))
    )
    by_user = {row["user"]: row["seen"] for row in here_only}
    for membership, user in colleagues.items():
        here = by_user.get(user)
        if here is not None and (membership not in found or here > found[membership].at):
            found[membership] = Seen(here)
    return found


def _several(users: Iterable[uuid.UUID]) -> QuerySet[User, uuid.UUID]:
    counted = User.objects.filter(id__in=list(users)).annotate(many=Count("memberships"))
    return counted.filter(many__gt=1).values_list("id", flat=True)


def services(*, membership: uuid.UUID, at: dt.datetime) -> list[Browser]:
    """The browsers from which services of this organization are in use now. Three statements at most."""
    rows = SignIn.objects.filter(
        membership=membership,
        ended_at=None,
        user_epoch=F("user__epoch"),
        membership_epoch=F("membership__epoch"),
        user__is_active=True,
    ).filter(membership__in=memberships.active(at=at))
    rows = rows.prefetch_related("clients__application").order_by("-last_seen_at")
    held = list(rows)
    agents = dict(
        Session.objects.filter(
            session_key__in=[row.session_key for row in held], expire_date__gt=at
        ).values_list("session_key", "agent")
    )
    return [
        Browser(
            key=str(row.id),
            agent=agents[row.session_key],
            last_seen_at=row.last_seen_at,
            services=[client.application.name for client in row.clients.all()],
        )
        for row in held
        if row.session_key in agents
    ]


def browsers(*, user: uuid.UUID, at: dt.datetime) -> list[Browser]:
    """A person's own sessions, newest first: only for that person's eyes. One statement."""
    rows = Session.objects.filter(user=user, expire_date__gt=at, epoch=F("user__epoch"))
    return [
        Browser(row.session_key, row.agent, row.last_seen_at, since=row.created_at)
        for row in rows.order_by("-last_seen_at", "session_key")
    ]


def factors(*, user: uuid.UUID) -> set[str]:
    """With what this person can sign in: password, totp, webauthn, recovery_codes. Two statements."""
    row = User.objects.filter(id=user).first()
    known = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return known | ({"password"} if row is not None and row.has_usable_password() else set())
