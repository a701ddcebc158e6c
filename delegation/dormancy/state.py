"""Warnings follow from the events of the members who got them."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_dormancywarning",
        key=("membership_id", "warned_at"),
        events="verb = 'dormancy.warn' AND subject_kind = 'membership' AND outcome = 'done'",
        expected="""
            SELECT e.subject AS membership_id, e.at AS warned_at, e.chain AS organization_id,
                   (e.facts ->> 'warning')::smallint AS number,
                   (e.facts ->> 'suspends_at')::timestamptz AS suspends_at, e.act
            FROM event e
        """,
        actual="""
            SELECT membership_id, warned_at, organization_id, number, suspends_at, act
            FROM delegation_dormancywarning
        """,
        columns=("organization_id", "number", "suspends_at", "act"),
        not_compared={"id": "a warning is identified by its membership and its instant"},
    ),
)
