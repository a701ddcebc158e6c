"""A person lets a staff member look along, for half an hour, and neither side nor SQL makes more of it."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.foundation import clock
from audit.foundation.errors import DomainError
from delegation.authorization.errors import InvalidInput, LookNotAllowed, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.looking_along import commands, queries
from delegation.people.commands import self_service
from delegation.staff import commands as staff_commands
from identity.looks import looked_pages
from identity.looks.models import Look
from identity.people.models import User
from identity.staff import sessions
from tests.fixtures import bypass, events, looks, signed_in, staff_rights, state_check
from tests.fixtures.looks import Along
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def along(world: World) -> Along:
    return Along(world)


def test_look_begins_by_the_code_once_and_its_events_name_both(along: Along) -> None:
    allowed = along.allow(masked=False)
    assert len(allowed.code) == 6
    assert allowed.code.isdigit()
    row = Look.objects.get()
    assert allowed.code not in row.code_hash
    begun = commands.begin_by_code(actor=along.actor, code=allowed.code, session=along.session)
    with pytest.raises(NotFound):
        commands.begin_by_code(actor=along.actor, code=allowed.code, session=along.session)
    look = queries.of_staff(actor=along.actor, look=begun.result.look, session=along.session, at=clock.now())
    assert (look.name, look.staff_name, look.mode, look.masked) == (
        "Aino Virtanen", "Sanna Heikkilä", "prepare", False
    )  # fmt: skip
    assert look.valid_until - look.begun_at == dt.timedelta(minutes=30)
    (event,) = events.recorded(Verb.LOOK_BEGIN)
    body = events.body(event)
    assert (event.organization, event.subject, event.actor) == (
        along.world.koskela.id, along.world.aino.id, along.sanna.pk
    )  # fmt: skip
    assert set(body["personal"]) >= {"actor.label", "subject.label"}
    assert (body["facts"]["by"], body["facts"]["look"]) == ("code", str(look.id))


def test_consent_dated_ahead_by_a_step_back_of_the_clock_holds_later(along: Along) -> None:
    move_clock(700)
    along.world.change(along.world.olli, along.world.access("viewer"))
    move_clock(100)
    allowed = along.allow()
    assert clock.now() < Look.objects.get().allowed_at
    move_clock(760)  # what is dated ahead holds once the clock has caught up
    commands.begin_by_code(actor=along.actor, code=allowed.code, session=along.session)
    assert Look.objects.get().begun_at is not None


def test_wrong_foreign_and_expired_codes_are_refused_alike(along: Along) -> None:
    allowed = along.allow()
    eesti = along.staff.hire("Eeva Eesti", "support", unit=along.staff.eesti)
    auditor = along.staff.hire("Anna Auditor", "auditor", unit=along.staff.kivisalo)
    wrong = f"{(int(allowed.code) + 1) % 1_000_000:06}"
    for actor, code in ((along.actor, wrong), (eesti, allowed.code), (auditor, allowed.code)):
        with pytest.raises(NotFound) as refusal:
            commands.begin_by_code(actor=actor, code=code, session=along.session)
        assert refusal.value.data == {}
    assert Look.objects.get().begun_at is None
    move_clock(dt.timedelta(minutes=10).total_seconds())
    with pytest.raises(NotFound):
        commands.begin_by_code(actor=along.actor, code=allowed.code, session=along.session)


def test_each_step_out_of_order_or_by_another_is_refused(along: Along) -> None:
    world, aino = along.world, actor_of(along.world.aino)
    allowed = along.allow()
    row = Look.objects.get()
    stranger = along.staff.hire("Otto Toinen", "support", unit=along.staff.kivisalo)
    base = {"member": world.aino, "session": "h1$x", "mode": "look", "masked": True}
    prepared: dict[str, Any] = {"kind": "invite", "membership": None, "content": {}}
    cases: list[tuple[Callable[..., Any], dict[str, Any], type[DomainError]]] = [
        (commands.allow, {**base, "actor": actor_of(world.paivi)}, NotFound),
        (commands.allow, {**base, "actor": along.actor}, NotFound),
        (commands.allow, {**base, "actor": aino, "mode": "all"}, InvalidInput),
        (commands.end, {"actor": along.actor, "look": row}, NotFound),
        (commands.end, {"actor": actor_of(world.paivi), "look": row}, NotFound),
        (commands.prepare, {"actor": along.actor, "look": row, **prepared}, NotFound),
        (commands.begin_by_rule,
         {"actor": along.actor, "member": world.aino, "session": "h1$x", "reason": "Call 8841"}, LookNotAllowed),
        (commands.begin_by_rule,
         {"actor": along.actor, "member": world.aino, "session": "h1$x", "reason": " "}, InvalidInput),
    ]  # fmt: skip
    for command, arguments, error in cases:
        with pytest.raises(error):
            command(**arguments)
    commands.begin_by_code(actor=along.actor, code=allowed.code, session=along.session)
    row.refresh_from_db()
    other = {**prepared, "membership": world.tiina.id, "kind": "access"}
    for arguments in (
        {"actor": aino, **prepared},
        {"actor": stranger, **prepared},
        {"actor": along.actor, **other},
    ):
        with pytest.raises(NotFound):
            commands.prepare(look=row, **arguments)
    commands.end(actor=along.actor, look=row)
    for actor in (along.actor, aino):
        with pytest.raises(Unchanged):
            commands.end(actor=actor, look=row)
    with pytest.raises(NotFound):
        commands.prepare(actor=along.actor, look=row, **prepared)


def leaves(along: Along) -> None:
    along.world.remove(along.world.aino, by=along.world.paivi)


def signs_out(along: Along) -> None:
    session = signed_in.session_of(along.browser).stored_key()
    self_service.sign_out(actor=actor_of(along.world.aino), person=along.world.aino.user, session=session)


def right_ends(along: Along) -> None:
    staff_commands.end(actor=along.staff.owner, rights=[along.right], reason="moved")


def staff_signs_out(along: Along) -> None:
    sessions.end(key=along.session)


def staff_is_blocked(along: Along) -> None:
    with bypassing_commands():
        User.all_directories.filter(pk=along.sanna.pk).update(is_active=False)


def half_an_hour_passes(along: Along) -> None:
    del along
    move_clock(dt.timedelta(minutes=30).total_seconds())


def allows_again(along: Along) -> None:
    along.allow()


ENDINGS = [
    leaves,
    signs_out,
    right_ends,
    staff_signs_out,
    staff_is_blocked,
    half_an_hour_passes,
    allows_again,
]


@pytest.mark.parametrize("ending", ENDINGS)
def test_look_ends_at_once_for_both(along: Along, ending: Callable[[Along], None]) -> None:
    look = along.begin()
    assert along.is_open(look)
    ending(along)
    assert not along.is_open(look)
    with pytest.raises(NotFound):
        queries.of_staff(actor=along.actor, look=look.id, session=along.session, at=clock.now())


def test_right_that_is_given_again_revives_no_look(along: Along) -> None:
    look = along.begin()
    right_ends(along)
    along.staff.give(along.sanna, "support", unit=along.staff.kivisalo)
    assert not along.is_open(look)


def test_standing_rule_lets_staff_begin_with_a_reason_until_it_is_withdrawn(along: Along) -> None:
    world, koskela = along.world, along.world.koskela
    with pytest.raises(DomainError):
        commands.set_rule(actor=actor_of(world.ulla), organization=koskela, mode="look")
    commands.set_rule(actor=actor_of(world.aino), organization=koskela, mode="look")
    with pytest.raises(Unchanged):
        commands.set_rule(actor=actor_of(world.aino), organization=koskela, mode="look")
    base: dict[str, Any] = {"actor": along.actor, "session": along.session, "reason": "Call 8841"}
    with pytest.raises(LookNotAllowed) as signed_out:
        commands.begin_by_rule(member=world.vilma, **base)
    assert signed_out.value.data == {"problem": "signed_out"}
    eesti = along.staff.hire("Eeva Eesti", "support", unit=along.staff.eesti)
    with pytest.raises(NotFound):
        commands.begin_by_rule(member=world.aino, **{**base, "actor": eesti})
    look = Look.objects.get(id=commands.begin_by_rule(member=world.aino, **base).result.look)
    assert (along.is_open(look), look.masked, look.mode) == (True, True, "look")
    with pytest.raises(NotFound):
        commands.prepare(actor=along.actor, look=look, kind="invite", membership=None, content={})
    for mode in ("", "look"):
        commands.set_rule(actor=actor_of(world.aino), organization=koskela, mode=mode)
        assert not along.is_open(look), "a rule that is set again revives no look"


def test_look_that_would_not_hold_is_refused_and_not_recorded(along: Along) -> None:
    world = along.world
    commands.set_rule(actor=actor_of(world.aino), organization=world.koskela, mode="look")
    code = along.allow().code
    with bypassing_commands():
        type(world.koskela).objects.filter(id=world.koskela.id).update(status="suspended")
    with pytest.raises(NotFound):
        commands.begin_by_code(actor=along.actor, code=code, session=along.session)
    with pytest.raises(LookNotAllowed):
        commands.begin_by_rule(actor=along.actor, member=world.aino, session=along.session, reason="Call")
    assert events.recorded(Verb.LOOK_BEGIN) == []


def test_rule_replaces_no_code_and_waits_after_the_person_s_stop(along: Along) -> None:
    world = along.world
    commands.set_rule(actor=actor_of(world.aino), organization=world.koskela, mode="look")
    base: dict[str, Any] = {"actor": along.actor, "session": along.session, "reason": "Call 8841"}

    def problem() -> object:
        with pytest.raises(LookNotAllowed) as refusal:
            commands.begin_by_rule(member=world.aino, **base)
        return refusal.value.data["problem"]

    look = along.begin()
    assert problem() == "code"
    assert along.is_open(look)
    commands.end(actor=actor_of(world.aino), look=look)
    assert problem() == "stopped"
    assert along.is_open(along.begin()), "a code is another consent"


def test_page_of_a_look_that_is_replaced_or_has_ended_is_deleted_and_stored_no_more(along: Along) -> None:
    look = along.begin()
    page = looked_pages.ShownPage("people", "People", "<p>x</p>", None, clock.now())
    looked_pages.store(look=look.id, page=page)
    assert looked_pages.read_page(look=look.id) == page
    along.allow()
    assert looked_pages.read_page(look=look.id) is None
    looked_pages.store(look=look.id, page=page)
    assert looked_pages.read_page(look=look.id) is None


LONGER = [
    "valid_until = valid_until + interval '1 second'",
    "begun_at = begun_at + interval '1 minute', valid_until = valid_until + interval '1 minute'",
    "ended_at = NULL",
    "masked = false",
    "mode = 'prepare'",
    "staff_session = 'h1$other'",
    "code_until = code_until + interval '1 minute'",
]

COLUMNS = (
    "id, organization_id, membership_id, membership_epoch, session_key, mode, masked, code_hash, code_until,"
    " allowed_at, staff_session"
)


def execute(statement: str) -> None:
    with bypass.guards(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_sql_as_the_application_s_role_lengthens_nothing(along: Along) -> None:
    ended = along.begin(mode="look")
    commands.end(actor=along.actor, look=ended)
    statements = [f"UPDATE identity_look SET {change} WHERE id = '{ended.id}'" for change in LONGER]
    begun = "UPDATE identity_look SET staff_session = 's', staff_right = id, begun_at = now(), staff_id = "
    unused, later = along.allow().look, "now() + interval '2 hours'"
    new = "gen_random_uuid(), organization_id, membership_id, 1, 's', mode, false, 'x'"
    statements += [
        f"DELETE FROM identity_look WHERE id = '{ended.id}'",
        f"{begun}'{along.sanna.pk}', valid_until = {later} WHERE id = '{unused}'",
        f"{begun}'{along.world.aino.user_id}', valid_until = now() + interval '1 minute' WHERE id = '{unused}'",
        f"INSERT INTO identity_look ({COLUMNS}) SELECT {new}, {later}, {later}, '' FROM identity_look LIMIT 1",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError):
            execute(statement)


def test_tables_follow_from_the_events(along: Along) -> None:
    first = along.begin()
    commands.end(actor=along.actor, look=first)
    commands.set_rule(actor=actor_of(along.world.aino), organization=along.world.koskela, mode="prepare")
    commands.begin_by_rule(
        actor=along.actor, member=along.world.aino, session=along.session, reason="Call 8841"
    )
    commands.set_rule(actor=actor_of(along.world.aino), organization=along.world.koskela, mode="")
    along.allow()
    tables = {"identity_look", "identity_lookrule"}
    assert [one for one in state_check.differences() if one.table in tables] == []


def test_session_of_another_staff_member_sees_no_page(along: Along) -> None:
    look = along.begin()
    other = staff_rights.acting_as(staff_rights.hired("Otto Rinne"))
    for actor, session in ((other, along.session), (along.actor, looks.staff_session(along.sanna))):
        with pytest.raises(NotFound):
            queries.of_staff(actor=actor, look=look.id, session=session, at=clock.now())
