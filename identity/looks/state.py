"""Consents, looks and standing rules follow from the acts of the person, the staff member and the admin."""

from audit.state import declarations
from audit.state.declarations import Rebuilt

_CODE = "useless after ten minutes; what was begun by it is compared"
_SESSION = "the hash of a cookie; a look by another session would show no page"

declarations.register(
    Rebuilt(
        table="identity_lookrule",
        key=("id",),
        events="verb = 'look_rule.set'",
        expected="""
            SELECT (s.facts ->> 'rule')::uuid AS id, s.subject AS organization_id, s.after ->> 'mode' AS mode,
                   s.at AS valid_from, (
                       SELECT min(e.at) FROM event e WHERE e.facts ->> 'ended_rule' = s.facts ->> 'rule') AS valid_until
            FROM event s WHERE s.facts ? 'rule'
        """,
        actual="SELECT id, organization_id, mode, valid_from, valid_until FROM identity_lookrule",
        columns=("organization_id", "mode", "valid_from", "valid_until"),
    ),
    Rebuilt(
        table="identity_look",
        key=("id",),
        events="verb IN ('look.allow', 'look.begin', 'look.end')",
        expected="""
            SELECT (f.facts ->> 'look')::uuid AS id, f.subject AS membership_id, f.facts ->> 'mode' AS mode,
                   (f.facts ->> 'masked')::boolean AS masked, (f.facts ->> 'rule')::uuid AS rule_id,
                   f.at AS allowed_at, (f.facts ->> 'code_until')::timestamptz AS code_until, b.actor AS staff_id,
                   (b.facts ->> 'right')::uuid AS staff_right, b.at AS begun_at,
                   (b.facts ->> 'until')::timestamptz AS valid_until, e.at AS ended_at
            FROM event f
            LEFT JOIN event b ON b.verb = 'look.begin' AND b.facts ->> 'look' = f.facts ->> 'look'
            LEFT JOIN event e ON e.verb = 'look.end' AND e.facts ->> 'look' = f.facts ->> 'look'
            WHERE f.verb = 'look.allow' OR f.verb = 'look.begin' AND f.facts ? 'rule'
        """,
        actual="""
            SELECT id, membership_id, mode, masked, rule_id, allowed_at, code_until, staff_id, staff_right, begun_at,
                   valid_until, ended_at
            FROM identity_look
        """,
        columns=(
            "membership_id",
            "mode",
            "masked",
            "rule_id",
            "allowed_at",
            "code_until",
            "staff_id",
            "staff_right",
            "begun_at",
            "valid_until",
            "ended_at",
        ),
        not_compared={
            "organization_id": "follows from the membership",
            "membership_epoch": "of the instant of the consent; another one ends the look",
            "session_key": _SESSION,
            "staff_session": _SESSION,
            "code_hash": _CODE,
            "directory": "computed by the database",
        },
    ),
)
