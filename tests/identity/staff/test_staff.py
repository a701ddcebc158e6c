"""Staff users, their sessions and the provider's logout: what the database and the functions refuse."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.foundation import clock
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from identity.staff import identities, sessions
from identity.staff.models import StaffIdentity, StaffLogout, StaffSession
from tests.fixtures.staff_users import ISSUER, PROOF, enrolled, opened
from tests.fixtures.world import World, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def loaded(secret: str, at: dt.datetime | None = None) -> sessions.OpenSession | None:
    return sessions.load(secret=secret, at=at or clock.now())


def logout(
    token: str = "j-1", subject: str = "", session: str = "", at: dt.datetime | None = None
) -> list[str]:
    with transaction.atomic():
        ended = sessions.end_for_logout_token(
            issuer=ISSUER, token_id=token, subject=subject, provider_session=session, at=at or clock.now()
        )
    return [one.key for one in ended]


def test_staff_user_is_found_by_issuer_and_subject_alone(world: World) -> None:
    sam = enrolled()
    assert identities.find(issuer=ISSUER, subject="staff-1") == sam
    assert identities.find(issuer=ISSUER, subject="STAFF-1") is None
    assert identities.find(issuer=f"{ISSUER}/", subject="staff-1") is None
    assert (sam.directory, sam.email, sam.has_usable_password()) == ("staff", "", False)


def test_second_staff_user_of_one_subject_is_refused(world: World) -> None:
    enrolled()
    with pytest.raises(IntegrityError):
        enrolled()


def _identity(user: User) -> None:
    StaffIdentity.objects.create(issuer=ISSUER, subject="x", user=user, created_at=clock.now())


def _session(user: User) -> None:
    at = clock.now()
    StaffSession.objects.create(
        session_key="k",
        session_data="",
        user=user,
        epoch=1,
        created_at=at,
        last_seen_at=at,
        expires_at=at + HOUR,
    )


@pytest.mark.parametrize("create", [_identity, _session])
def test_customer_s_user_with_a_staff_identity_or_session_is_refused(
    world: World, create: Callable[[User], None]
) -> None:
    with transaction.atomic(), pytest.raises(IntegrityError), bypassing_commands():
        create(world.mikko.user)


def _membership(user: User, world: World, **other: Any) -> None:
    Membership.objects.create(
        organization=world.koskela, user=user, sort_key="s", created_at=clock.now(), **other
    )


@pytest.mark.parametrize("other", [{}, {"directory": "staff"}, {"kind": "service"}, {"directory": "service"}])
def test_staff_user_with_a_membership_of_any_kind_is_refused(world: World, other: dict[str, Any]) -> None:
    user = enrolled()
    with transaction.atomic(), pytest.raises(IntegrityError), bypassing_commands():
        _membership(user, world, **other)


def test_staff_user_with_an_identity_cannot_become_a_customer(world: World) -> None:
    user = enrolled()
    with pytest.raises(IntegrityError), bypassing_commands():
        User.all_directories.filter(pk=user.pk).update(directory="customer", email="sam@kivisalo.example")


def test_session_of_customers_is_never_for_staff(world: World) -> None:
    user = enrolled()
    store = SessionStore()
    store["_auth_user_id"] = str(user.pk)
    with pytest.raises(IntegrityError):
        store.create()
    at = clock.now()
    with transaction.atomic(), pytest.raises(IntegrityError):
        Session.objects.create(
            session_key="k", session_data="", expire_date=at + HOUR, user=user, directory="staff", epoch=1,
            created_at=at, last_seen_at=at,
        )  # fmt: skip


def test_identity_is_neither_changed_nor_deleted_without_an_event(world: World) -> None:
    enrolled()
    for change in (
        lambda: StaffIdentity.objects.update(subject="staff-2"),
        lambda: StaffIdentity.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="without an event"), transaction.atomic():
            change()


def test_identity_without_an_event_is_refused(world: World) -> None:
    with pytest.raises(DatabaseError, match="without an event"), transaction.atomic():
        identities.enroll(issuer=ISSUER, subject="staff-9", name="Sam", at=clock.now())


def test_session_is_loaded_by_its_secret_with_the_provider_s_claims(world: World) -> None:
    sam = enrolled()
    session = loaded(opened(sam))
    assert session is not None
    assert (session.user, session.proof) == (sam, PROOF)
    assert loaded("khf_other") is None
    assert loaded("") is None


def test_staff_secret_opens_no_customers_session_and_the_reverse(world: World) -> None:
    secret = opened(enrolled())
    assert SessionStore(secret).load() == {}
    store = SessionStore()
    store["a"] = 1
    store.create()
    assert loaded(str(store.session_key)) is None


def test_session_ends_at_the_absolute_limit_however_much_it_is_used(world: World) -> None:
    secret = opened(enrolled())
    start = StaffSession.objects.get().created_at
    at = start
    while at < start + 8 * HOUR - MINUTE:
        assert loaded(secret, at) is not None
        at += 29 * MINUTE
    StaffSession.objects.update(last_seen_at=start + 8 * HOUR - MINUTE)
    assert loaded(secret, start + 8 * HOUR - MINUTE) is not None
    assert loaded(secret, start + 8 * HOUR) is None


def test_session_without_a_request_for_thirty_minutes_has_ended(world: World) -> None:
    secret = opened(enrolled())
    start = StaffSession.objects.get().created_at
    assert loaded(secret, start + 30 * MINUTE) is None
    assert loaded(secret, start + 30 * MINUTE - dt.timedelta(microseconds=1)) is not None


FAR = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
CHANGES: dict[str, dict[str, Any]] = {
    "another end": {"expires_at": FAR},
    "another beginning": {"created_at": FAR},
    "another session of the provider": {"provider_session": "s-2"},
    "another epoch": {"epoch": 2},
    "other data": {"session_data": "x"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_session_whose_row_was_changed_is_not_loaded(world: World, change: dict[str, Any]) -> None:
    secret = opened(enrolled())
    StaffSession.objects.update(**change)
    assert loaded(secret) is None


def test_data_of_another_session_are_not_loaded(world: World) -> None:
    sam, sara = enrolled(), enrolled("staff-2", "Sara")
    first = opened(sam)
    opened(sara, subject="staff-2", provider_session="s-2")
    StaffSession.objects.filter(user=sam).update(
        session_data=StaffSession.objects.get(user=sara).session_data, user=sara
    )
    assert loaded(first) is None


@pytest.mark.parametrize("change", [{"epoch": 2}, {"is_active": False}], ids=repr)
def test_session_of_a_blocked_or_ended_staff_user_is_not_loaded(world: World, change: dict[str, Any]) -> None:
    sam = enrolled()
    secret = opened(sam)
    with bypassing_commands():
        User.all_directories.filter(pk=sam.pk).update(**change)
    assert loaded(secret) is None


def test_logout_token_ends_the_sessions_it_names_and_no_other(world: World) -> None:
    sam, sara = enrolled(), enrolled("staff-2", "Sara")
    first, second = opened(sam), opened(sam, provider_session="s-2")
    third = opened(sara, subject="staff-2", provider_session="s-3")
    assert len(logout(session="s-1")) == 1
    assert [loaded(secret) is not None for secret in (first, second, third)] == [False, True, True]
    assert logout("j-2", subject="staff-2", session="s-2") == []
    assert len(logout("j-3", subject="staff-1")) == 1
    assert [loaded(secret) is not None for secret in (first, second, third)] == [False, False, True]


def test_logout_token_of_another_issuer_ends_nothing(world: World) -> None:
    secret = opened(enrolled())
    with transaction.atomic():
        sessions.end_for_logout_token(
            issuer="https://other.example",
            token_id="j-1",
            subject="staff-1",
            provider_session="",
            at=clock.now(),
        )
    assert loaded(secret) is not None


def test_logout_token_is_accepted_once(world: World) -> None:
    logout(subject="staff-1")
    secret = opened(enrolled(), issued_at=clock.now() + MINUTE)
    with pytest.raises(sessions.TokenUsed):
        logout(subject="staff-1")
    assert loaded(secret) is not None


@pytest.mark.parametrize("named", [{"subject": "staff-1"}, {"session": "s-1"}], ids=repr)
def test_sign_in_under_way_during_a_logout_opens_no_session(world: World, named: dict[str, str]) -> None:
    sam, at = enrolled(), clock.now()
    logout(**named, at=at)
    with pytest.raises(sessions.LoggedOut):
        opened(sam, issued_at=at)
    with pytest.raises(sessions.LoggedOut):
        opened(sam, issued_at=at - MINUTE)
    assert loaded(opened(sam, issued_at=at + MINUTE)) is not None


def test_logout_row_from_the_future_shuts_nobody_out(world: World) -> None:
    """SQL as the application's role can insert it, and nothing could delete it."""
    sam, at = enrolled(), clock.now()
    logout(subject="staff-1", at=at + 1000 * MINUTE)
    assert loaded(opened(sam, issued_at=at)) is not None


