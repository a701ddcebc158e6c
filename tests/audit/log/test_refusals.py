"""Refusals: the first of a minute is an event, repeats are counted."""

import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from django.db import IntegrityError, connection

from audit import sealing
from audit.foundation import clock, key_files
from audit.log import refusals, repeat_counters
from audit.models import Event, Refusal
from delegation.authorization import errors as authorization_errors
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from delegation.people.commands import members as people_commands
from identity.people.models import User
from portal.signin.customers import rate_limits
from tests.fixtures import forged_events
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.events import body
from tests.fixtures.world import World, actor_of, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


def refused_events() -> list[Event]:
    return list(Event.objects.filter(outcome="refused").order_by("at", "id"))


def early_in_a_minute() -> int:
    """Move the clock to the start of a minute. Returns the seconds by which it moved."""
    offset = 3600 - clock.wall().second
    move_clock(offset)
    return offset


def test_refusals_repeated_within_a_minute_become_one_event_with_a_count(world: World) -> None:
    begin = early_in_a_minute()
    for _ in range(4):
        with pytest.raises(authorization_errors.Denied):
            people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    (first,) = refused_events()
    assert (first.verb, first.subject, first.seq) == ("member.remove", world.aino.id, None)
    assert (first.chain, first.organization, first.actor) == (
        world.koskela.id,
        world.koskela.id,
        world.ulla.user_id,
    )
    assert body(first)["facts"] == {"code": "denied", "reason": "exceeds_authority"}

    assert refusals.flush_repeats() == 0
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    _, repeats = refused_events()
    assert (repeats.chain, repeats.organization) == (world.koskela.id, world.koskela.id)
    assert (repeats.actor_kind, repeats.actor) == ("person", world.ulla.user_id)
    facts = body(repeats)["facts"]
    assert isinstance(facts, dict)
    assert facts["repeats"] == 3
    assert not Refusal.objects.exists()


def test_refusal_without_repeats_has_one_event(world: World) -> None:
    begin = early_in_a_minute()
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    assert len(refused_events()) == 1


def test_refusal_of_a_stranger_is_in_their_own_chain_and_names_nothing_else(world: World) -> None:
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.tiina), memberships=[world.vilma])
    (event,) = refused_events()
    assert (event.chain, event.organization) == (world.tiina.user_id, None)
    assert event.subject == world.tiina.user_id
    assert str(world.vilma.id) not in json.dumps(body(event))
    assert str(world.koskela.id) not in json.dumps(body(event))


def test_refusal_of_a_set_names_the_refused_member(world: World) -> None:
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.vilma, world.olli, world.paivi])
    (event,) = refused_events()
    assert event.subject == world.paivi.id


def test_refusal_without_a_subject_names_none_and_invalid_input_is_not_recorded(world: World) -> None:
    new = NewOrganization(key="koskela", name="The key is taken")
    with pytest.raises(authorization_errors.AlreadyExists):
        organizations_commands.create_organization(actor=world.system, new=new)
    with pytest.raises(authorization_errors.NotFound):
        organizations_commands.create_organization(actor=actor_of(world.aino), new=new)
    (unseen,) = refused_events()
    assert (unseen.organization, unseen.chain) == (None, world.aino.user_id)


def test_refusal_of_an_act_is_beside_the_organization_s_chain(world: World) -> None:
    before = Event.objects.filter(chain=world.koskela.id, seq__isnull=False).count()
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    assert Event.objects.filter(chain=world.koskela.id, seq__isnull=False).count() == before


def test_refusal_records_its_reason_in_detail_but_not_the_refused_ids(world: World) -> None:
    beyond = world.access("orderer", sites=[world.oulu], amount=10_001)
    with pytest.raises(authorization_errors.ExceedsAuthority) as refusal:
        world.change(world.olli, beyond, by=world.sami)
    (event,) = refused_events()
    assert body(event)["facts"] == {"code": "exceeds_authority", **refusal.value.data}
    assert refusal.value.data["amount"] == "10000.00"


