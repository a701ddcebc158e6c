"""Browser sessions: each condition of a valid one by itself, and requests under way while a session ends."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.db import connection, transaction

from audit.foundation import clock
from identity import machine_secrets
from identity.people.models import User
from identity.sessions.models import Session, open_at
from identity.sessions.store import SessionStore
from tests.fixtures import grant_conditions
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


def open_session(user: User | None) -> SessionStore:
    """A session of this user, or of a visitor who is not signed in."""
    store = SessionStore()
    store["stored"] = "value"
    if user is not None:
        store[SESSION_KEY], store[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store


def reloaded(store: SessionStore) -> SessionStore:
    """The session of a later request with the same secret."""
    return SessionStore(store.session_key)


def is_valid(store: SessionStore) -> bool:
    loaded = reloaded(store)
    valid = loaded.get("stored") == "value"
    assert (loaded.session_key is not None) is valid
    return valid


def row(store: SessionStore) -> Session:
    return Session.objects.get(session_key=store.stored_key())


def _session(store: SessionStore, **values: object) -> AbstractContextManager[None]:
    return grant_conditions.changed(Session.objects.filter(pk=store.stored_key()), **values)


def _user(world: World, **values: object) -> AbstractContextManager[None]:
    return grant_conditions.changed(grant_conditions.user(world), **values)


Change = Callable[[World, SessionStore], AbstractContextManager[None]]
CONDITIONS: dict[str, Change] = {
    "user epoch higher": lambda w, _: _user(w, epoch=2),
    "user epoch lower": lambda w, _: _user(w, epoch=0),
    "session epoch higher": lambda _, s: _session(s, epoch=2),
    "session without epoch": lambda _, s: _session(s, epoch=None),
    "user not active": lambda w, _: _user(w, is_active=False),
    "session of another directory": lambda _, s: _session(s, directory="service"),
    "session without directory": lambda _, s: _session(s, directory=""),
    "expired": lambda _, s: _session(s, expire_date=clock.wall() - SECOND),
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_session_with_one_condition_changed_is_invalid(world: World, condition: str) -> None:
    store, other = open_session(world.mikko.user), open_session(world.olli.user)
    with CONDITIONS[condition](world, store):
        assert not is_valid(store)
        assert Session.objects.count() == 2  # the row still exists: it is judged, not deleted
        assert is_valid(other)
    assert is_valid(store)


def test_anonymous_session_depends_on_its_expiry_only(world: World) -> None:
    store = open_session(None)
    assert (row(store).user_id, row(store).epoch, row(store).directory) == (None, None, "")
    assert is_valid(store)
    with _session(store, expire_date=clock.wall() - SECOND):
        assert not is_valid(store)
    assert is_valid(store)


def test_session_at_the_instant_of_its_expiry_is_invalid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_session(world.mikko.user)
    end = row(store).expire_date
    Session.objects.update(last_seen_at=end - MINUTE)  # in use until then
    for at, valid in ((end - dt.timedelta(microseconds=1), True), (end, False), (end + SECOND, False)):
        monkeypatch.setattr(clock, "wall", lambda at=at: at)
        assert is_valid(store) is valid


IDLE = dt.timedelta(hours=1)


def test_session_without_a_request_for_an_hour_is_invalid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit needs no second statement: the same row, the same SELECT."""
    store = open_session(world.mikko.user)
    seen = row(store).last_seen_at
    Session.objects.update(last_seen_at=seen)
    for at, valid in ((seen + IDLE, False), (seen + IDLE - dt.timedelta(microseconds=1), True)):
        monkeypatch.setattr(clock, "wall", lambda at=at: at)
        assert is_valid(store) is valid


def test_page_that_asks_by_itself_does_not_extend_the_idle_limit(world: World) -> None:
    store = open_session(world.mikko.user)
    seen = row(store).last_seen_at - 2 * MINUTE
    for is_polled in (True, False):
        Session.objects.update(last_seen_at=seen)
        asked = reloaded(store)
        asked.is_polled = is_polled
        assert asked["stored"] == "value"
        assert (row(store).last_seen_at == seen) is is_polled


def test_session_load_takes_one_statement_and_one_more_a_minute(
    world: World, django_assert_num_queries: Any
) -> None:
    store = open_session(world.mikko.user)
    for age, statements in ((0, 1), (59, 1), (61, 2), (0, 1)):
        if age:
            Session.objects.update(last_seen_at=clock.wall() - age * SECOND)
        with django_assert_num_queries(statements):
            reloaded(store).load()


