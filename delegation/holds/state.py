"""Holds follow from the supplier's acts."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_hold",
        key=("id",),
        events="verb IN ('hold.place', 'hold.lift') AND subject_kind = 'supplier'",
        expected="""
            SELECT (p.facts ->> 'hold')::uuid AS id, (p.facts ->> 'organization')::uuid AS organization_id,
                   p.facts ->> 'application' AS application_id, p.facts ->> 'entitlement' AS entitlement_id,
                   p.facts ->> 'hold_reason' AS reason, p.at AS valid_from,
                   coalesce(l.at, (p.facts ->> 'hold_until')::timestamptz) AS valid_until,
                   p.actor AS placed_by, p.actor_kind AS placed_by_kind, p.act
            FROM event p LEFT JOIN event l ON l.verb = 'hold.lift' AND l.facts ->> 'hold' = p.facts ->> 'hold'
            WHERE p.verb = 'hold.place'
        """,
        actual="""
            SELECT h.id, h.organization_id, a.key AS application_id, e.key AS entitlement_id, h.reason, h.valid_from,
                   h.valid_until, h.placed_by, h.placed_by_kind, h.act
            FROM delegation_hold h
            LEFT JOIN identity_published_application a ON a.id = h.application_id
            LEFT JOIN delegation_entitlement e ON e.id = h.entitlement_id
        """,
        columns=(
            "organization_id",
            "application_id",
            "entitlement_id",
            "reason",
            "valid_from",
            "valid_until",
            "placed_by",
            "placed_by_kind",
            "act",
        ),
    ),
)
