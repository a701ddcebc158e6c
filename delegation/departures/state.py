"""Planned removals follow from the events of the members they are about."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_plannedremoval",
        key=("membership_id", "planned_at"),
        events="""subject_kind = 'membership' AND outcome = 'done'
            AND verb IN ('removal.plan', 'removal.cancel', 'member.remove')""",
        expected="""
            SELECT subject AS membership_id, at AS planned_at, chain AS organization_id,
                   (after ->> 'ends_at')::timestamptz AS ends_at, (facts ->> 'planned_by')::uuid AS planned_by,
                   actor_kind AS planned_by_kind, act, next_at AS closed_at,
                   CASE next_verb WHEN 'removal.cancel' THEN 'cancelled' WHEN 'removal.plan' THEN 'replaced'
                       WHEN 'member.remove' THEN CASE WHEN next_since IS NULL THEN 'replaced' ELSE 'carried_out' END
                       ELSE '' END AS outcome
            FROM (
                SELECT *, lead(at) OVER ordered AS next_at, lead(verb) OVER ordered AS next_verb,
                       lead(after ->> 'since') OVER ordered AS next_since
                FROM event WINDOW ordered AS (PARTITION BY subject ORDER BY seq)
            ) change
            WHERE verb = 'removal.plan'
        """,
        actual="""
            SELECT membership_id, planned_at, organization_id, ends_at, planned_by, planned_by_kind, act,
                   closed_at, outcome
            FROM delegation_plannedremoval
        """,
        columns=(
            "organization_id",
            "ends_at",
            "planned_by",
            "planned_by_kind",
            "act",
            "closed_at",
            "outcome",
        ),
        not_compared={"id": "a plan is identified by its membership and its beginning"},
    ),
)