def test_logout_of_another_session_or_subject_refuses_no_sign_in(world: World) -> None:
    sam, at = enrolled(), clock.now()
    logout(session="s-2", subject="staff-1")
    logout("j-2", subject="staff-2")
    assert loaded(opened(sam, issued_at=at)) is not None
    assert loaded(opened(sam, issued_at=at, provider_session="")) is not None


def test_expired_sessions_and_old_logout_tokens_are_deleted(world: World) -> None:
    opened(enrolled())
    logout(subject="staff-2")
    at = clock.now()
    with transaction.atomic(), pytest.raises(DatabaseError, match="keeps a logout token"):
        StaffLogout.objects.all().delete()
    sessions.clear_expired(at=at)
    assert (StaffSession.objects.count(), StaffLogout.objects.count()) == (1, 1)
    sessions.clear_expired(at=at + 31 * MINUTE)
    assert (StaffSession.objects.count(), StaffLogout.objects.count()) == (0, 1)
    move_clock(3700)
    sessions.clear_expired(at=clock.now())
    assert not StaffLogout.objects.exists()


def test_provider_s_name_is_taken_over_only_where_it_differs(world: World) -> None:
    sam = enrolled()
    assert not identities.rename(user=sam, name="Sam Salonen")
    with bypassing_commands():
        assert identities.rename(user=sam, name="Sam Saari")
        assert identities.rename(user=sam, name="Sam Saari", contact="saari@kivisalo.example")
    assert not identities.rename(user=sam, name="Sam Saari")
    assert User.all_directories.get(pk=sam.pk).sort_key == "sam saari"


def test_session_is_ended_by_its_key(world: World) -> None:
    secret = opened(enrolled())
    session = loaded(secret)
    assert session is not None
    assert sessions.end(key=session.key)
    assert not sessions.end(key=session.key)
    assert loaded(secret) is None
