"""A person changes the own name and work phone: one act for all organizations of the person."""

import concurrent.futures
import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from audit.foundation import clock
from audit.foundation.errors import Busy
from audit.models import Event
from audit.verification import verifier
from delegation.activity import queries as activity_queries
from delegation.authorization import errors as authorization_errors
from delegation.people import queries as people_queries
from delegation.people.commands import details, enrollment, members
from delegation.people.queries import PeopleFilter
from delegation.people.subjects import PersonInOrganizations
from identity import lifecycle
from identity.memberships.models import SHOWN_NAME, Membership
from identity.people import names
from identity.people.models import User
from tests.fixtures import concurrency
from tests.fixtures import events as events_fixture
from tests.fixtures.world import World, actor_of, hashed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]

PHONE = "+358401234567"
NAMES = {"former_name": "Mikko Laine", "name": "Mikko Äimä"}


def rename(world: World, name: str = "Mikko Äimä", phone: str = "", *, key: str | None = None) -> uuid.UUID:
    done = details.change(
        actor=actor_of(world.mikko), person=world.mikko.user, name=name, phone=phone, idempotency_key=key
    )
    return done.act


def renamed() -> list[tuple[str, str, uuid.UUID, uuid.UUID, uuid.UUID | None, uuid.UUID]]:
    rows = Event.objects.filter(verb__endswith=".update", outcome="done")
    return [
        (row.verb, row.subject_kind, row.subject, row.chain, row.organization, row.act)
        for row in rows.order_by("verb", "subject")
    ]


def people_of(world: World, viewer: Membership) -> list[str]:
    rows = people_queries.matching(
        actor=actor_of(viewer), organization=viewer.organization_id, at=clock.now(), filters=PeopleFilter()
    )
    page = people_queries.page(rows=rows, filters=PeopleFilter(), at=clock.now(), size=50)
    return [row.user.name for row in page.rows]


def test_new_name_is_an_event_of_the_person_and_of_each_present_organization(world: World) -> None:
    act = rename(world)
    user = world.mikko.user_id
    here, there = sorted([world.mikko, world.mikko_at_pohjola], key=lambda one: one.id)
    assert renamed() == [
        ("member.update", "membership", here.id, here.organization_id, here.organization_id, act),
        ("member.update", "membership", there.id, there.organization_id, there.organization_id, act),
        ("person.update", "user", user, user, None, act),
    ]
    for row in Event.objects.filter(act=act):
        body = bytes(row.body)
        assert b"Laine" not in body
        assert "Äimä".encode() not in body
    for member in (here, there):
        (event,) = activity_queries.about_member(
            organization=member.organization_id, membership=member.id, limit=1
        )
        assert {key: event.personal[key] for key in NAMES} == NAMES
    assert verifier.verify().findings == []


def test_names_in_the_log_are_erased_with_the_key_of_the_person_alone(world: World) -> None:
    act = rename(world)
    own = [str(world.mikko.user_id)]
    for event in Event.objects.filter(act=act):
        personal = json.loads(bytes(event.body))["personal"]
        assert [personal[key]["data_subjects"] for key in NAMES] == [own, own]


def test_lists_of_every_organization_show_and_sort_by_the_new_name(world: World) -> None:
    before = people_of(world, world.aino)
    rename(world, "Ämmi Laine")
    after = people_of(world, world.aino)
    assert before.index("Mikko Laine") < len(before) - 1
    assert after[-1] == "Ämmi Laine", "Finnish sorts ä after z"
    assert "Ämmi Laine" in people_of(world, world.tiina)
    keys = set(Membership.objects.filter(user=world.mikko.user).values_list("sort_key", flat=True))
    assert keys == {User.objects.get(id=world.mikko.user_id).sort_key}