def test_refusal_of_a_member_records_the_reason_alone(world: World) -> None:
    with pytest.raises(authorization_errors.Denied) as refusal:
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.paivi])
    assert refusal.value.data["refused"] == [str(world.paivi.id)]
    (event,) = refused_events()
    assert body(event)["facts"] == {"code": "denied", "reason": "exceeds_authority"}


def test_failed_sign_ins_within_an_hour_are_two_events_for_each_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "PERSON", dataclasses.replace(rate_limits.PERSON, amount=4))
    offset = 7200 - clock.wall().minute * 60 - clock.wall().second
    move_clock(offset)
    unknown = User(email="nobody@koskela.example")
    for user in (world.aino.user, unknown):
        for source in range(6):
            BrowserClient(REMOTE_ADDR=f"198.51.100.{source}").password(user, "wrong wrong wrong")
    failures = Event.objects.filter(verb="sign_in.failed").order_by("at")
    assert [event.subject_kind for event in failures] == ["user", "supplier"]
    move_clock(offset + 3400)
    assert refusals.flush_repeats() == 0
    move_clock(offset + 3660)
    assert refusals.flush_repeats() == 2
    assert failures.all().count() == 4
    repeats = body(failures.filter(subject=world.aino.user_id).latest("at"))["facts"]
    assert isinstance(repeats, dict)
    assert (repeats["method"], repeats["repeats"]) == ("password", rate_limits.PERSON.amount - 1)


def test_repeated_refused_sign_ins_of_a_former_member_are_two_events_an_hour(world: World) -> None:
    offset = 7200 - clock.wall().minute * 60 - clock.wall().second
    world.remove(world.vilma)
    move_clock(offset)
    for _ in range(5):
        BrowserClient().password(world.vilma.user)
    move_clock(offset + 3700)
    refusals.flush_repeats()
    denied = Event.objects.filter(verb="sign_in.denied")
    assert sorted(body(event)["facts"].get("repeats", 0) for event in denied) == [0, 4]


def insert_counter(world: World, **other: Any) -> None:
    """Insert a counter as SQL with the application's role can: everything but the MAC."""
    columns: dict[str, Any] = {
        "id": uuid.uuid4(), "actor": world.aino.user_id, "actor_kind": "person", "chain": world.koskela.id,
        "organization": world.koskela.id, "verb": "sign_in.succeeded", "subject": world.aino.id,
        "subject_kind": "membership", "code": "x", "fact": "sid", "outcome": "observed",
        "minute": clock.now() - dt.timedelta(minutes=5), "mac": b"k1:" + bytes(32), "count": 2,
    } | other  # fmt: skip
    names, places = ", ".join(columns), ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO audit_refusal ({names}) VALUES ({places})", list(columns.values()))


@pytest.mark.parametrize("kind", ["person", "x"])
def test_counter_inserted_by_the_application_s_role_is_deleted_without_an_event(
    world: World, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = Event.objects.count()
    insert_counter(world, actor_kind=kind)
    insert_counter(world, actor_kind=kind, verb="member.remove", outcome="done")
    assert refusals.flush_repeats() == 2
    assert (Event.objects.count(), Refusal.objects.count()) == (before, 0)
    assert "2 counters of repeats are not authentic" in caplog.text


@pytest.mark.parametrize(
    "column",
    ["actor", "verb", "subject", "subject_kind", "code", "fact", "outcome", "chain", "organization", "count"],
)
def test_counter_changed_by_the_application_s_role_is_deleted_without_an_event(
    world: World, column: str
) -> None:
    begin = early_in_a_minute()
    for _ in range(2):
        with pytest.raises(authorization_errors.Denied):
            people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
    is_id = column in {"actor", "subject", "chain", "organization"}
    with connection.cursor() as cursor:
        other = 2_000_000_000 if column == "count" else "other"
        cursor.execute(f"UPDATE audit_refusal SET {column} = %s", [uuid.uuid4() if is_id else other])
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    assert len(refused_events()) == 1


def deny(world: World) -> None:
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])


