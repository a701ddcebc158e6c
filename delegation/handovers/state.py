"""Handovers follow from the events of their givers."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_handover",
        key=("id",),
        events="starts_with(verb, 'handover.') AND subject_kind = 'membership' AND outcome = 'done'",
        expected="""
            WITH said AS (SELECT *, facts ->> 'handover' AS handover FROM event)
            SELECT o.handover::uuid AS id, o.chain AS organization_id, o.subject AS giver_id,
                   coalesce(a.facts ->> 'successor', o.facts ->> 'successor')::uuid AS successor_id,
                   (o.facts ->> 'invitation')::uuid AS invitation_id, o.at AS opened_at, o.act,
                   (o.facts ->> 'handover_until')::timestamptz AS ends_at,
                   CASE WHEN d.at IS NOT NULL THEN 'completed' WHEN c.at IS NOT NULL THEN c.facts ->> 'handover_step'
                        WHEN r.at IS NOT NULL THEN 'replaced' WHEN a.at IS NOT NULL THEN 'accepted'
                        ELSE 'open' END AS step,
                   a.at AS accepted_at, coalesce(d.facts ->> 'fate', '') AS fate,
                   coalesce(d.actor, c.actor, r.actor) AS closed_by, coalesce(d.at, c.at, r.at) AS closed_at
            FROM said o
            LEFT JOIN said a ON a.verb = 'handover.accept' AND a.handover = o.handover
            LEFT JOIN said c ON c.verb = 'handover.close' AND c.handover = o.handover
            LEFT JOIN said d ON d.verb = 'handover.complete' AND d.handover = o.handover
            LEFT JOIN said r ON r.verb = 'handover.open' AND r.facts ->> 'replaced' = o.handover
            WHERE o.verb = 'handover.open'
        """,
        actual="""
            SELECT id, organization_id, giver_id, successor_id, invitation_id, opened_at, act, ends_at, step,
                   accepted_at, fate, closed_by, closed_at
            FROM delegation_handover
        """,
        columns=(
            "organization_id",
            "giver_id",
            "successor_id",
            "invitation_id",
            "opened_at",
            "act",
            "ends_at",
            "step",
            "accepted_at",
            "fate",
            "closed_by",
            "closed_at",
        ),
    ),
)
