"""A client whose token family ended alone gets a logout token: a session of its own may rest on the family."""

import datetime as dt

from django.db import connection

_ADD = """
INSERT INTO provisioning_logout (sign_in_id, client_id, ended_at, due_at, attempts, last_error)
SELECT DISTINCT f.sign_in_id, f.client_id, f.logout_at, %(at)s::timestamptz, 0, ''
FROM identity_published_ended_family f
JOIN identity_published_client c ON c.id = f.client_id AND c.backchannel_logout_uri <> ''
WHERE f.logout_at > %(since)s
  AND NOT EXISTS (SELECT FROM provisioning_logout l
                  WHERE l.sign_in_id = f.sign_in_id AND l.client_id = f.client_id AND l.ended_at = f.logout_at)
ON CONFLICT (sign_in_id, client_id, ended_at) DO NOTHING
"""


def add_logouts(*, since: dt.datetime, at: dt.datetime) -> int:
    """Make the logouts due of token families that ended alone after `since`. Returns how many. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"since": since, "at": at})
        return int(cursor.rowcount)
