"""Reviews and their lines follow from the events of the start and of each step."""

from audit.state import declarations
from audit.state.declarations import Rebuilt
from delegation.reviews import steps

_EVENTS = "starts_with(verb, 'review.') AND outcome = 'done'"
_TYPES = {
    **dict.fromkeys(("size", "warnings"), "int"),
    **dict.fromkeys(("started_at", "due_at", "warned_at", "closed_at", "decided_at"), "timestamptz"),
    **dict.fromkeys(
        ("id", "organization_id", "role_id", "site_id", "cause_id", "reviewer_id", "fallback_id", "started_by", "act",
         "closed_by", "review_id", "membership_id", "service_user_id", "person", "decided_by"), "uuid",
    ),
}  # fmt: skip


def _read(said: str, columns: tuple[str, ...]) -> str:
    return ", ".join(f"({said} ->> '{name}')::{_TYPES.get(name, 'text')} AS {name}" for name in columns)


_LINE = (*steps.FROZEN, "frozen", *steps.DECIDED)
declarations.register(
    Rebuilt(
        table="delegation_accessreview",
        key=("id",),
        events=_EVENTS,
        expected=f"""
            SELECT {_read("said", steps.REVIEW)} FROM (
                SELECT DISTINCT ON (facts ->> 'review') facts -> 'review_after' AS said
                FROM event WHERE facts ? 'review_after' ORDER BY facts ->> 'review', at DESC, seq DESC
            ) latest
        """,  # noqa: S608 - constants of this package
        actual=f"SELECT {', '.join(steps.REVIEW)} FROM delegation_accessreview",  # noqa: S608 - as above
        columns=tuple(name for name in steps.REVIEW if name != "id"),
    ),
    Rebuilt(
        table="delegation_reviewline",
        key=("id",),
        events=_EVENTS,
        expected=f"""
            WITH decided AS (
                SELECT facts ->> 'review_line' AS line, facts -> 'review_decision' AS d
                FROM event WHERE facts ? 'review_decision'
            )
            SELECT {_read("said", steps.FROZEN)}, said ->> 'frozen' AS frozen,
                   coalesce(d ->> 'decision', '') AS decision, coalesce(d ->> 'basis', '') AS basis,
                   (d ->> 'decided_by')::uuid AS decided_by, coalesce(d ->> 'decided_by_kind', '') AS decided_by_kind,
                   (d ->> 'decided_at')::timestamptz AS decided_at, (d ->> 'act')::uuid AS act
            FROM event CROSS JOIN LATERAL jsonb_array_elements(facts -> 'review_lines') said
            LEFT JOIN decided ON decided.line = said ->> 'id'
            WHERE facts ? 'review_lines'
        """,  # noqa: S608 - constants of this package
        actual=f"""
            SELECT {", ".join(name for name in _LINE if name != "frozen")}, frozen::text AS frozen
            FROM delegation_reviewline
        """,  # noqa: S608 - as above
        columns=tuple(name for name in _LINE if name != "id"),
    ),
)