def test_former_organization_gets_no_event_and_keeps_the_former_name(world: World) -> None:
    former = world.mikko.user.name
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    rename(world)
    assert [row[4] for row in renamed()] == [world.koskela.id, None]
    shown = Membership.objects.annotate(shown=SHOWN_NAME).values_list("shown", "sort_key")
    assert shown.get(id=world.mikko_at_pohjola.id) == (former, names.sort_key(former))
    present = User.objects.get(id=world.mikko.user_id)
    assert shown.get(id=world.mikko.id) == (present.name, present.sort_key)


@pytest.mark.parametrize("actor", ["aino", "tiina", "system"])
def test_name_of_another_person_is_not_found(world: World, actor: str) -> None:
    who = world.system if actor == "system" else actor_of(getattr(world, actor))
    with pytest.raises(authorization_errors.NotFound):
        details.change(actor=who, person=world.mikko.user, name="Mikko Muu", phone="")
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko Laine"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("…", "missing"),
        ("x" * 201, "too_long"),
        ("Mikko\x00Laine", "characters"),
        ("\u202eeniaL okkiM", "characters"),
        ("https://evil.example", "link"),
        ("mikko@evil.example", "link"),
    ],
)
def test_text_that_is_no_name_is_refused(world: World, name: str, problem: str) -> None:
    with pytest.raises(authorization_errors.InvalidInput) as refusal:
        rename(world, name)
    assert (refusal.value.data["field"], refusal.value.data["problem"]) == ("name", problem)
    assert renamed() == []


def test_name_is_stored_cleaned(world: World) -> None:
    rename(world, " Mikko\u200b   A\u0308ima\u0308 ")
    assert User.objects.get(id=world.mikko.user_id).name == "Mikko Äimä"


def test_same_name_changes_nothing(world: World) -> None:
    with pytest.raises(authorization_errors.Unchanged):
        rename(world, " Mikko  Laine ")
    assert renamed() == []


def test_new_language_is_recorded_as_a_code_in_each_chain(world: World) -> None:
    done = details.change_language(actor=actor_of(world.mikko), person=world.mikko.user, language="fi")
    events = Event.objects.filter(act=done.act)
    bodies = [events_fixture.body(event) for event in events.order_by("verb")]
    changes = [(body["verb"], body["before"], body["after"]) for body in bodies]
    change = ({"language": "en"}, {"language": "fi"})
    assert changes == [("member.update", *change), ("member.update", *change), ("person.update", *change)]
    person = User.objects.get(id=world.mikko.user_id)
    assert (person.language, person.name, person.phone) == ("fi", "Mikko Laine", "")


def test_language_that_the_portal_does_not_have_or_that_is_the_same_is_refused(world: World) -> None:
    for language, refusal in (
        ("sv", authorization_errors.InvalidInput),
        ("en", authorization_errors.Unchanged),
    ):
        with pytest.raises(refusal):
            details.change_language(actor=actor_of(world.mikko), person=world.mikko.user, language=language)
    with pytest.raises(authorization_errors.NotFound):
        details.change_language(actor=actor_of(world.aino), person=world.mikko.user, language="fi")
    assert renamed() == []


def test_repeated_request_changes_the_name_once(world: World) -> None:
    first = rename(world, key="k")
    assert rename(world, key="k") == first
    assert len(renamed()) == 3
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        rename(world, "Mikko Muu", key="k")


def test_each_newer_name_takes_the_place_of_the_older_one(world: World) -> None:
    rename(world)
    rename(world, "Mikko Uusi")
    (event,) = activity_queries.about_member(
        organization=world.koskela.id, membership=world.mikko.id, limit=1
    )
    assert (event.personal["former_name"], event.personal["name"]) == ("Mikko Äimä", "Mikko Uusi")


def test_phone_is_stored_in_one_form_and_encrypted_in_the_log(world: World) -> None:
    act = rename(world, "Mikko Laine", " 00358 (0)40-123 4567")
    assert User.objects.get(id=world.mikko.user_id).phone == PHONE
    for event in Event.objects.filter(act=act):
        body = json.loads(bytes(event.body))
        assert (body["before"], body["after"]) == ({"phone": False}, {"phone": True})
        assert {key for key in body["personal"] if "." not in key} == {"phone"}
        assert PHONE.encode() not in bytes(event.body)


