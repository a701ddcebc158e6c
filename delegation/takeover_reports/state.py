"""Reports follow from the events in the chains of the people they are about."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_takeoverreport",
        key=("id",),
        events="verb IN ('takeover.report', 'takeover.close') AND subject_kind = 'user' AND outcome = 'done'",
        expected="""
            SELECT (r.facts ->> 'takeover')::uuid AS id, r.subject AS person,
                   (r.facts ->> 'changed_at')::timestamptz AS changed_at,
                   (r.facts ->> 'covered_until')::timestamptz AS covered_until, r.at AS reported_at, r.act,
                   c.actor AS closed_by, c.at AS closed_at
            FROM event r
            LEFT JOIN event c ON c.verb = 'takeover.close' AND c.subject = r.subject
                AND c.facts ->> 'takeover' = r.facts ->> 'takeover'
            WHERE r.verb = 'takeover.report'
        """,
        actual="""
            SELECT id, person, changed_at, covered_until, reported_at, act, closed_by, closed_at
            FROM delegation_takeoverreport
        """,
        columns=("person", "changed_at", "covered_until", "reported_at", "act", "closed_by", "closed_at"),
    ),
)
