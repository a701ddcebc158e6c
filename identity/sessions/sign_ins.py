"""A browser session has one sign-in for each organization, known to services as `sid`."""

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Max

from audit.foundation import db, ids
from identity.memberships.eligible_memberships import EligibleMembership
from identity.people.models import User
from identity.sessions.models import SignIn


class SessionEnded(Exception):
    """The browser session has ended since the request loaded it."""


class ProofTooOld(Exception):
    """This organization was revoked for the person or the browser after the proof; `since` is the instant."""

    def __init__(self, since: dt.datetime) -> None:
        super().__init__(since)
        self.since = since


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


# The user's row and the session's are locked in the order in which endings lock them: either an ending waits and ends
# this sign-in too, or this waits and finds no session. KEY SHARE does not wait for a session that is only saved.
_LOCK_AND_END_STALE = """
WITH session AS (
    SELECT s.session_key FROM identity_user u, identity_session s
    WHERE s.session_key = %(session)s AND s.user_id = %(user)s AND u.id = s.user_id
    FOR SHARE OF u FOR KEY SHARE OF s
),
stale AS (
    UPDATE identity_signin SET ended_at = %(at)s
    WHERE EXISTS (SELECT FROM session)
      AND session_key = %(session)s AND membership_id = %(membership)s AND ended_at IS NULL
      AND (user_epoch, membership_epoch) <> (%(user_epoch)s, %(membership_epoch)s)
)
SELECT greatest(
    (SELECT revoked_at FROM identity_membership WHERE id = %(membership)s),
    (SELECT max(ended_at) FROM identity_signin WHERE session_key = %(session)s AND membership_id = %(membership)s)
) FROM session
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
ON CONFLICT (signin_id, client_id) DO NOTHING RETURNING id
"""


def get_or_open(*, authentication: AuthenticationContext, at: dt.datetime) -> uuid.UUID:
    """Return the `sid` of this session and organization; a new one where the last has ended or has an older epoch.

    Locks the browser session until the transaction ends. Raises SessionEnded where it has ended, and ProofTooOld.
    """
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
    locked = db.fetch_one(_LOCK_AND_END_STALE, params)
    if locked is None:
        raise SessionEnded
    if locked[0] is not None and locked[0] >= authentication.auth_time:
        raise ProofTooOld(locked[0])
    (sid,) = db.fetch_only(_OPEN, params)
    return uuid.UUID(str(sid))


def is_open(*, sid: uuid.UUID, session_key: str) -> bool:
    """Return whether this sign-in is one of the browser session's and has not ended. One statement."""
    return SignIn.objects.filter(pk=sid, session_key=session_key, ended_at=None).exists()


def last_ended_at(*, session_key: str, membership: uuid.UUID) -> dt.datetime | None:
    """Return when the newest sign-in of this browser session to this organization ended. One statement."""
    ended = SignIn.objects.filter(session_key=session_key, membership=membership)
    last: dt.datetime | None = ended.aggregate(last=Max("ended_at"))["last"]
    return last


def add_client(*, sid: uuid.UUID, client: str) -> bool:
    """Add a client to notify when the sign-in ends. Returns whether it is new to this sign-in."""
    return db.fetch_one(_ADD_CLIENT, {"sid": sid, "client": client}) is not None