def test_phone_is_replaced_and_removed(world: World) -> None:
    rename(world, phone=PHONE)
    rename(world, phone="+358 50 765 4321")
    rename(world)
    assert User.objects.get(id=world.mikko.user_id).phone == ""
    events = activity_queries.about_member(organization=world.koskela.id, membership=world.mikko.id, limit=2)
    assert [
        (dict(one.before), dict(one.after), one.personal.get("former_phone"), one.personal.get("phone"))
        for one in events
    ] == [
        ({"phone": True}, {"phone": False}, "+358507654321", None),
        ({"phone": True}, {"phone": True}, PHONE, "+358507654321"),
    ]


@pytest.mark.parametrize(
    ("phone", "problem"),
    [("040 123 4567", "phone"), ("+358\x00401234567", "characters"), ("+" * 999, "too_long")],
)
def test_text_that_is_no_number_with_a_country_code_is_refused(
    world: World, phone: str, problem: str
) -> None:
    with pytest.raises(authorization_errors.InvalidInput) as refusal:
        rename(world, phone=phone)
    assert (refusal.value.data["field"], refusal.value.data["problem"]) == ("phone", problem)
    assert renamed() == []


def test_person_who_joins_another_organization_meanwhile_tries_again(world: World) -> None:
    """The chain of the organization joined is not locked: its log would miss the new name."""
    on = PersonInOrganizations(world.stina.user)
    world.member(world.koskela, "Stina Berg", "viewer", user=world.stina.user)
    with pytest.raises(Busy):
        on.reload()


def test_enrollment_makes_a_change_of_the_name_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new membership copies the sort key that the enrollment read, so no change may come between."""
    person = enrollment.PersonToEnroll(
        world.stina.user.email, "Stina Berg", hashed(), "en", world.access("viewer")
    )
    add_members, changes = lifecycle.add_members, []
    with concurrent.futures.ThreadPoolExecutor(1) as other:

        def change() -> None:
            try:
                details.change(
                    actor=actor_of(world.stina), person=world.stina.user, name="Stina Aho", phone=""
                )
            finally:
                connections.close_all()

        def add_while_the_name_changes(**arguments: Any) -> list[Membership]:
            changes.append(other.submit(change))
            concurrency.wait_until_blocking(concurrency.own_backend())
            return add_members(**arguments)

        monkeypatch.setattr(lifecycle, "add_members", add_while_the_name_changes)
        enrollment.enroll(actor=world.system, organization=world.koskela, people=[person])
        (refused,) = [one.exception(concurrency.TIMEOUT) for one in changes]
    assert isinstance(refused, Busy), "the chain of the organization joined meanwhile is not locked"
    details.change(actor=actor_of(world.stina), person=world.stina.user, name="Stina Aho", phone="")
    keys = Membership.objects.filter(user=world.stina.user).values_list("sort_key", flat=True)
    assert list(keys) == ["stina aho", "stina aho"]


def test_change_at_the_moment_of_a_removal_is_no_event_of_a_former_organization(
    world: World, run_concurrently: Callable[..., list[object]]
) -> None:
    done = run_concurrently(
        lambda: details.change(
            actor=actor_of(world.mikko), person=world.mikko.user, name="Mikko Uusi", phone=""
        ),
        lambda: members.remove(actor=actor_of(world.aino), memberships=[world.mikko]),
    )
    assert [type(one).__name__ for one in done] == ["Outcome", "Outcome"]
    removal = Event.objects.get(verb="member.remove", outcome="done")
    updates = Event.objects.filter(verb="member.update", organization=world.koskela.id)
    assert all(event.at < removal.at for event in updates)
    assert Event.objects.filter(verb="member.update", organization=world.pohjola.id).count() == 1
