"""A browser session has one sign-in for each organization, known to services as `sid`."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from audit.foundation import db, ids
from identity.memberships.eligible_memberships import EligibleMembership
from identity.people.models import User
from identity.sessions.models import SignIn


@dataclass(frozen=True, slots=True)
class AuthenticationContext:
    """Holds a person's authentication and chosen organization, as read *before* the decision to issue.

    Both epochs were read together with what the decision rests on, so that an ending in between voids what is issued.
    """

    session_key: str
    """The keyed hash of the browser session (`identity.sessions.store`)."""
    user: uuid.UUID
    user_epoch: int
    membership: uuid.UUID
    membership_epoch: int
    organization: uuid.UUID
    application_key: str
    auth_time: dt.datetime
    amr: tuple[str, ...]


def authentication_context(
    *,
    user: object,
    session_key: str,
    membership: EligibleMembership,
    application_key: str,
    auth_time: dt.datetime,
    amr: Iterable[str],
) -> AuthenticationContext:
    """Build the context; `user` has the epoch that the session loaded. Raises TypeError for an anonymous user."""
    if not isinstance(user, User):
        raise TypeError(user)
    return AuthenticationContext(
        session_key=session_key,
        user=user.id,
        user_epoch=user.epoch,
        membership=membership.id,
        membership_epoch=membership.epoch,
        organization=membership.organization,
        application_key=application_key,
        auth_time=auth_time,
        amr=tuple(amr),
    )


_END_STALE = """
UPDATE identity_signin SET ended_at = %(at)s
WHERE session_key = %(session)s AND membership_id = %(membership)s AND ended_at IS NULL
  AND (user_epoch, membership_epoch) <> (%(user_epoch)s, %(membership_epoch)s)
RETURNING id
"""
_OPEN = """
INSERT INTO identity_signin (id, session_key, user_id, membership_id, user_epoch, membership_epoch, auth_time, amr,
                             started_at, last_seen_at)
VALUES (%(id)s, %(session)s, %(user)s, %(membership)s, %(user_epoch)s, %(membership_epoch)s, %(auth_time)s,
        to_jsonb(%(amr)s::text[]), %(at)s, %(at)s)
ON CONFLICT (session_key, membership_id) WHERE ended_at IS NULL
DO UPDATE SET last_seen_at = excluded.last_seen_at, auth_time = excluded.auth_time, amr = excluded.amr
RETURNING id
"""
_ADD_CLIENT = """
INSERT INTO identity_signin_clients (signin_id, client_id) VALUES (%(sid)s, %(client)s)
ON CONFLICT DO NOTHING RETURNING id
"""


def get_or_open(*, authentication: AuthenticationContext, at: dt.datetime) -> uuid.UUID:
    """Return the `sid` of this session and organization; a new one where the last has ended or has an older epoch."""
    params = {
        "id": ids.uuid7(),
        "session": authentication.session_key,
        "user": authentication.user,
        "membership": authentication.membership,
        "user_epoch": authentication.user_epoch,
        "membership_epoch": authentication.membership_epoch,
        "auth_time": authentication.auth_time,
        "amr": list(authentication.amr),
        "at": at,
    }
    db.fetch_one(_END_STALE, params)
    row = db.fetch_one(_OPEN, params)
    if row is None:  # pragma: no cover - INSERT … ON CONFLICT DO UPDATE always returns its row
        raise LookupError
    return uuid.UUID(str(row[0]))


def add_client(*, sid: uuid.UUID, client: str) -> bool:
    """Add a client to notify when the sign-in ends. Returns whether it is new to this sign-in."""
    return db.fetch_one(_ADD_CLIENT, {"sid": sid, "client": client}) is not None


def end_for_session(*, session_key: str, at: dt.datetime) -> int:
    """End the open sign-ins of this browser session. Returns how many."""
    return SignIn.objects.filter(session_key=session_key, ended_at=None).update(ended_at=at)
