"""Claims about admins follow from the events of the members they are about."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

declarations.register(
    Rebuilt(
        table="delegation_absenceclaim",
        key=("id",),
        events="""subject_kind = 'membership' AND outcome = 'done'
            AND verb IN ('absence.claim', 'absence.close', 'member.remove')""",
        expected="""
            SELECT (c.facts ->> 'claim')::uuid AS id, c.subject AS membership_id, c.chain AS organization_id,
                   (c.facts ->> 'person')::uuid AS person, c.facts ->> 'absence' AS reason, c.actor AS claimed_by,
                   c.at AS claimed_at, c.act, (c.facts ->> 'answer_by')::timestamptz AS answer_by,
                   CASE c.next_verb WHEN 'absence.close' THEN c.next_facts ->> 'claim_state'
                       WHEN 'member.remove' THEN 'removed' ELSE 'open' END AS state,
                   c.next_actor AS closed_by, c.next_at AS closed_at
            FROM (
                SELECT *, lead(at) OVER ordered AS next_at, lead(verb) OVER ordered AS next_verb,
                       lead(actor) OVER ordered AS next_actor, lead(facts) OVER ordered AS next_facts
                FROM event WINDOW ordered AS (PARTITION BY subject ORDER BY seq)
            ) c
            WHERE c.verb = 'absence.claim'
        """,
        actual="""
            SELECT id, membership_id, organization_id, person, reason, claimed_by, claimed_at, act, answer_by,
                   state, closed_by, closed_at
            FROM delegation_absenceclaim
        """,
        columns=(
            "membership_id",
            "organization_id",
            "person",
            "reason",
            "claimed_by",
            "claimed_at",
            "act",
            "answer_by",
            "state",
            "closed_by",
            "closed_at",
        ),
    ),
)