def test_session_limits_agree_in_sql_and_orm(world: World) -> None:
    store = open_session(world.mikko.user)
    at = clock.wall()
    for expires in (at - SECOND, at, at + SECOND):
        for seen in (at - IDLE - SECOND, at - IDLE, at - IDLE + SECOND):
            Session.objects.update(expire_date=expires, last_seen_at=seen)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT identity_session_open(expire_date, last_seen_at, %s) FROM identity_session", [at]
                )
                (in_sql,) = cursor.fetchone()
            assert Session.objects.filter(open_at(at), pk=store.stored_key()).exists() is in_sql
            assert in_sql is (expires > at and seen > at - IDLE)


@pytest.mark.parametrize("age", [None, 0, 600, 30 * 24 * 3600])
def test_absolute_limit_of_a_signed_in_session_is_not_moved_by_a_change(
    world: World, monkeypatch: pytest.MonkeyPatch, age: int | None
) -> None:
    """A notice or a message changes the session's data, and once moved its end by twelve hours."""
    store = open_session(world.mikko.user)
    began = row(store).created_at
    if age is not None:
        store.set_expiry(age)
    monkeypatch.setattr(clock, "wall", lambda: began + 5 * MINUTE)
    store["notice"] = "1"
    store.save()
    seconds = min(age or settings.SESSION_COOKIE_AGE, 12 * 3600)
    assert row(store).expire_date == began + seconds * SECOND
    assert row(store).created_at == began
    assert is_valid(store)


@pytest.mark.parametrize("column", ["created_at", "expire_date"])
def test_session_row_with_a_limit_moved_in_sql_is_not_loaded(world: World, column: str) -> None:
    cookie, other = open_session(world.mikko.user), open_session(world.olli.user)
    assert is_valid(cookie)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE identity_session SET {column} = {column} + interval '1 microsecond' WHERE session_key = %s",
            [cookie.stored_key()],
        )
    assert not is_valid(cookie)
    assert is_valid(other)


def test_session_expires_after_its_own_age(world: World) -> None:
    before = clock.wall()
    store = open_session(world.mikko.user)
    store.set_expiry(600)
    store.save()
    assert before + 599 * SECOND <= row(store).expire_date <= clock.wall() + 600 * SECOND


def test_session_of_a_user_is_stored_with_the_user_s_epoch_and_directory(world: World) -> None:
    with _user(world, epoch=7):
        written = row(open_session(User.objects.get(pk=world.mikko.user_id)))
        assert (written.user_id, written.epoch, written.directory) == (world.mikko.user_id, 7, "customer")


def test_session_saved_by_a_request_under_way_has_the_epoch_it_was_loaded_with(world: World) -> None:
    """A request that read its session before an ending must not revive the session."""
    under_way = reloaded(open_session(world.mikko.user))
    assert under_way["stored"] == "value"
    with _user(world, epoch=2):
        under_way["more"] = "1"
        under_way.save()
        assert row(under_way).epoch == 1
        assert not is_valid(under_way)


def test_session_that_another_user_signs_in_to_has_that_user_s_epoch(world: World) -> None:
    store = reloaded(open_session(world.mikko.user))
    assert store["stored"] == "value"
    with grant_conditions.changed(User.objects.filter(pk=world.olli.user_id), epoch=4):
        store[SESSION_KEY] = str(world.olli.user_id)
        store.save()
        assert (row(store).user_id, row(store).epoch) == (world.olli.user_id, 4)


def test_anonymous_session_that_a_user_signs_in_to_has_the_user_s_epoch(world: World) -> None:
    store = reloaded(open_session(None))
    assert store["stored"] == "value"
    with _user(world, epoch=5):
        store[SESSION_KEY] = str(world.mikko.user_id)
        store.save()
        assert (row(store).user_id, row(store).epoch) == (world.mikko.user_id, 5)
        assert is_valid(store)


def test_session_after_the_user_s_sign_out_is_anonymous(world: World) -> None:
    store = reloaded(open_session(world.mikko.user))
    del store[SESSION_KEY]
    store.save()
    assert (row(store).user_id, row(store).epoch, row(store).directory) == (None, None, "")


def test_session_ended_during_a_request_is_not_restored_by_it(world: World) -> None:
    under_way, other = reloaded(open_session(world.mikko.user)), open_session(world.mikko.user)
    assert under_way["stored"] == "value"
    SessionStore().delete(under_way.session_key)
    with pytest.raises(UpdateError):
        under_way.save()
    assert [session.session_key for session in Session.objects.all()] == [other.stored_key()]


def test_session_secret_of_an_existing_row_is_not_created_again(world: World) -> None:
    store = open_session(world.mikko.user)
    assert SessionStore().exists(str(store.session_key))
    assert not SessionStore().exists("another")
    with pytest.raises(CreateError):
        reloaded(store).save(must_create=True)
    assert is_valid(store)


