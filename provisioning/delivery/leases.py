"""Taking rows that are due, so that nobody else takes them: in batches, lane by lane, never waiting for a lock."""

import datetime as dt
import json
from collections.abc import Hashable, Mapping
from typing import Any

from provisioning.delivery.target_queues import DEPTH

LEASE = dt.timedelta(seconds=120)
"""Longer than any delivery can take; a deliverer that dies gives its leases back at once (`workers`)."""
LONG_LEASE = dt.timedelta(minutes=10)
"""For mails: SMTP takes a dozen answers, each of which a relay may think about (`provisioning.mail.smtp`)."""

_RIPE = "due_at <= %(at)s AND (leased_until IS NULL OR leased_until <= %(at)s)"

# The ids as an array: the database guesses a computed LIMIT as a tenth of the table, and a join of so many rows reads
# all of it. 515 ms against 5 ms for one lease among two million accounts.
ACCOUNTS = f"""
WITH lanes AS (
    SELECT t.id, CASE WHEN t.failures = 0 THEN %(depth)s ELSE 1 END
                 - coalesce((%(load)s::jsonb ->> t.id::text)::integer, 0) AS room
    FROM provisioning_target t WHERE t.is_active AND (t.pause_until IS NULL OR t.pause_until <= %(at)s)
),
ripe AS (
    SELECT a.id FROM lanes l CROSS JOIN LATERAL (
        SELECT id FROM provisioning_account WHERE target_id = l.id AND {_RIPE}
        ORDER BY priority, due_at LIMIT greatest(l.room, 0) FOR UPDATE SKIP LOCKED
    ) a
)
UPDATE provisioning_account a SET leased_until = %(until)s, leased_by = %(worker)s
WHERE a.id = ANY (ARRAY(SELECT id FROM ripe))
RETURNING a.*
"""  # noqa: S608 - our own constants

LOGOUTS = f"""
WITH lanes AS (
    SELECT DISTINCT client_id AS id, %(depth)s - coalesce((%(load)s::jsonb ->> client_id)::integer, 0) AS room
    FROM provisioning_logout WHERE {_RIPE}
),
ripe AS (
    SELECT a.id FROM lanes l CROSS JOIN LATERAL (
        SELECT id FROM provisioning_logout WHERE client_id = l.id AND {_RIPE}
        ORDER BY due_at LIMIT greatest(l.room, 0) FOR UPDATE SKIP LOCKED
    ) a
),
taken AS (
    UPDATE provisioning_logout a SET leased_until = %(until)s, leased_by = %(worker)s
    WHERE a.id = ANY (ARRAY(SELECT id FROM ripe))
    RETURNING a.*
)
SELECT a.id, a.client_id, a.attempts, a.refused_at, a.ended_at, a.act, a.sign_in_id,
       c.backchannel_logout_uri, c.is_active, p.key, s.user_id, s.membership_id, m.organization_id
FROM taken a
JOIN identity_published_client c ON c.id = a.client_id
JOIN identity_published_application p ON p.id = c.application_id
JOIN identity_published_sign_in s ON s.id = a.sign_in_id
JOIN identity_published_membership m ON m.id = s.membership_id
"""  # noqa: S608 - our own constants

MAILS = f"""
UPDATE provisioning_mail a SET leased_until = %(until)s, leased_by = %(worker)s
WHERE a.id = ANY (ARRAY(
    SELECT id FROM provisioning_mail WHERE {_RIPE}
    ORDER BY due_at LIMIT greatest(%(depth)s - coalesce((%(load)s::jsonb ->> 'mail')::integer, 0), 0)
    FOR UPDATE SKIP LOCKED
))
RETURNING a.*
"""  # noqa: S608 - our own constants


def params(
    *,
    worker: int,
    at: dt.datetime,
    load: Mapping[Hashable, int],
    depth: int = DEPTH,
    lease: dt.timedelta = LEASE,
) -> dict[str, Any]:
    """What the statements above take. A lane is named by a text or an id."""
    return {
        "at": at,
        "until": at + lease,
        "worker": worker,
        "depth": depth,
        "load": json.dumps({str(lane): count for lane, count in load.items()}),
    }
