"""A change of any compared column of any rebuilt table is named, and so is a row that was deleted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from audit.foundation import clock, db
from audit.state import comparison, declarations
from audit.state.declarations import Rebuilt
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = {
    ("identity_user", "directory"): "user_credentials_fit_directory",
    ("identity_user", "contact"): "user_credentials_fit_directory",
    ("identity_user", "is_superuser"): "user_no_superusers",
    ("identity_membership", "organization_id"): "membership_keeps_organization",
    ("delegation_assignment", "organization_id"): "assignment_organization",
    ("delegation_hold", "application_id"): "hold_stops_one_thing",
    ("delegation_plannedremoval", "closed_at"): "planned_removal_closed_with_outcome",
    ("delegation_plannedremoval", "outcome"): "planned_removal_closed_with_outcome",
    ("delegation_factorrecovery", "used_at"): "recovery_used_with_state",
    ("delegation_absenceclaim", "state"): "absence_claim_closed_with_state",
    ("delegation_absenceclaim", "closed_by"): "absence_claim_closed_with_state",
    ("delegation_absenceclaim", "closed_at"): "absence_claim_closed_with_state",
    ("delegation_takeoverreport", "closed_by"): "takeover_report_closed_with_instant",
    ("delegation_takeoverreport", "closed_at"): "takeover_report_closed_with_instant",
    ("delegation_orphancase", "closed_at"): "orphan_case_closed_with_state",
    ("delegation_orphancase", "approved_by"): "orphan_case_approved_by_another_person",
    ("delegation_orphancase", "invitation_id"): "orphan_case_invited_after_the_wait",
    ("delegation_orphanletter", "answer"): "orphan_letter_answer_fits_purpose",
    ("delegation_orphanletter", "answered_at"): "orphan_letter_answered_with_instant",
    ("delegation_orphanletter", "answered_act"): "orphan_letter_answered_with_instant",
    ("delegation_orphanletter", "decided_by"): "orphan_letter_decides_on_objection",
    ("delegation_orphanletter", "decided_at"): "orphan_letter_decides_on_objection",
    ("delegation_orphanrequest", "decided_by"): "orphan_request_decided_once_confirmed",
    ("delegation_orphanrequest", "decided_at"): "orphan_request_decided_once_confirmed",
    ("delegation_orphanproof", "kind"): "orphan_proof_source_of_kind",
    ("delegation_orphanproof", "source"): "orphan_proof_source_of_kind",
    ("delegation_orphanproof", "file_type"): "orphan_proof_file_of_digest",
    ("delegation_orphanproof", "stored_digest"): "orphan_proof_file_of_digest",
    ("delegation_dutyexception", "state"): "duty_exception_closed_with_state",
    ("delegation_dutyexception", "closed_by"): "duty_exception_closed_with_state",
    ("delegation_dutyexception", "closed_at"): "duty_exception_closed_with_state",
    ("delegation_handover", "step"): "handover_closed_with_step",
    ("delegation_handover", "fate"): "handover_completed_with_fate",
    ("delegation_handover", "closed_by"): "handover_closed_with_step",
    ("delegation_handover", "closed_at"): "handover_closed_with_step",
    ("identity_serviceuser", "former_secret_hash"): "service_user_former_secret_ends",
    ("identity_serviceuser", "former_secret_until"): "service_user_former_secret_ends",
    ("identity_serviceuser", "jwks_uri"): "service_user_has_secret_or_keys",
    ("identity_serviceuser", "staff_owner_id"): "service_user_one_owner",
    ("delegation_accessreview", "scope"): "review_scope_named",
    ("delegation_accessreview", "role_id"): "review_scope_named",
    ("delegation_accessreview", "site_id"): "review_scope_named",
    ("delegation_accessreview", "cause"): "review_cause_named",
    ("delegation_accessreview", "cause_id"): "review_cause_named",
    ("delegation_accessreview", "silence"): "review_silence_known",
    ("delegation_accessreview", "warnings"): "review_warned_at_most_twice",
    ("delegation_accessreview", "warned_at"): "review_warned_at_most_twice",
    ("delegation_accessreview", "state"): "review_closed_with_state",
    ("delegation_accessreview", "closed_by"): "review_closed_with_state",
    ("delegation_accessreview", "closed_at"): "review_closed_with_state",
    ("delegation_reviewline", "decision"): "review_line_decided_whole",
    ("delegation_reviewline", "basis"): "review_line_decided_whole",
    ("delegation_reviewline", "decided_by"): "review_line_decided_whole",
    ("delegation_reviewline", "decided_by_kind"): "review_line_decided_whole",
    ("delegation_reviewline", "decided_at"): "review_line_decided_whole",
    ("delegation_reviewline", "act"): "review_line_decided_whole",
    ("delegation_reviewline", "service_user_id"): "review_line_of_one",
    ("identity_look", "rule_id"): "look_by_code_or_rule",
    ("identity_look", "code_until"): "look_code_short",
    ("identity_look", "allowed_at"): "look_begun_and_short",
    ("identity_look", "valid_until"): "look_begun_and_short",
    ("delegation_catalogueproposal", "digest"): "proposal_digest_of_file",
    ("delegation_catalogueproposal", "state"): "proposal_decided_with_state",
    ("delegation_catalogueproposal", "decided_by"): "proposal_decided_with_state",
    ("delegation_catalogueproposal", "decided_at"): "proposal_decided_with_state",
}
"""Columns that a constraint or a trigger of the database keeps from changing alone."""
TYPE = """
SELECT format_type(a.atttypid, NULL), f.confrelid::regclass::text, k.attname
FROM pg_attribute a
LEFT JOIN pg_constraint f ON f.contype = 'f' AND f.conrelid = a.attrelid AND f.conkey = ARRAY[a.attnum]
LEFT JOIN pg_attribute k ON k.attrelid = f.confrelid AND k.attnum = f.confkey[1]
WHERE a.attrelid = %s::regclass AND a.attname = %s
"""
CHANGED = {
    "boolean": "NOT {}",
    "timestamp with time zone": "coalesce({}, now()) + interval '1 second'",
    "integer": "coalesce({}, 0) + 1",
    "smallint": "coalesce({}, 0) + 1",
    "numeric": "coalesce({}, 0) + 1",
    "jsonb": "'[\"x\"]'",
    "uuid": "gen_random_uuid()",
    "character varying": "'x'",
    "character varying[]": "ARRAY['x']::varchar[]",
    "text": "'x'",
}
OTHER_ENTITLEMENT = (
    "(SELECT o.id FROM delegation_entitlement o WHERE o.id NOT IN (t.first_id, t.second_id) LIMIT 1)"
)
SPECIAL = {
    ("delegation_dutyexception", "conflict_id"): "gen_random_uuid()",
    ("delegation_dutyexception", "requested_at"): "{} - interval '1 millisecond'",
    ("delegation_orphanletter", "case_id"): "gen_random_uuid()",
    ("delegation_orphanproof", "case_id"): "gen_random_uuid()",
    ("delegation_customercontact", "valid_until"): "{} - interval '1 millisecond'",
    ("delegation_takeoverreport", "changed_at"): "{} - interval '1 millisecond'",
    ("delegation_takeoverreport", "covered_until"): "{} - interval '1 microsecond'",
    ("mfa_authenticator", "data"): "jsonb_set(data, '{{secret}}', '\"x\"')",
    ("allauth_idp_oidc_client", "data"): (
        '\'{{"client_metadata": {{"post_logout_redirect_uris": ["https://x.example/"]}}}}\'::jsonb'
    ),
    ("delegation_reviewline", "review_id"): "gen_random_uuid()",
    ("delegation_reviewline", "membership_id"): (
        "(SELECT o.id FROM identity_membership o WHERE NOT EXISTS ("
        "SELECT FROM delegation_reviewline l WHERE l.membership_id = o.id) LIMIT 1)"
    ),
    ("delegation_accessreview", "reviewer_id"): (
        "(SELECT o.id FROM identity_membership o WHERE o.id NOT IN (t.reviewer_id, t.fallback_id) LIMIT 1)"
    ),
    ("delegation_accessreview", "fallback_id"): (
        "(SELECT o.id FROM identity_membership o WHERE o.id NOT IN (t.reviewer_id, t.fallback_id) LIMIT 1)"
    ),
    ("delegation_dutyconflict", "first_id"): OTHER_ENTITLEMENT,
    ("delegation_dutyconflict", "second_id"): OTHER_ENTITLEMENT,
    ("delegation_dutyconflictversion", "enforcement"): "'refuse'",
    ("delegation_staffright", "role"): "'operator'",
    ("delegation_staffright", "user_id"): (
        "(SELECT u.id FROM identity_user u WHERE NOT EXISTS (SELECT FROM delegation_staffright r"
        " WHERE r.user_id = u.id) LIMIT 1)"
    ),
    ("identity_user", "mail_bounced_at"): "CASE WHEN {} IS NULL THEN now() END",
    ("identity_membership", "user_id"): (
        "(SELECT u.id FROM identity_user u WHERE NOT EXISTS (SELECT FROM identity_membership o"
        " WHERE o.user_id = u.id AND o.organization_id = t.organization_id) LIMIT 1)"
    ),
    ("mfa_authenticator", "user_id"): (
        "(SELECT u.id FROM identity_user u WHERE NOT EXISTS"
        " (SELECT FROM mfa_authenticator o WHERE o.user_id = u.id) LIMIT 1)"
    ),
}


@contextmanager
def rolled_back() -> Iterator[None]:
    """Give a transaction that never commits, so that the guards do not judge its changes."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def other_value(table: str, column: str) -> str:
    """An expression for another value of this column, of the same type and with the same references."""
    row = db.fetch_one(TYPE, [table, column])
    assert row is not None
    kind, referenced, key = row
    if referenced and (table, column) not in SPECIAL:
        # One that no other column of the row has, where there is one: a giver is never the successor.
        others = "(SELECT value FROM jsonb_each_text(to_jsonb(t)) WHERE value IS NOT NULL)"
        return (
            f"(SELECT o.{key} FROM {referenced} o WHERE o.{key} IS DISTINCT FROM t.{column}"
            f" ORDER BY o.{key}::text IN {others}, o.{key} LIMIT 1)"
        )
    return SPECIAL.get((table, column), CHANGED[kind]).format(f't."{column}"')


