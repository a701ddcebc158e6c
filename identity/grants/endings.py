"""Grants end here without a request of their client: with the last right in it, and with the browser session."""

import datetime as dt
import json
import uuid
from collections.abc import Iterable
from typing import NamedTuple

from audit.foundation import db
from identity.sessions.models import IDLE_LIMIT


class OpenGrant(NamedTuple):
    """Names what one client holds for one membership: its token families that have not ended."""

    membership: uuid.UUID
    client: str
    application: str


_OPEN = """
SELECT DISTINCT f.membership_id, f.client_id, a.key
FROM identity_tokenfamily f
JOIN identity_client c ON c.protocol_id = f.client_id
JOIN identity_application a ON a.id = c.application_id
WHERE f.expires_at > %(at)s AND f.ended_at IS NULL AND (f.membership_id, f.client_id) > (%(membership)s, %(client)s)
ORDER BY f.membership_id, f.client_id LIMIT %(most)s
"""
_FIRST = uuid.UUID(int=0)
_END = """
UPDATE identity_tokenfamily f SET ended_at = %(at)s, logout_at = %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(membership uuid, client text)
WHERE f.membership_id = x.membership AND f.client_id = x.client AND f.ended_at IS NULL AND f.issued_at < %(at)s
RETURNING f.id
"""
# A session that is over by its idle limit alone goes on at a service that has got tokens since: a person works there.
_END_SIGN_INS = """
WITH over AS (
    SELECT session_key, expire_date FROM identity_session
    WHERE user_id IS NOT NULL AND NOT identity_session_open(expire_date, last_seen_at, %(at)s)
),
ended AS (
    UPDATE identity_signin s SET ended_at = %(at)s FROM over
    WHERE s.session_key = over.session_key AND s.ended_at IS NULL AND (over.expire_date <= %(at)s OR NOT EXISTS (
        SELECT FROM identity_tokenfamily f LEFT JOIN identity_refreshtoken t ON t.family_id = f.id
        WHERE f.sign_in_id = s.id AND f.ended_at IS NULL
          AND greatest(f.issued_at, t.issued_at) > %(at)s - %(idle)s))
    RETURNING s.id
),
families AS (
    UPDATE identity_tokenfamily SET ended_at = %(at)s
    WHERE sign_in_id IN (SELECT id FROM ended) AND ended_at IS NULL
)
SELECT count(*) FROM ended
"""


def open_grants(*, at: dt.datetime, most: int, after: OpenGrant | None = None) -> list[OpenGrant]:
    """List what clients hold, each client once for each membership, up to `most` that follow `after`. One statement."""
    membership, client = (after.membership, after.client) if after else (_FIRST, "")
    rows = db.fetch_all(_OPEN, {"at": at, "membership": membership, "client": client, "most": most})
    return [OpenGrant(*row) for row in rows]


def end(*, grants: Iterable[OpenGrant], at: dt.datetime) -> int:
    """End these grants, except what was issued since `at`, and notify their clients. Returns the families ended."""
    rows = [{"membership": str(grant.membership), "client": grant.client} for grant in grants]
    return len(db.fetch_all(_END, {"rows": json.dumps(rows), "at": at}))


def end_with_sessions(*, at: dt.datetime) -> int:
    """End the sign-ins of browser sessions that a limit has ended, with their token families. Returns the sign-ins.

    A service that got tokens within the idle limit goes on until the session's absolute limit. One statement.
    """
    ((ended,),) = db.fetch_all(_END_SIGN_INS, {"at": at, "idle": IDLE_LIMIT})
    return int(ended)