def test_refusals_with_counters_inserted_in_advance_are_recorded_all_the_same(world: World) -> None:
    begin = early_in_a_minute()
    minute = clock.now().replace(second=0, microsecond=0)
    insert_counter(
        world,
        actor=world.ulla.user_id,
        verb="member.remove",
        code="denied",
        minute=minute,
        count=1,
    )
    for _ in range(3):
        deny(world)
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    first, repeats = refused_events()
    assert body(first)["facts"] == {"code": "denied", "reason": "exceeds_authority"}
    assert body(repeats)["facts"]["repeats"] == 2


def test_failures_with_a_changed_counter_are_recorded_again(world: World) -> None:
    begin = early_in_a_minute()
    deny(world)
    Refusal.objects.update(count=7)
    deny(world)
    assert len(refused_events()) == 2
    deny(world)
    move_clock(begin + 180)
    refusals.flush_repeats()
    assert [body(event)["facts"].get("repeats") for event in refused_events()] == [None, None, 1]


@pytest.mark.parametrize("then", [lambda: 0, sealing.seal_all], ids=["waiting", "sealed"])
def test_counter_inserted_again_after_its_flush_gives_no_second_event(
    world: World, then: Callable[[], int]
) -> None:
    begin = early_in_a_minute()
    for _ in range(2):
        deny(world)
    (copy,) = Refusal.objects.values()
    move_clock(begin + 180)
    refusals.flush_repeats()
    assert len(refused_events()) == 2
    then()
    Refusal.objects.create(**copy)
    assert refusals.flush_repeats() == 1
    assert (len(refused_events()), Refusal.objects.count()) == (2, 0)


def test_repeats_whose_event_s_id_is_taken_by_a_forged_event_are_recorded(world: World) -> None:
    begin = early_in_a_minute()
    for _ in range(2):
        deny(world)
    place: dict[str, Any] = {"chain": world.koskela.id, "at": clock.now(), "seq": None, "prev": None}
    forged_events.insert(forged_events.row(id=Refusal.objects.get().id, **place))
    move_clock(begin + 180)
    assert refusals.flush_repeats() == 1
    assert [body(event)["facts"].get("repeats") for event in refused_events()] == [None, 1]


@pytest.mark.parametrize("instant", ["-infinity", "infinity"])
def test_counter_at_an_instant_that_python_cannot_read_is_refused(world: World, instant: str) -> None:
    with pytest.raises(IntegrityError, match="keyholder_instants"):
        insert_counter(world, minute=instant)


def test_mac_of_a_counter_is_over_all_columns() -> None:
    """A change of these bytes would make every waiting counter unauthentic."""
    counter = Refusal(
        id=uuid.UUID(int=1), actor=uuid.UUID(int=2), actor_kind="person", chain=uuid.UUID(int=3), organization=None,
        verb="member.remove", subject=uuid.UUID(int=4), code="denied",
        minute=dt.datetime(2026, 11, 24, 12, 59, tzinfo=dt.UTC), count=7,
    )  # fmt: skip
    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2, 3, 4)]
    assert (
        repeat_counters.authenticated(counter)
        == (
            f'audit_refusal:{{"row":["{ids[0]}","{ids[1]}","person","{ids[2]}",null,"member.remove","{ids[3]}","refusal",'
            '"denied","code","refused","2026-11-24T12:59:00.000000Z",7]}'
        ).encode()
    )


def test_flush_of_many_counters_reads_the_key_file_once(world: World) -> None:
    begin = early_in_a_minute()
    for member in (world.aino, world.paivi):
        with pytest.raises(authorization_errors.Denied):
            people_commands.remove(actor=actor_of(world.ulla), memberships=[member])
    move_clock(begin + 180)
    with mock.patch.object(key_files, "all_keys", wraps=key_files.all_keys) as read:
        assert refusals.flush_repeats() == 2
    assert read.call_count == 1