ROWS = {"identity_user": "directory = 'customer'"}
"""The rows of which one is changed, where another kind of row has columns that stay empty."""
ISSUED = {"identity_signin", "identity_signin_clients", "identity_tokenfamily", "identity_authorizationcode"}
"""Tables whose rows the application cannot change or delete: an attacker adds rows, and the owner changes them."""
FIXED = {
    "delegation_adminconfirmation",
    "delegation_dormancywarning",
    "delegation_customercontact",
    "delegation_domainverification",
    "delegation_absenceclaim",
    "delegation_catalogueproposal",
    "delegation_dutyconflict",
    "delegation_dutyexception",
    "delegation_factorrecovery",
    "delegation_orphancase",
    "delegation_orphanletter",
    "delegation_orphanproof",
    "delegation_orphanrequest",
    "delegation_orphanverdict",
    "delegation_handover",
    "delegation_accessreview",
    "delegation_reviewline",
    "delegation_plannedremoval",
    "delegation_takeoverreport",
    "identity_look",
    "identity_lookrule",
}
"""Tables whose rows the owner alone rewrites."""


def execute(table: str, statement: str) -> int:
    """Run a statement on one row; as the owner, where the application cannot."""
    with connection.cursor() as cursor:
        if table in ISSUED | FIXED:
            cursor.execute("SELECT bypass.run(%s)", [statement])
            return int(cursor.fetchone()[0])
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(statement)
        return int(cursor.rowcount)


