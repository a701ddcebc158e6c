"""Assignments with their sites and limits follow from the events of memberships."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_EVENTS = "subject_kind = 'membership' AND outcome = 'done'"
# The last access in an event is the new assignment. It replaces the earlier ones, unless the event lists them by their
# ids as kept; the end of a membership ends all.
_GIVEN = """
    WITH change AS (
        SELECT *, after ->> 'state' = 'ended' OR NOT jsonb_path_exists(after, '$.access[*].assignment') AS is_end
        FROM event WHERE after ? 'access' OR after ->> 'state' = 'ended'
    ), given AS (
        SELECT *, after -> 'access' -> -1 AS access, (after #>> '{access,-1,until}')::timestamptz AS until,
               min(at) FILTER (WHERE is_end) OVER (PARTITION BY subject ORDER BY seq DESC
                                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS next_at
        FROM change
    )
"""
_BY_ASSIGNMENT = "an assignment is identified by its membership and its act"

declarations.register(
    Rebuilt(
        table="delegation_assignment",
        key=("membership_id", "act"),
        events=_EVENTS,
        expected=f"""
            {_GIVEN}
            SELECT subject AS membership_id, act, chain AS organization_id, access ->> 'role' AS role_id,
                   (access ->> 'all_sites')::boolean AS all_sites, at AS valid_from,
                   CASE WHEN until IS NULL OR next_at < until THEN next_at ELSE until END AS valid_until,
                   coalesce((facts ->> 'invited_by')::uuid, actor) AS assigned_by,
                   coalesce(facts ->> 'invited_by_kind', actor_kind) AS assigned_by_kind
            FROM given WHERE after ? 'access'
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT a.membership_id, a.act, a.organization_id, r.key AS role_id, a.all_sites, a.valid_from,
                   a.valid_until, a.assigned_by, a.assigned_by_kind
            FROM delegation_assignment a JOIN delegation_role r ON r.id = a.role_id
        """,
        columns=(
            "organization_id",
            "role_id",
            "all_sites",
            "valid_from",
            "valid_until",
            "assigned_by",
            "assigned_by_kind",
        ),
        not_compared={"id": _BY_ASSIGNMENT},
    ),
    Rebuilt(
        table="delegation_assignmentsite",
        key=("membership_id", "act", "site_id"),
        events=_EVENTS,
        expected=f"""
            {_GIVEN} SELECT subject AS membership_id, act, site::uuid AS site_id
            FROM given, jsonb_array_elements_text(access -> 'sites') site WHERE after ? 'access'
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT a.membership_id, a.act, s.site_id
            FROM delegation_assignmentsite s JOIN delegation_assignment a ON a.id = s.assignment_id
        """,
        not_compared={"id": _BY_ASSIGNMENT, "assignment_id": _BY_ASSIGNMENT},
    ),
    Rebuilt(
        table="delegation_assignmentlimit",
        key=("membership_id", "act", "entitlement_id"),
        events=_EVENTS,
        expected=f"""
            {_GIVEN} SELECT subject AS membership_id, act, l.key AS entitlement_id,
                   (l.value ->> 'amount')::numeric AS amount, l.value ->> 'currency' AS currency,
                   l.value ->> 'period' AS period
            FROM given, jsonb_each(access -> 'limits') l WHERE after ? 'access'
        """,  # noqa: S608 - constants of this module
        actual="""
            SELECT a.membership_id, a.act, e.key AS entitlement_id, l.amount, l.currency, l.period
            FROM delegation_assignmentlimit l
            JOIN delegation_assignment a ON a.id = l.assignment_id
            JOIN delegation_entitlement e ON e.id = l.entitlement_id
        """,
        columns=("amount", "currency", "period"),
        not_compared={"id": _BY_ASSIGNMENT, "assignment_id": _BY_ASSIGNMENT},
    ),
)
