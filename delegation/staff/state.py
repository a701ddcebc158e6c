"""Staff rights, their scopes and guardian's projection follow from the supplier's acts."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_EVENTS = "verb IN ('owner.appoint', 'staff_right.give', 'staff_right.end') AND outcome = 'done'"
_COMPUTED = "computed by the database"
_BY_PARTS = "a scope is identified by what it names"
_SCOPE = "coalesce('unit ' || {unit}, 'organization ' || {organization}, 'supplier')"
_LOGGED_SCOPE = _SCOPE.format(unit="(after ->> 'business_unit')", organization="(after ->> 'organization')")
_STORED_SCOPE = _SCOPE.format(unit="b.key", organization="c.organization_id::text")
_RIGHTS = f"""
    WITH given AS (
        SELECT (facts ->> 'right')::uuid AS id, subject AS user_id, after ->> 'staff_role' AS role,
               {_LOGGED_SCOPE} AS scope, at, (after ->> 'until')::timestamptz AS until, actor, actor_kind, act
        FROM event WHERE after ? 'staff_role'
    ),
    ended AS (
        SELECT (facts ->> 'right')::uuid AS id, at FROM event WHERE verb = 'staff_right.end'
        UNION ALL SELECT (facts ->> 'replaced_right')::uuid, at FROM event WHERE facts ? 'replaced_right'
    )
"""  # noqa: S608 - a constant
_STORED_SCOPES = f"""
    SELECT c.id, {_STORED_SCOPE} AS scope
    FROM delegation_staffscope c LEFT JOIN identity_published_business_unit b ON b.id = c.unit_id
"""  # noqa: S608 - a constant

declarations.register(
    Rebuilt(
        table="delegation_staffscope",
        key=("scope",),
        events=_EVENTS,
        expected=f"SELECT DISTINCT {_LOGGED_SCOPE} AS scope FROM event WHERE after ? 'staff_role'",  # noqa: S608
        actual=f"SELECT scope FROM ({_STORED_SCOPES}) s",  # noqa: S608 - a constant
        not_compared=dict.fromkeys(("id", "unit_id", "organization_id"), _BY_PARTS),
    ),
    Rebuilt(
        table="delegation_staffright",
        key=("id",),
        events=_EVENTS,
        expected=f"""
            {_RIGHTS}
            SELECT g.id, g.user_id, g.role, g.scope AS scope_id, g.at AS valid_from,
                   coalesce(e.at, g.until) AS valid_until, g.actor AS given_by, g.actor_kind AS given_by_kind, g.act
            FROM given g LEFT JOIN ended e ON e.id = g.id
        """,  # noqa: S608 - a constant
        actual=f"""
            SELECT r.id, r.user_id, r.role, s.scope AS scope_id, r.valid_from, r.valid_until, r.given_by,
                   r.given_by_kind, r.act
            FROM delegation_staffright r JOIN ({_STORED_SCOPES}) s ON s.id = r.scope_id
        """,  # noqa: S608 - a constant
        columns=(
            "user_id",
            "role",
            "scope_id",
            "valid_from",
            "valid_until",
            "given_by",
            "given_by_kind",
            "act",
        ),
        not_compared={"directory": _COMPUTED},
    ),
    # A permission whose right has run out by itself may be there or not.
    Rebuilt(
        table="delegation_staffpermission",
        key=("user_id", "permission_id", "content_object_id"),
        events=_EVENTS,
        expected=f"""
            {_RIGHTS}
            SELECT DISTINCT ON (user_id, role, scope) user_id, role AS permission_id, scope AS content_object_id, until
            FROM given g WHERE NOT EXISTS (SELECT FROM ended e WHERE e.id = g.id)
            ORDER BY user_id, role, scope, until DESC NULLS FIRST
        """,  # noqa: S608 - a constant
        actual=f"""
            SELECT p.user_id, a.codename AS permission_id, s.scope AS content_object_id
            FROM delegation_staffpermission p JOIN auth_permission a ON a.id = p.permission_id
            JOIN ({_STORED_SCOPES}) s ON s.id = p.content_object_id
        """,  # noqa: S608 - a constant
        not_compared={"id": "a permission is identified by user, role and scope", "directory": _COMPUTED},
        absence="coalesce(e.until <= %(at)s, false)",
    ),
)
