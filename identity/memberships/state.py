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
                SELECT *, after ->> 'state' IN ('ended', 'suspended') OR after ->> 'signed_out' = 'true' AS is_revoking
                FROM event
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
            WITH last AS (
                SELECT DISTINCT ON (subject) subject, (after ->> 'ends_at')::timestamptz AS ends_at
                FROM event WHERE after ->> 'state' = 'ended' OR after ? 'ends_at'
                ORDER BY subject, seq DESC
            ), states AS (
                SELECT subject, seq, coalesce((after ->> 'since')::timestamptz, at) AS at, after ->> 'state' AS state
                FROM event WHERE after ? 'state'
                UNION ALL SELECT subject, 9223372036854775807, ends_at, 'ended' FROM last WHERE ends_at IS NOT NULL
            ), said AS (
                SELECT *, lag(state) OVER (PARTITION BY subject ORDER BY seq) AS state_before FROM states
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
