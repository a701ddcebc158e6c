"""The sessions of members are read here, and when each member was last seen."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.db import connection
from django.db.models import F

from identity.memberships import queries as memberships_queries
from identity.people.models import User
from identity.sessions.models import Session, SignIn, open_at

Text = Mapping[str, str]


@dataclass(slots=True)
class LastSeen:
    """Says when and where a member was last active; `service` is empty for the portal itself."""

    at: dt.datetime
    service: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Describes a signed-in browser. `key` names it in forms: a stored hash, which does not work as a cookie."""

    key: str
    agent: str
    last_seen_at: dt.datetime
    services: Sequence[Text] = ()
    signed_in_at: dt.datetime | None = None
    """Only in the person's own list."""


_LAST_SEEN = """
SELECT m.id, used.last_seen_at, used.name, greatest(here.seen_at, l.at)
FROM identity_published_membership m
JOIN identity_published_user u ON u.id = m.user_id
LEFT JOIN identity_published_last_sign_in l ON l.membership_id = m.id
LEFT JOIN LATERAL (
    SELECT s.last_seen_at, app.name FROM identity_published_sign_in s
    JOIN identity_published_sign_in_client x ON x.sign_in_id = s.id
    JOIN identity_published_client c ON c.id = x.client_id
    JOIN identity_published_application app ON app.id = c.application_id
    WHERE s.membership_id = m.id ORDER BY s.last_seen_at DESC LIMIT 1
) used ON true
LEFT JOIN LATERAL (
    SELECT max(sign.at) AS seen_at FROM (
        SELECT b.last_seen_at AS at FROM identity_published_session b
        WHERE b.user_id = m.user_id AND b.expires_at > %(at)s
        UNION ALL SELECT u.last_login
    ) sign
    WHERE EXISTS (
        SELECT 1 FROM identity_published_period p WHERE p.membership_id = m.id
          AND p.valid_from <= sign.at + interval '1 minute' AND not_ended(p.valid_until, sign.at)
    ) AND NOT EXISTS (
        SELECT 1 FROM identity_published_period p JOIN identity_published_membership o ON o.id = p.membership_id
        WHERE o.user_id = m.user_id AND o.id <> m.id
          AND in_force(p.valid_from, p.valid_until, sign.at)
    )
) here ON true
WHERE m.id = ANY(%(memberships)s)
"""
"""A browser and a sign-in belong to a person: they count only for the organization the person had at that time, and for
one of several whose pages the browser opened.
A minute before the membership still counts: accepting an invitation signs in first and joins afterwards."""


def last_seen(*, memberships: Iterable[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, LastSeen]:
    """Read the last activity by membership. One statement.

    It is absent for a member who never signed in, and as well for one whose sign-ins concern another organization: the
    difference would say that the person has one.
    """
    by_membership: dict[uuid.UUID, LastSeen] = {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST_SEEN, {"memberships": list(memberships), "at": at})
        for membership, used_at, service, seen_at in cursor.fetchall():
            if seen_at is not None and (used_at is None or seen_at > used_at):
                by_membership[membership] = LastSeen(seen_at)
            elif used_at is not None:
                by_membership[membership] = LastSeen(used_at, json.loads(service))
    return by_membership


def sessions_with_services(*, membership: uuid.UUID, at: dt.datetime) -> list[BrowserSession]:
    """Read the browsers that are signed in to services of this organization. Three statements at most."""
    rows = SignIn.objects.filter(
        membership=membership,
        ended_at=None,
        user_epoch=F("user__epoch"),
        membership_epoch=F("membership__epoch"),
        user__is_active=True,
    ).filter(membership__in=memberships_queries.active(at=at))
    rows = rows.prefetch_related("clients__application").order_by("-last_seen_at")
    sign_ins = list(rows)
    agents = dict(
        Session.objects.filter(
            open_at(at), session_key__in=[row.session_key for row in sign_ins]
        ).values_list("session_key", "agent")
    )
    return [
        BrowserSession(
            key=str(row.id),
            agent=agents[row.session_key],
            last_seen_at=row.last_seen_at,
            services=[client.application.name for client in row.clients.all()],
        )
        for row in sign_ins
        if row.session_key in agents
    ]


def browser_sessions(*, user: uuid.UUID, at: dt.datetime) -> list[BrowserSession]:
    """Read a person's own sessions, newest first, to be shown to that person only. One statement."""
    rows = Session.objects.filter(open_at(at), user=user, epoch=F("user__epoch"))
    return [
        BrowserSession(row.session_key, row.agent, row.last_seen_at, signed_in_at=row.created_at)
        for row in rows.order_by("-last_seen_at", "session_key")
    ]


def services_in_use(*, user: uuid.UUID) -> list[Text]:
    """Read the names of the services to which this person is signed in, for any organization. One statement."""
    rows = SignIn.objects.filter(
        user=user, ended_at=None, user_epoch=F("user__epoch"), membership_epoch=F("membership__epoch")
    )
    names = rows.filter(clients__isnull=False).values_list(
        "clients__application__key", "clients__application__name"
    )
    return [name for _key, name in names.order_by("clients__application__key").distinct()]


def factors(*, user: User) -> set[str]:
    """Read the factors this person can sign in with: password, totp, webauthn, recovery_codes. One statement."""
    types = set(Authenticator.objects.filter(user=user.id).values_list("type", flat=True))
    return types | ({"password"} if user.has_usable_password() else set())