def test_session_create_with_a_secret_in_use_tries_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = str(open_session(world.mikko.user).session_key)
    secrets = iter([taken, "s" * 32])
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda _: next(secrets))
    assert open_session(None).session_key == "s" * 32
    assert Session.objects.count() == 2


def test_delete_of_a_session_ends_that_session_only(world: World) -> None:
    first, second, other = (open_session(world.mikko.user) for _ in range(3))
    first.delete()
    first.delete("")
    SessionStore().delete(second.session_key)
    SessionStore().delete()
    assert [is_valid(store) for store in (first, second, other)] == [False, False, True]


def test_clear_expired_deletes_expired_sessions_only(world: World) -> None:
    store, late = open_session(world.mikko.user), open_session(world.olli.user)
    idle = open_session(world.vilma.user)
    Session.objects.filter(pk=late.stored_key()).update(expire_date=clock.wall() - SECOND)
    Session.objects.filter(pk=idle.stored_key()).update(last_seen_at=clock.wall() - IDLE)
    SessionStore.clear_expired()
    assert [session.session_key for session in Session.objects.all()] == [store.stored_key()]


def test_last_seen_is_written_once_a_minute_for_this_session_only(world: World) -> None:
    store, other = open_session(world.mikko.user), open_session(world.olli.user)
    then = clock.wall() - MINUTE + 5 * SECOND
    Session.objects.update(last_seen_at=then)
    assert is_valid(store)
    assert row(store).last_seen_at == then
    then = clock.wall() - MINUTE - SECOND
    Session.objects.update(last_seen_at=then)
    assert is_valid(store)
    assert row(store).last_seen_at > then + MINUTE
    assert row(other).last_seen_at == then


def test_cookie_holds_the_secret_and_the_row_its_keyed_hash(world: World) -> None:
    store = open_session(world.mikko.user)
    stored = row(store)
    assert stored.session_key == machine_secrets.hash_secret(str(store.session_key))
    assert str(store.session_key) not in f"{stored.session_key} {stored.session_data}"
    assert not is_valid(SessionStore(stored.session_key))


@pytest.mark.parametrize(
    "columns",
    [
        "user_id, directory, epoch",
        "session_data",
        "user_id, directory, epoch, session_data",
    ],
)
def test_session_row_with_columns_of_another_row_is_not_loaded(world: World, columns: str) -> None:
    """An UPDATE in SQL would otherwise turn one person's cookie into another's."""
    cookie, other = open_session(world.mikko.user), open_session(world.olli.user)
    assert is_valid(cookie)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE identity_session SET ({columns}) = "
            f"(SELECT {columns} FROM identity_session WHERE session_key = %s) WHERE session_key = %s",
            [other.stored_key(), cookie.stored_key()],
        )
    assert not is_valid(cookie)
    assert is_valid(other)


@pytest.mark.parametrize(("directory", "valid"), [("customer", True), ("service", False)])
def test_session_of_a_user_in_another_directory_is_not_loaded(
    world: World, directory: str, *, valid: bool
) -> None:
    """The row and its data still name the directory that the user had at the sign-in."""
    store = open_session(world.mikko.user)
    values = {"email": "", "password": "!"} if directory != "customer" else {}
    with worlds.bypassing_commands(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        User.all_directories.filter(id=world.mikko.user_id).update(directory=directory, **values)
        assert is_valid(store) is valid
        transaction.set_rollback(True)


def test_session_row_with_a_raised_epoch_is_not_loaded(world: World) -> None:
    """A session that a removal ended does not come back by the number in its row."""
    cookie = open_session(world.mikko.user)
    Session.objects.update(epoch=world.mikko.user.epoch + 1)
    with worlds.bypassing_commands():
        User.objects.filter(pk=world.mikko.user_id).update(epoch=world.mikko.user.epoch + 1)
    assert not is_valid(cookie)


def test_session_with_an_unknown_or_missing_secret_is_empty(world: World) -> None:
    open_session(world.mikko.user)
    for unknown in ("unknown", "", None):
        assert SessionStore(unknown).load() == {}


def test_session_auth_hash_with_another_password_or_epoch_differs(world: World) -> None:
    """Django compares it in every request: a second check besides the session's own epoch."""
    user = User.objects.get(pk=world.mikko.user_id)
    before = user.get_session_auth_hash()
    assert User.objects.get(pk=user.pk).get_session_auth_hash() == before
    user.epoch += 1
    assert user.get_session_auth_hash() != before
    user.epoch -= 1
    user.password = worlds.hashed("another password 9")
    assert user.get_session_auth_hash() != before
    assert list(user.get_session_auth_fallback_hash()) == []
