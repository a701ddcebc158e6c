"""Assignments with their sites and limits follow from the events of memberships."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_EVENTS = "subject_kind = 'membership' AND outcome = 'done'"
# What an event lists without an id is a new assignment: several, of different tiers, in a handover. They replace the
# earlier ones, unless the event lists those by their ids as kept; the end of a membership ends all.
_GIVEN = """
    WITH change AS (
        SELECT *, after ->> 'state' = 'ended' OR NOT jsonb_path_exists(after, '$.access[*].assignment') AS is_end
        FROM event WHERE after ? 'access' OR after ->> 'state' = 'ended'
    ), placed AS (
        SELECT *, min(at) FILTER (WHERE is_end) OVER (PARTITION BY subject ORDER BY seq DESC
                                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS next_at
        FROM change
    ), given AS (
        SELECT p.*, element AS access, (element ->> 'until')::timestamptz AS until,
               row_number() OVER (PARTITION BY p.subject, p.act ORDER BY element ->> 'role') AS place
        FROM placed p, jsonb_array_elements(p.after -> 'access') element
        WHERE p.after ? 'access' AND NOT element ? 'assignment'
    )
"""
# The assignments of one act to one member are numbered by their roles.
_PLACED = """(
        SELECT a.*, r.key AS role, row_number() OVER (PARTITION BY a.membership_id, a.act ORDER BY r.key) AS place
        FROM delegation_assignment a JOIN delegation_role r ON r.id = a.role_id
    )"""
_BY_ASSIGNMENT = "an assignment is identified by its membership, its act and its place among those of the act"

declarations.register(
    Rebuilt(
        table="delegation_assignment",
        key=("membership_id", "act", "place"),
        events=_EVENTS,
        expected=f"""
            {_GIVEN}
            SELECT subject AS membership_id, act, place, chain AS organization_id, access ->> 'role' AS role_id,
                   (access ->> 'all_sites')::boolean AS all_sites, at AS valid_from,
                   CASE WHEN until IS NULL OR next_at < until THEN next_at ELSE until END AS valid_until,
                   coalesce((facts ->> 'invited_by')::uuid, actor) AS assigned_by,
                   coalesce(facts ->> 'invited_by_kind', actor_kind) AS assigned_by_kind
            FROM given
        """,  # noqa: S608 - constants of this module
        actual=f"""
            SELECT a.membership_id, a.act, a.place, a.organization_id, a.role AS role_id, a.all_sites, a.valid_from,
                   a.valid_until, a.assigned_by, a.assigned_by_kind
            FROM {_PLACED} a
        """,  # noqa: S608 - constants of this module
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
        key=("membership_id", "act", "place", "site_id"),
        events=_EVENTS,
        expected=f"""
            {_GIVEN} SELECT subject AS membership_id, act, place, site::uuid AS site_id
            FROM given, jsonb_array_elements_text(access -> 'sites') site
        """,  # noqa: S608 - constants of this module
        actual=f"""
            SELECT a.membership_id, a.act, a.place, s.site_id
            FROM delegation_assignmentsite s JOIN {_PLACED} a ON a.id = s.assignment_id
        """,  # noqa: S608 - constants of this module
        not_compared={"id": _BY_ASSIGNMENT, "assignment_id": _BY_ASSIGNMENT},
    ),
    Rebuilt(
        table="delegation_assignmentlimit",
        key=("membership_id", "act", "place", "entitlement_id"),
        events=_EVENTS,
        expected=f"""
            {_GIVEN} SELECT subject AS membership_id, act, place, l.key AS entitlement_id,
                   (l.value ->> 'amount')::numeric AS amount, l.value ->> 'currency' AS currency,
                   l.value ->> 'period' AS period
            FROM given, jsonb_each(access -> 'limits') l
        """,  # noqa: S608 - constants of this module
        actual=f"""
            SELECT a.membership_id, a.act, a.place, e.key AS entitlement_id, l.amount, l.currency, l.period
            FROM delegation_assignmentlimit l
            JOIN {_PLACED} a ON a.id = l.assignment_id
            JOIN delegation_entitlement e ON e.id = l.entitlement_id
        """,  # noqa: S608 - constants of this module
        columns=("amount", "currency", "period"),
        not_compared={"id": _BY_ASSIGNMENT, "assignment_id": _BY_ASSIGNMENT},
    ),
)
