"""The last sign-in of a membership is stored with the sign-in, and says nothing of another organization."""

import datetime as dt

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from identity.memberships.models import Membership, MembershipPeriod
from identity.people.models import User
from identity.sessions.models import LastSignIn, Session
from portal import embedded_postgres
from tests.fixtures import cluster, grants
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World, bypassing_commands

pytestmark = pytest.mark.django_db(transaction=True)

OPENED = "SELECT identity_browser_opened_organization(%s, %s, %s)"


def last_sign_in(member: Membership) -> dt.datetime | None:
    return LastSignIn.objects.filter(membership=member).values_list("at", flat=True).first()


def test_sign_in_of_a_browser_counts_for_the_only_membership(world: World) -> None:
    assert last_sign_in(world.olli) is None
    BrowserClient().sign_in(world.olli.user)
    assert last_sign_in(world.olli) == User.objects.get(id=world.olli.user_id).last_login is not None


def test_sign_in_of_a_browser_counts_for_neither_of_two_memberships(world: World) -> None:
    BrowserClient().sign_in(world.mikko.user)
    assert [last_sign_in(member) for member in (world.mikko, world.mikko_at_pohjola)] == [None, None]


def test_sign_in_to_a_service_counts_for_its_membership_alone(world: World) -> None:
    grants.code(world.mikko)
    assert last_sign_in(world.mikko) is not None
    assert last_sign_in(world.mikko_at_pohjola) is None


def test_person_of_two_organizations_signs_in_for_the_one_whose_pages_are_opened(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    session = Session.objects.get(user=world.mikko.user)
    browser.get("/o/koskela/me")
    assert last_sign_in(world.mikko) == session.created_at
    assert last_sign_in(world.mikko_at_pohjola) is None
    with CaptureQueriesContext(connection) as captured:
        browser.get("/o/koskela/me")
    assert not [query for query in captured if "opened_organization" in query["sql"]]
    browser.get("/o/pohjola/me")
    assert last_sign_in(world.mikko_at_pohjola) == session.created_at


def test_use_of_a_service_in_the_future_counts_as_now(world: World) -> None:
    """SQL as the application's role moves this column."""
    grants.code(world.mikko)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE identity_signin SET last_seen_at = '9999-12-30'")
    noted = last_sign_in(world.mikko)
    assert noted is not None
    assert noted <= clock.now() + dt.timedelta(minutes=2)


def test_page_that_asks_by_itself_is_no_sign_in(world: World) -> None:
    browser = BrowserClient().sign_in(world.mikko.user)
    browser.get("/o/koskela/me", headers={"keyholder-poll": "1"})
    assert last_sign_in(world.mikko) is None


def test_sign_in_counts_for_a_membership_of_the_session_s_person_alone(world: World) -> None:
    BrowserClient().sign_in(world.mikko.user)
    key = Session.objects.get(user=world.mikko.user).session_key
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    with connection.cursor() as cursor:
        for member in (world.olli, world.mikko_at_pohjola):
            cursor.execute(OPENED, [key, member.id, clock.now()])
        cursor.execute(OPENED, ["unknown", world.mikko.id, clock.now()])
    members = (world.olli, world.mikko_at_pohjola, world.mikko)
    assert [last_sign_in(member) for member in members] == [None, None, None]


def test_sign_in_before_joining_counts_from_the_beginning_of_the_membership(world: World) -> None:
    BrowserClient().sign_in(world.mikko.user)
    key = Session.objects.get(user=world.mikko.user).session_key
    later = clock.now()
    with bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.mikko).update(valid_from=later)
    with connection.cursor() as cursor:
        cursor.execute(OPENED, [key, world.mikko.id, clock.now()])
    assert last_sign_in(world.mikko) == later


def test_earlier_sign_in_does_not_replace_a_later_one(world: World, database_urls: cluster.Urls) -> None:
    BrowserClient().sign_in(world.olli.user)
    at = last_sign_in(world.olli)
    with psycopg.connect(database_urls[embedded_postgres.OWNER], autocommit=True) as owner:
        owner.execute(
            "SELECT identity_note_sign_in(%s, %s)", [world.olli.id, clock.now() - dt.timedelta(days=9)]
        )
    assert last_sign_in(world.olli) == at


def test_person_who_accepts_an_invitation_has_signed_in(world: World) -> None:
    world.remove(world.vilma)
    at = clock.now()
    with bypassing_commands():
        User.objects.filter(id=world.vilma.user_id).update(last_login=at)
    member = world.member(world.pohjola, "Vilma Salo", "viewer", user=world.vilma.user)
    assert last_sign_in(member) == at


@pytest.mark.parametrize(
    "statement", ["UPDATE identity_lastsignin SET at = now()", "SELECT identity_note_sign_in(%s, now())"]
)
def test_application_writes_no_last_sign_in(world: World, statement: str) -> None:
    with connection.cursor() as cursor, pytest.raises(DatabaseError, match="permission denied"):
        cursor.execute(statement, [world.olli.id] if "%s" in statement else None)
