"""Missing accounts are added from memberships and from the ids of records: the table itself proves nothing.

The application's role may delete or change any account. What follows from guarded tables is rebuilt from them alone.
"""

import datetime as dt
import uuid
from collections.abc import Collection

from audit.foundation import db
from provisioning.delivery import leases, retry
from provisioning.targets.models import Target

# A membership is never deleted, so an id that was ever given to a target is found here.
_ADD_MISSING = """
WITH owner AS (
    SELECT DISTINCT m.user_id, CASE WHEN %(per_membership)s THEN m.id END AS membership_id
    FROM identity_published_membership m
    WHERE CASE WHEN %(per_membership)s THEN m.id ELSE m.user_id END = ANY(%(ids)s)
       OR EXISTS (SELECT FROM delegation_published_offer o
                  WHERE o.organization_id = m.organization_id AND o.application_id = %(application)s)
)
INSERT INTO provisioning_account (
    target_id, user_id, membership_id, due_at, uncertain_until, priority, generation, state, remote_id,
    acknowledged_digest, acknowledged_rights, attempts, last_error)
SELECT %(target)s, user_id, membership_id, %(at)s, %(at)s, 1, 1, 'updating', '', '', '{}', 0, ''
FROM owner ORDER BY user_id, membership_id
ON CONFLICT (target_id, user_id, membership_id) DO NOTHING
RETURNING id
"""
# Keyholder writes no such rows: they would wait without an end.
_FREE_STUCK = """
UPDATE provisioning_account SET
    due_at = %(at)s, uncertain_until = %(at)s, leased_until = NULL, leased_by = NULL,
    generation = mod(generation, 2000000000) + 1
WHERE target_id = %(target)s AND (due_at > %(last_retry)s OR leased_until > %(last_lease)s
    OR uncertain_until > %(last_retry)s OR due_at IS NULL AND state = 'updating')
RETURNING id
"""


def add_missing(*, target: Target, external_ids: Collection[str], at: dt.datetime) -> int:
    """Add the accounts that memberships or these records of the target call for, due now. Returns how many."""
    params = {
        "target": target.id,
        "application": target.application_id,
        "per_membership": target.record_per == Target.RecordPer.MEMBERSHIP,
        "ids": [name for text in external_ids if (name := _uuid(text))],
        "at": at,
    }
    return len(db.fetch_all(_ADD_MISSING, params))


def free_stuck(*, target: Target, at: dt.datetime) -> int:
    """Make accounts due that no retry or lease can have put off so far. Returns how many."""
    params = {
        "target": target.id,
        "at": at,
        "last_retry": at + retry.LONGEST,
        "last_lease": at + leases.LEASE,
    }
    return len(db.fetch_all(_FREE_STUCK, params))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
