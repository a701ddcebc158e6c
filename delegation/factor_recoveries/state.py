"""Requests to replace a lost second factor follow from acts of the staff, and of the person."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_factorrecovery",
        key=("id",),
        events="starts_with(verb, 'factor_recovery.') AND subject_kind IN ('supplier', 'user') AND outcome = 'done'",
        expected="""
            WITH said AS (SELECT *, facts ->> 'recovery' AS recovery FROM event)
            SELECT o.recovery::uuid AS id, (o.facts ->> 'membership')::uuid AS membership_id,
                   (o.facts ->> 'organization')::uuid AS organization_id, o.facts ->> 'recognition' AS recognition,
                   CASE WHEN u.at IS NOT NULL THEN 'used' WHEN r.at IS NOT NULL THEN r.facts ->> 'recovery_state'
                        WHEN a.at IS NOT NULL THEN 'agreed' ELSE 'open' END AS state,
                   o.actor AS opened_by, o.at AS opened_at, o.act,
                   coalesce(a.actor, r.actor) AS decided_by, coalesce(a.at, r.at) AS decided_at,
                   (a.facts ->> 'usable_from')::timestamptz AS usable_from,
                   coalesce(a.facts ->> 'recovery_until', o.facts ->> 'recovery_until')::timestamptz AS ends_at,
                   u.at AS used_at
            FROM said o
            LEFT JOIN said a ON a.verb = 'factor_recovery.agree' AND a.recovery = o.recovery
            LEFT JOIN said r ON r.verb = 'factor_recovery.refuse' AND r.recovery = o.recovery
            LEFT JOIN said u ON u.verb = 'factor_recovery.use' AND u.recovery = o.recovery
            WHERE o.verb = 'factor_recovery.open'
        """,
        actual="""
            SELECT id, membership_id, organization_id, recognition, state, opened_by, opened_at, act, decided_by,
                   decided_at, usable_from, ends_at, used_at
            FROM delegation_factorrecovery
        """,
        columns=(
            "membership_id",
            "organization_id",
            "recognition",
            "state",
            "opened_by",
            "opened_at",
            "act",
            "decided_by",
            "decided_at",
            "usable_from",
            "ends_at",
            "used_at",
        ),
    ),
)
