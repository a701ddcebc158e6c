"""Memberships and their periods follow from the events whose subject they are."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_EVENTS = "subject_kind = 'membership' AND outcome = 'done'"

declarations.register(
    Rebuilt(
        table="identity_membership",
        key=("id",),
        events=_EVENTS,
        expected="""
            SELECT subject AS id, (array_agg(chain))[1] AS organization_id,
                   (array_agg((after ->> 'user')::uuid) FILTER (WHERE after ? 'user'))[1] AS user_id,
                   'customer' AS directory, 'person' AS kind,
                   1 + count(*) FILTER (WHERE is_revoking) AS epoch,
                   max(at) FILTER (WHERE is_revoking) AS revoked_at,
                   min(at) FILTER (WHERE after ? 'user') AS created_at
            FROM (
                SELECT *, after ->> 'state' = 'ended' OR after ->> 'signed_out' = 'true' AS is_revoking FROM event
            ) change
            GROUP BY subject HAVING bool_or(after ? 'user')
        """,
        actual="""
            SELECT id, organization_id, user_id, directory, kind, epoch, revoked_at, created_at
            FROM identity_membership
        """,
        columns=("organization_id", "user_id", "directory", "kind", "epoch", "revoked_at", "created_at"),
        not_compared={
            "title": declarations.TEXT,
            "former_name": declarations.TEXT,
            "sort_key": declarations.SORT_KEY,
        },
    ),
    Rebuilt(
        table="identity_membershipperiod",
        key=("membership_id", "valid_from"),
        events=_EVENTS,
        expected="""
            WITH said AS (
                SELECT subject, seq, at, after ->> 'state' AS state,
                       lag(after ->> 'state') OVER (PARTITION BY subject ORDER BY seq) AS state_before
                FROM event WHERE after ? 'state'
            ), change AS (
                SELECT subject, at, state, lead(at) OVER (PARTITION BY subject ORDER BY seq) AS next_at
                FROM said WHERE state IS DISTINCT FROM state_before
            )
            SELECT subject AS membership_id, at AS valid_from, state, next_at AS valid_until
            FROM change WHERE state <> 'ended'
        """,
        actual="SELECT membership_id, valid_from, state, valid_until FROM identity_membershipperiod",
        columns=("state", "valid_until"),
        not_compared={"id": "a period is identified by its membership and its beginning"},
    ),
)
