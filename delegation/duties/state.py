"""Conflicts of duties follow from applied catalogues, exceptions from the events of the members they are about."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_CATALOGUE = "verb = 'catalogue.apply'"
declarations.register(
    Rebuilt(
        table="delegation_dutyconflict",
        key=("key",),
        events=_CATALOGUE,
        expected="""
            SELECT DISTINCT c.key, c.value -> 'entitlements' ->> 0 AS first_id,
                   c.value -> 'entitlements' ->> 1 AS second_id
            FROM event, jsonb_each(facts -> 'duty_conflicts') c
        """,
        actual="""
            SELECT c.key, f.key AS first_id, s.key AS second_id
            FROM delegation_dutyconflict c JOIN delegation_entitlement f ON f.id = c.first_id
            JOIN delegation_entitlement s ON s.id = c.second_id
        """,
        columns=("first_id", "second_id"),
        not_compared={"id": "identified by its key", "text": declarations.TEXT, "rank": "the order of lists"},
    ),
    Rebuilt(
        table="delegation_dutyconflictversion",
        key=("conflict_id", "valid_from"),
        events=_CATALOGUE,
        expected="""
            SELECT conflict_id, enforcement, valid_from, valid_until
            FROM (
                SELECT c.key AS conflict_id, c.value ->> 'enforcement' AS enforcement, at AS valid_from,
                       lead(at) OVER (PARTITION BY c.key ORDER BY seq) AS valid_until
                FROM event, jsonb_each(facts -> 'duty_conflicts') c
            ) version WHERE enforcement <> 'off'
        """,
        actual="""
            SELECT c.key AS conflict_id, v.enforcement, v.valid_from, v.valid_until
            FROM delegation_dutyconflictversion v JOIN delegation_dutyconflict c ON c.id = v.conflict_id
        """,
        columns=("enforcement", "valid_until"),
        not_compared={"id": "a version is identified by its conflict and its beginning"},
    ),
    Rebuilt(
        table="delegation_dutyexception",
        key=("id",),
        events="""subject_kind = 'membership' AND outcome = 'done'
            AND (starts_with(verb, 'duty_exception.') OR verb = 'member.remove')""",
        expected="""
            WITH said AS (SELECT *, facts ->> 'exception' AS exception FROM event)
            SELECT r.exception::uuid AS id, r.subject AS membership_id, r.chain AS organization_id,
                   (r.facts ->> 'person')::uuid AS person, r.facts ->> 'conflict' AS conflict_id,
                   CASE WHEN c.at IS NOT NULL THEN c.facts ->> 'exception_state' WHEN e.at IS NOT NULL THEN 'ended'
                        WHEN a.at IS NOT NULL THEN 'accepted' ELSE 'open' END AS state,
                   r.actor AS requested_by, r.at AS requested_at, r.act,
                   (r.facts ->> 'exception_until')::timestamptz AS valid_until, a.actor AS accepted_by,
                   a.at AS accepted_at, coalesce(c.actor, e.actor) AS closed_by, coalesce(c.at, e.at) AS closed_at
            FROM said r
            LEFT JOIN said a ON a.verb = 'duty_exception.accept' AND a.exception = r.exception
            LEFT JOIN said c ON c.verb = 'duty_exception.close' AND c.exception = r.exception
            LEFT JOIN LATERAL (
                SELECT m.actor, m.at FROM said m
                WHERE m.verb = 'member.remove' AND m.subject = r.subject AND m.seq > r.seq AND c.at IS NULL
                ORDER BY m.seq LIMIT 1
            ) e ON true
            WHERE r.verb = 'duty_exception.request'
        """,
        actual="""
            SELECT x.id, x.membership_id, x.organization_id, x.person, c.key AS conflict_id, x.state, x.requested_by,
                   x.requested_at, x.act, x.valid_until, x.accepted_by, x.accepted_at, x.closed_by, x.closed_at
            FROM delegation_dutyexception x LEFT JOIN delegation_dutyconflict c ON c.id = x.conflict_id
        """,
        columns=(
            "membership_id",
            "organization_id",
            "person",
            "conflict_id",
            "state",
            "requested_by",
            "requested_at",
            "act",
            "valid_until",
            "accepted_by",
            "accepted_at",
            "closed_by",
            "closed_at",
        ),
    ),
)