def change(table: str, column: str) -> int:
    row = f"(SELECT min(ctid) FROM {table} WHERE {ROWS.get(table, 'true')})"
    value = other_value(table, column)
    return execute(table, f'UPDATE {table} t SET "{column}" = {value} WHERE ctid = {row}')


def different_columns(table: Rebuilt) -> set[str]:
    compared = comparison.compare(excluded=(), at=clock.now())
    return {one.column for comparing in compared if comparing.table is table for one in comparing}


def test_every_compared_column_that_is_changed_is_named(filled_world: World) -> None:
    tried = 0
    for table in declarations.rebuilt():
        for column in (*table.columns, *table.encrypted):
            if (table.table, column) in REFUSED:
                continue
            with rolled_back():
                assert change(table.table, column) == 1, (table.table, column)
                assert column in different_columns(table), (table.table, column)
            tried += 1
    assert tried > 80


def delete_one(table: Rebuilt) -> int:
    row = f"(SELECT min(ctid) FROM {table.table})"
    return execute(table.table, f"DELETE FROM {table.table} WHERE ctid = {row}")


def test_every_row_that_is_deleted_is_named_unless_its_end_leaves_no_event(filled_world: World) -> None:
    may_end = ISSUED - {"identity_signin_clients"} | {"identity_session", "identity_staffsession"}
    for table in declarations.rebuilt():
        with rolled_back():
            assert delete_one(table) == 1, table.table
            assert (comparison.ROW in different_columns(table)) == (table.table not in may_end), table.table
