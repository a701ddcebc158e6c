"""Cases, their proofs, verdicts and letters follow from the steps that the supplier's log has."""

from audit.state import declarations
from audit.state.declarations import Rebuilt
from delegation.orphan_cases import case_events

_EVENTS = "(starts_with(verb, 'orphan_case.') OR starts_with(verb, 'orphan_request.')) AND outcome = 'done'"
_TYPES = {
    "threshold": "int", "weight": "int", "file_size": "int",
    **dict.fromkeys(
        ("opened_at", "proposed_at", "waits_until", "stopped_at", "approved_at", "invited_at", "full_from", "closed_at",
         "added_at", "sent_at", "answered_at", "decided_at", "asked_at", "expires_at", "confirmed_at"), "timestamptz",
    ),
    **dict.fromkeys(
        ("id", "organization_id", "named_by", "opened_by", "proposed_by", "proposed_act", "approved_by", "approved_act",
         "case_id", "invitation_id", "membership_id", "added_by", "act", "contact", "sent_by", "answered_act",
         "decided_by"), "uuid",
    ),
}  # fmt: skip


def _read(columns: tuple[str, ...]) -> str:
    """Return the columns of a snapshot `said` by their types."""
    return ", ".join(f"(said ->> '{name}')::{_TYPES.get(name, 'text')} AS {name}" for name in columns)


def _latest(key: str, columns: tuple[str, ...]) -> str:
    """Return the last snapshot of each row, of those under this key of the facts."""
    return f"""
        SELECT {_read(columns)} FROM (
            SELECT DISTINCT ON (said ->> 'id') said
            FROM event CROSS JOIN LATERAL jsonb_path_query(facts, '$.{key}[*]') said
            ORDER BY said ->> 'id', at DESC, seq DESC
        ) latest
    """  # noqa: S608 - constants of this package


_ROW = {"id"}
declarations.register(
    Rebuilt(
        table="delegation_orphancase",
        key=("id",),
        events=_EVENTS,
        expected=f"""
            SELECT c.*, p.email, p.name FROM ({_latest("case_after", case_events.CASE)}) c
            LEFT JOIN (
                SELECT DISTINCT ON (facts #>> '{{case_after,id}}') facts #>> '{{case_after,id}}' AS named,
                       personal -> 'email' AS email, personal -> 'name' AS name
                FROM event WHERE personal ? 'email' ORDER BY facts #>> '{{case_after,id}}', at DESC
            ) p ON p.named = c.id::text
        """,  # noqa: S608 - constants of this package
        actual=f"SELECT {', '.join(case_events.CASE)}, email, name FROM delegation_orphancase",  # noqa: S608 - as above
        columns=tuple(name for name in case_events.CASE if name not in _ROW),
        encrypted=("email", "name"),
    ),
    Rebuilt(
        table="delegation_orphanproof",
        key=("id",),
        events=_EVENTS,
        expected=_latest("proof", case_events.PROOF),
        actual=f"SELECT {', '.join(case_events.PROOF)} FROM delegation_orphanproof",  # noqa: S608 - as above
        columns=tuple(name for name in case_events.PROOF if name not in _ROW),
        not_compared={"file": "its digest is compared, and the database compares both"},
    ),
    Rebuilt(
        table="delegation_orphanverdict",
        key=("act", "proof_id"),
        events=_EVENTS,
        expected="""
            SELECT e.act, v.key::uuid AS proof_id, e.actor AS judged_by, e.at AS judged_at, v.value::boolean AS accepted
            FROM event e CROSS JOIN LATERAL jsonb_each_text(e.facts -> 'verdicts') v WHERE e.facts ? 'verdicts'
        """,
        actual="SELECT act, proof_id, judged_by, judged_at, accepted FROM delegation_orphanverdict",
        columns=("judged_by", "judged_at", "accepted"),
        not_compared={"id": "a verdict is identified by its act and its proof"},
    ),
    Rebuilt(
        table="delegation_orphanletter",
        key=("id",),
        events=_EVENTS,
        expected=_latest("letters", case_events.LETTER),
        actual=f"SELECT {', '.join(case_events.LETTER)} FROM delegation_orphanletter",  # noqa: S608 - as above
        columns=tuple(name for name in case_events.LETTER if name not in _ROW),
    ),
    # A request is deleted by the act that destroys its key.
    Rebuilt(
        table="delegation_orphanrequest",
        key=("id",),
        events=_EVENTS,
        expected=f"""
            SELECT r.*, p.email, p.name, p.company, p.number
            FROM ({_latest("request_after", case_events.REQUEST)}) r
            JOIN (SELECT facts #>> '{{request_after,id}}' AS asked, personal -> 'email' AS email,
                         personal -> 'name' AS name, personal -> 'company' AS company, personal -> 'number' AS number
                  FROM event WHERE verb = 'orphan_case.request' AND facts ? 'request_after') p ON p.asked = r.id::text
            WHERE r.id::text NOT IN (
                SELECT jsonb_array_elements_text(facts -> 'erased_requests') FROM event WHERE facts ? 'erased_requests')
        """,  # noqa: S608 - constants of this package
        actual=f"SELECT {', '.join(case_events.REQUEST)}, email, name, company, number FROM delegation_orphanrequest",  # noqa: S608
        columns=tuple(name for name in case_events.REQUEST if name not in _ROW),
        encrypted=("email", "name", "company", "number"),
    ),
)
