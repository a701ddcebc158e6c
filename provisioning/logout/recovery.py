"""Logouts are rebuilt from sign-ins that have ended: their table is free, and rows may have been deleted."""

import datetime as dt

from django.db import connection

from provisioning.logout import token_families

# Whatever the ends of sign-ins say: deliveries of logouts are deleted after 90 days, so younger sign-ins have theirs.
_ADD_MISSING = """
INSERT INTO provisioning_logout (sign_in_id, client_id, ended_at, due_at, attempts, last_error)
SELECT s.id, c.id, s.ended_at, %(at)s, 0, ''
FROM identity_published_sign_in s
JOIN identity_published_sign_in_client k ON k.sign_in_id = s.id
JOIN identity_published_client c ON c.id = k.client_id AND c.backchannel_logout_uri <> ''
WHERE s.ended_at IS NOT NULL AND s.started_at > %(at)s - interval '89 days'
  AND NOT EXISTS (SELECT FROM provisioning_logout l WHERE l.sign_in_id = s.id AND l.client_id = c.id)
ON CONFLICT (sign_in_id, client_id, ended_at) DO NOTHING
"""


def add_missing(*, at: dt.datetime) -> int:
    """Make the logouts due that sign-ins, and token families, of the last 89 days lack. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_MISSING, {"at": at})
        added = int(cursor.rowcount)
    return added + token_families.add_logouts(since=at - dt.timedelta(days=89), at=at)
