"""SQL as the application's role, in a transaction with an event that says nothing about it, is named.

The guard of the tables accepts such a transaction, and the log itself is in order.
"""

import datetime as dt
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.foundation.actor import system
from audit.log import observations
from audit.log.ledger import EventDraft, Subject
from audit.models import Event
from audit.state.comparison import Difference, TableComparison
from audit.verification import verifier
from delegation.people.commands import self_service
from identity.people import credentials
from identity.sessions.models import Session
from tests.fixtures import events, forged_events, state_check
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def with_a_decoy(world: World) -> Iterator[None]:
    """Commit together with an authentic event in Koskela's chain that changes nothing."""
    with transaction.atomic():
        draft = EventDraft("account.resync", Subject("membership", world.vilma.id), facts={"accounts": 0})
        events.append(world.koskela.id, draft, organization=world.koskela.id)
        yield


def change(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def role(key: str) -> str:
    return f"(SELECT id FROM delegation_role WHERE key = '{key}')"


@dataclass(frozen=True)
class Attack:
    """Holds a statement, its values, and where the difference is found: table, a part of the key, column."""

    statement: str
    values: Callable[[World], list[object]]
    table: str
    key: str
    column: str


def vilma(world: World) -> list[object]:
    return [world.vilma.id]


def vilmas_user(world: World) -> list[object]:
    return [world.vilma.user_id]


def of_the_open_invitation(world: World) -> list[object]:
    return [world.koskela.id]


ATTACKS = {
    "viewer made organization admin": Attack(
        f"UPDATE delegation_assignment SET role_id = {role('organization_admin')} WHERE membership_id = %s",
        vilma,
        "delegation_assignment",
        "{world.vilma.id}",
        "role_id",
    ),
    "assignment for all sites": Attack(
        "UPDATE delegation_assignment SET all_sites = true WHERE membership_id = %s",
        lambda world: [world.mikko.id],
        "delegation_assignment",
        "{world.mikko.id}",
        "all_sites",
    ),
    "assignment without its limit": Attack(
        "DELETE FROM delegation_assignmentlimit WHERE assignment_id IN"
        " (SELECT id FROM delegation_assignment WHERE membership_id = %s)",
        lambda world: [world.mikko.id],
        "delegation_assignmentlimit",
        "{world.mikko.id}",
        "(row)",
    ),
    "second assignment": Attack(
        "INSERT INTO delegation_assignment (id, membership_id, organization_id, role_id, all_sites, valid_from,"
        " assigned_by, assigned_by_kind, act) SELECT gen_random_uuid(), membership_id, organization_id,"
        f" {role('organization_admin')}, true, valid_from, assigned_by, assigned_by_kind, gen_random_uuid()"
        " FROM delegation_assignment WHERE membership_id = %s",
        vilma,
        "delegation_assignment",
        "{world.vilma.id}",
        "(row)",
    ),
    "ended membership opened": Attack(
        "UPDATE identity_membershipperiod SET valid_until = NULL WHERE membership_id = %s",
        lambda world: [world.stina.id],
        "identity_membershipperiod",
        "{world.stina.id}",
        "valid_until",
    ),
    "membership given a new period": Attack(
        "INSERT INTO identity_membershipperiod (id, membership_id, state, valid_from)"
        " VALUES (gen_random_uuid(), %s, 'active', now() + interval '1 day')",
        lambda world: [world.stina.id],
        "identity_membershipperiod",
        "{world.stina.id}",
        "(row)",
    ),
    "epoch of a membership lowered": Attack(
        "UPDATE identity_membership SET epoch = 1 WHERE id = %s",
        lambda world: [world.stina.id],
        "identity_membership",
        "{world.stina.id}",
        "epoch",
    ),
    "epoch of a user lowered": Attack(
        "UPDATE identity_user SET epoch = 1 WHERE id = %s",
        lambda world: [world.stina.user_id],
        "identity_user",
        "{world.stina.user_id}",
        "epoch",
    ),
    "user blocked or unblocked": Attack(
        "UPDATE identity_user SET is_active = NOT is_active WHERE id = %s",
        vilmas_user,
        "identity_user",
        "{world.vilma.user_id}",
        "is_active",
    ),
    "password of another": Attack(
        "UPDATE identity_user SET password = 'argon2$other' WHERE id = %s",
        vilmas_user,
        "identity_user",
        "{world.vilma.user_id}",
        "password",
    ),
    "address of a user": Attack(
        "UPDATE identity_user SET email = 'mallory@evil.example' WHERE id = %s",
        vilmas_user,
        "identity_user",
        "{world.vilma.user_id}",
        "email",
    ),
    "verified address": Attack(
        "UPDATE account_emailaddress SET email = 'mallory@evil.example' WHERE user_id = %s",
        vilmas_user,
        "account_emailaddress",
        "{world.vilma.user_id}",
        "email",
    ),
    "second address": Attack(
        'INSERT INTO account_emailaddress (user_id, email, verified, "primary")'
        " VALUES (%s, 'mallory@evil.example', true, false)",
        vilmas_user,
        "account_emailaddress",
        "{world.vilma.user_id}, position=2",
        "(row)",
    ),
    "factor deleted": Attack(
        "DELETE FROM mfa_authenticator WHERE user_id = %s",
        vilmas_user,
        "mfa_authenticator",
        "id=",
        "(row)",
    ),
    "factor added": Attack(
        "INSERT INTO mfa_authenticator (type, data, user_id, created_at)"
        " VALUES ('recovery_codes', '{\"hashes\": \"x\"}', %s, now())",
        vilmas_user,
        "mfa_authenticator",
        "id=",
        "(row)",
    ),
    "factor of another": Attack(
        "UPDATE mfa_authenticator SET data = jsonb_set(data, '{secret}', '\"stolen\"') WHERE user_id = %s",
        vilmas_user,
        "mfa_authenticator",
        "id=",
        "data",
    ),
    "session of another": Attack(
        "UPDATE identity_session SET user_id = %s WHERE user_id IS NOT NULL",
        vilmas_user,
        "identity_session",
        "session_key=",
        "user_id",
    ),
    "session copied": Attack(
        "INSERT INTO identity_session (session_key, session_data, expire_date, user_id, directory, epoch,"
        " created_at, last_seen_at, agent) SELECT 'h1$x$copy', session_data, expire_date, %s, directory, epoch,"
        " created_at, last_seen_at, agent FROM identity_session WHERE user_id IS NOT NULL",
        vilmas_user,
        "identity_session",
        "h1$x$copy",
        "(row)",
    ),
    "epoch of a session raised": Attack(
        "UPDATE identity_session SET epoch = epoch + 1 WHERE user_id = %s",
        lambda world: [world.olli.user_id],
        "identity_session",
        "session_key=",
        "epoch",
    ),
    "ceiling raised": Attack(
        "UPDATE delegation_ceiling SET amount = 1000000 WHERE organization_id = %s AND amount IS NOT NULL",
        lambda world: [world.koskela.id],
        "delegation_ceiling",
        "{world.koskela.id}",
        "amount",
    ),
    "proposal made": Attack(
        "INSERT INTO delegation_catalogueproposal (id, file, digest, version, lose, gain, state, proposed_by,"
        " proposed_by_kind, proposed_at, act, decided_by_kind) VALUES (gen_random_uuid(), 'x',"
        " encode(sha256('x'), 'hex'), repeat('0', 64), 0, 0, 'open', %s, 'staff', now(), gen_random_uuid(), '')",
        lambda world: [world.koskela.id],
        "delegation_catalogueproposal",
        "id=",
        "(row)",
    ),
    "hold placed": Attack(
        "INSERT INTO delegation_hold (id, organization_id, entitlement_id, reason, valid_from, placed_by,"
        " placed_by_kind, act) SELECT gen_random_uuid(), %s, id, 'overdue', now(), gen_random_uuid(), 'staff',"
        " gen_random_uuid() FROM delegation_entitlement LIMIT 1",
        lambda world: [world.koskela.id],
        "delegation_hold",
        "id=",
        "(row)",
    ),
    "hold lifted": Attack(
        "UPDATE delegation_hold SET valid_until = now() WHERE organization_id = %s",
        lambda world: [world.koskela.id],
        "delegation_hold",
        "id=",
        "valid_until",
    ),
    "staff right given": Attack(
        "INSERT INTO delegation_staffright (id, user_id, role, scope_id, valid_from, given_by, given_by_kind, act)"
        " SELECT gen_random_uuid(), user_id, 'owner', scope_id, now(), %s, 'staff', gen_random_uuid()"
        " FROM delegation_staffright WHERE role = 'account_manager'",
        lambda world: [world.koskela.id],
        "delegation_staffright",
        "id=",
        "(row)",
    ),
    "staff right for everything": Attack(
        "UPDATE delegation_staffright SET scope_id = (SELECT id FROM delegation_staffscope WHERE unit_id IS NULL"
        " AND organization_id IS NULL) WHERE role = 'account_manager' AND given_by <> %s",
        lambda world: [world.koskela.id],
        "delegation_staffright",
        "id=",
        "scope_id",
    ),
    "permission of a staff right": Attack(
        "DELETE FROM delegation_staffpermission WHERE user_id <> %s",
        lambda world: [world.koskela.id],
        "delegation_staffpermission",
        "user_id=",
        "(row)",
    ),
    "scope of staff rights widened": Attack(
        "UPDATE delegation_staffscope SET unit_id = NULL, organization_id = %s WHERE unit_id IS NOT NULL",
        lambda world: [world.koskela.id],
        "delegation_staffscope",
        "scope=",
        "(row)",
    ),
    "role of an invitation": Attack(
        f"UPDATE delegation_invitation SET role_id = {role('organization_admin')}"
        " WHERE organization_id = %s AND accepted_at IS NULL",
        of_the_open_invitation,
        "delegation_invitation",
        "id=",
        "role_id",
    ),
    "link of another invitation": Attack(
        "UPDATE delegation_invitationtoken SET invitation_id ="
        " (SELECT id FROM delegation_invitation WHERE accepted_at IS NOT NULL AND organization_id = %s LIMIT 1)"
        " WHERE invitation_id IN (SELECT id FROM delegation_invitation WHERE accepted_at IS NULL)",
        of_the_open_invitation,
        "delegation_invitationtoken",
        "hash=",
        "invitation_id",
    ),
    "role that assigns everything": Attack(
        "UPDATE delegation_roleversion SET assignable_roles = '[\"organization_admin\"]'"
        f" WHERE %s::uuid IS NOT NULL AND role_id = {role('viewer')}",
        vilma,
        "delegation_roleversion",
        "role_id=viewer",
        "assignable_roles",
    ),
    "roles that exchange their keys": Attack(
        "UPDATE delegation_role SET key = CASE key WHEN 'viewer' THEN 'swapped' ELSE key END"
        " WHERE %s::uuid IS NOT NULL",
        vilma,
        "delegation_assignment",
        "{world.vilma.id}",
        "role_id",
    ),
    "address that receives codes": Attack(
        "UPDATE allauth_idp_oidc_client SET redirect_uris = redirect_uris || E'\\nhttps://evil.example/'"
        " WHERE %s::uuid IS NOT NULL",
        vilma,
        "allauth_idp_oidc_client",
        "id=ordering",
        "redirect_uris",
    ),
    "address that receives people": Attack(
        "UPDATE provisioning_target SET base_url = 'https://evil.example/' WHERE %s::uuid IS NOT NULL",
        vilma,
        "provisioning_target",
        "id=",
        "base_url",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_change_beside_the_log_is_named_by_table_key_and_column(filled_world: World, name: str) -> None:
    attack = ATTACKS[name]
    with with_a_decoy(filled_world):
        assert change(attack.statement, *attack.values(filled_world)) > 0
    assert verifier.verify().findings == []
    found = [(one.table, one.column, one.key) for one in state_check.differences()]
    matching = [key for table, column, key in found if (table, column) == (attack.table, attack.column)]
    assert any(attack.key.format(world=filled_world) in key for key in matching), found


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("assignment without its limit", "the log has it, the table does not"),
        ("second assignment", "the table has it, the log does not"),
    ],
)
def test_row_that_only_one_of_them_has_says_which(filled_world: World, name: str, finding: str) -> None:
    attack = ATTACKS[name]
    with with_a_decoy(filled_world):
        change(attack.statement, *attack.values(filled_world))
    (row,) = [
        one
        for one in state_check.differences()
        if one.table == attack.table and attack.key.format(world=filled_world) in one.key
    ]
    assert (row.column, row.text) == ("(row)", finding)


def test_factor_deleted_and_added_again_has_an_id_that_the_log_does_not_know(filled_world: World) -> None:
    """The copy forgets that its last code was used."""
    before = Authenticator.objects.get(user=filled_world.olli.user_id)
    data = json.dumps({"secret": before.data["secret"]})
    with with_a_decoy(filled_world):
        change("DELETE FROM mfa_authenticator WHERE id = %s", before.pk)
        change(
            "INSERT INTO mfa_authenticator (type, data, user_id, created_at) VALUES (%s, %s, %s, now())",
            *(before.type, data, before.user_id),
        )
    after = Authenticator.objects.get(user=filled_world.olli.user_id)
    found = {(one.table, one.column, one.key) for one in state_check.differences()}
    assert before.pk != after.pk
    assert found == {("mfa_authenticator", "(row)", f"id={key.pk}") for key in (before, after)}


FACTORS: dict[str, dict[str, object]] = {
    "totp": {},
    "recovery_codes": {"hashes": {"0": "x"}, "used": ""},
    "webauthn": {"name": "key", "credential": {"id": "x"}},
}
EXCHANGED: dict[str, dict[str, object]] = {
    "totp": {"hashes": "x", "secret": "stolen"},
    "recovery_codes": {"secret": '{"0": "x"}', "hashes": {"0": "stolen"}},
    "webauthn": {"secret": '{"id": "x"}', "credential": {"id": "stolen"}},
}
USE: dict[str, dict[str, object]] = {
    "totp": {"last_step": 2**40},
    "recovery_codes": {"used": "0"},
    "webauthn": {"name": "other"},
}


def add_factor(world: World, kind: str) -> Authenticator:
    """Add the row with the event that states its digest, as the product does; Vilma has an app."""
    user = world.vilma.user
    if kind == "totp":
        return Authenticator.objects.get(user=user, type=kind)
    row = Authenticator(user=user, type=kind, data=FACTORS[kind])
    with observations.recording(actor=system()) as batch:
        row.save(force_insert=True)
        facts = credentials.added_factor(row)
        batch.add("factor.added", subject=Subject("user", user.id), chain=user.id, facts=facts)
    return row


@pytest.mark.parametrize("kind", FACTORS)
def test_factor_whose_secret_is_exchanged_behind_a_key_of_another_type_is_named(
    world: World, kind: str
) -> None:
    """The digest covers all data but the key that using or renaming changes."""
    row = add_factor(world, kind)
    with with_a_decoy(world):
        Authenticator.objects.filter(pk=row.pk).update(data={**row.data, **USE[kind]})
    assert state_check.differences() == []
    used = {**row.data, **USE[kind]}
    # A trigger keeps the used codes of the other types.
    no_objects: tuple[object, ...] = ([], "x", None) if kind == "webauthn" else ()
    for data in ({**used, **EXCHANGED[kind]}, {**used, "unknown": 1}, *no_objects):
        with with_a_decoy(world):
            change("UPDATE mfa_authenticator SET data = %s::jsonb WHERE id = %s", json.dumps(data), row.pk)
        found = [(one.table, one.key, one.column) for one in state_check.differences()]
        assert found == [("mfa_authenticator", f"id={row.pk}", "data")], data


def test_sign_in_and_service_without_an_event_are_named(filled_world: World) -> None:
    change(
        "INSERT INTO identity_signin (id, session_key, user_id, membership_id, user_epoch, membership_epoch, auth_time,"
        " amr, started_at, last_seen_at) SELECT gen_random_uuid(), 'h1$x$other', user_id, membership_id, user_epoch,"
        " membership_epoch, auth_time, amr, started_at, last_seen_at FROM identity_signin LIMIT 1"
    )
    change("INSERT INTO identity_signin_clients (signin_id, client_id) SELECT id, 'crm' FROM identity_signin")
    found = [(one.table, one.column) for one in state_check.differences()]
    assert found == [("identity_signin", "(row)"), *[("identity_signin_clients", "(row)")] * 2]


def test_session_hidden_from_its_end_is_named(filled_world: World) -> None:
    """While it says that it is another person's, ending it by name deletes nothing."""
    BrowserClient().sign_in(filled_world.vilma.user)
    key = Session.objects.get(user=filled_world.vilma.user_id).session_key
    change("UPDATE identity_session SET user_id = %s WHERE session_key = %s", filled_world.olli.user_id, key)
    self_service.sign_out(actor=actor_of(filled_world.vilma), person=filled_world.vilma.user, session=key)
    change("UPDATE identity_session SET user_id = %s WHERE session_key = %s", filled_world.vilma.user_id, key)
    assert [(one.table, one.column, one.key) for one in state_check.differences()] == [
        ("identity_session", "(row)", f"session_key={key}")
    ]


def test_session_that_ended_and_is_there_again_is_named(filled_world: World) -> None:
    browser = BrowserClient().sign_in(filled_world.vilma.user)
    session = Session.objects.get(user=filled_world.vilma.user_id)
    browser.post("/account/logout/")
    assert state_check.differences() == []
    session.save(force_insert=True)
    assert [(one.table, one.column) for one in state_check.differences()] == [("identity_session", "(row)")]


AFTER = {"access": [{"role": "organization_admin", "all_sites": True, "sites": [], "limits": {}}]}


def test_change_with_a_forged_event_that_states_it_is_named_all_the_same(filled_world: World) -> None:
    attack = ATTACKS["viewer made organization admin"]
    koskela, vilma = filled_world.koskela.id, filled_world.vilma
    forged = forged_events.next_in_chain(
        koskela,
        verb="access.change",
        subject_kind="membership",
        subject=vilma.id,
        organization=koskela,
        content={"before": {}, "after": AFTER, "facts": {}, "personal": {}},
    )
    with transaction.atomic():
        forged_events.insert(forged)
        change(attack.statement, vilma.id)
    report = verifier.verify()
    assert {event for event, _ in report.forged} == {forged["id"]}
    found = state_check.differences(excluded=report.forged)
    assert [(one.table, one.column) for one in found] == [("delegation_assignment", "role_id")]


def verify_state() -> tuple[str, list[str], list[str]]:
    """The command's error, the lines of differences and the summary."""
    errors, output = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("audit", "verify", "--state", stdout=output, stderr=errors)
    return str(refusal.value), errors.getvalue().splitlines(), output.getvalue().splitlines()


def test_command_writes_a_line_for_each_difference_and_no_personal_value(filled_world: World) -> None:
    move_clock(240)
    with with_a_decoy(filled_world):
        change(
            "UPDATE identity_user SET email = 'mallory@evil.example' WHERE id = %s",
            filled_world.vilma.user_id,
        )
        change("UPDATE identity_membership SET epoch = 5 WHERE id = %s", filled_world.vilma.id)
    error, lines, summary = verify_state()
    assert error.startswith("2 differences between the tables and the log; ")
    assert lines == [
        f"identity_membership id={filled_world.vilma.id}: epoch: the log says 1, the table 5",
        f"identity_user id={filled_world.vilma.user_id}: email: the log and the table differ",
    ]
    assert "identity_businessunit: 3 rows; 0 differences; compared: rows only" in summary
    assert any(line.startswith("delegation_idempotencyrecord: not rebuilt: ") for line in summary)


@pytest.mark.parametrize("error", ["DataError", "RecursionError", "ValueError"])
def test_table_that_cannot_be_read_is_named_and_hides_no_other(
    filled_world: World, monkeypatch: pytest.MonkeyPatch, error: str
) -> None:
    read = TableComparison._differences

    def differences(table: TableComparison, batch: Any) -> Iterator[Difference]:
        if table.table.table == "delegation_roleversion":
            if error == "DataError":
                change("SELECT 1 / 0")
            raise {"RecursionError": RecursionError, "ValueError": ValueError}[error]
        yield from read(table, batch)

    monkeypatch.setattr(TableComparison, "_differences", differences)
    move_clock(240)
    with with_a_decoy(filled_world):
        change("UPDATE delegation_roleversion SET verbs = '[]'")
        change("UPDATE identity_membership SET epoch = 5 WHERE id = %s", filled_world.vilma.id)
    message, lines, _ = verify_state()
    assert message.startswith("2 differences between the tables and the log; ")
    assert lines == [
        f"delegation_roleversion: cannot be read: {error}",
        f"identity_membership id={filled_world.vilma.id}: epoch: the log says 1, the table 5",
    ]


def test_command_with_state_and_one_chain_is_refused(world: World) -> None:
    with pytest.raises(CommandError, match="use --state without --chain"):
        call_command("audit", "verify", "--state", f"--chain={world.koskela.id}")


def test_forged_event_excludes_no_event_of_the_same_id(filled_world: World) -> None:
    forged = {(event.id, event.at + dt.timedelta(milliseconds=1)) for event in Event.objects.all()}
    assert state_check.differences(excluded=forged) == []


def test_event_of_repeats_states_no_change(filled_world: World) -> None:
    """Its columns come from a counter and not from an act."""
    facts = {"code": "x", "repeats": 1}
    draft = EventDraft(
        "access.change", Subject("membership", filled_world.vilma.id), after=AFTER, facts=facts
    )
    with transaction.atomic():
        events.append(filled_world.koskela.id, draft, organization=filled_world.koskela.id)
        assert state_check.differences() == []
        transaction.set_rollback(True)
