"""Replays, revocations and purging: each statement changes its own rows and no others."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from audit.foundation import clock
from audit.models import Event
from identity import machine_secrets
from identity.clients import queries as clients_queries
from identity.grants import codes, tokens
from identity.grants import retention as grants_retention
from identity.grants.models import AccessToken, AuthorizationCode, RefreshToken, TokenFamily
from identity.people.models import User
from identity.sessions.models import SignIn
from tests.fixtures import bypass, concurrency, grant_conditions, grants
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

TICK = dt.timedelta(microseconds=1)


def _ended() -> set[object]:
    return set(TokenFamily.objects.exclude(ended_at=None).values_list("membership_id", "scopes"))


def _replays() -> int:
    return Event.objects.filter(verb="token.replayed").count()


def test_replayed_code_ends_its_own_family_only(world: World) -> None:
    code = grants.code(world.mikko)
    assert grants.redeem(code) is not None
    grants.token_pair(world.mikko_at_pohjola)
    grants.redeem(grants.code(world.mikko, scopes="openid"))
    assert codes.revoke_if_replayed(code=code, client="ordering", verb="token.replayed")
    assert _ended() == {(world.mikko.id, "openid profile email")}
    assert _replays() == 1


def test_replayed_refresh_token_ends_its_own_family_only(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    other = grants.token_pair(world.mikko_at_pohjola)
    for issued in (pair, other):
        tokens.refresh(token=issued.refresh, client="ordering", scopes=[])
    assert tokens.revoke_if_replayed(token=pair.refresh, client="ordering", verb="token.replayed")
    assert _ended() == {(world.mikko.id, "openid profile email")}
    event = Event.objects.get(verb="token.replayed")
    assert (event.chain, event.organization, event.subject) == (
        world.koskela.id,
        world.koskela.id,
        world.mikko.id,
    )


@pytest.mark.parametrize("client", ["crm", "nobody", ""])
def test_replay_by_another_client_ends_nothing(world: World, client: str) -> None:
    code = grants.code(world.mikko)
    redeemed = grants.redeem(code)
    assert redeemed is not None
    tokens.refresh(token=redeemed[1].refresh, client="ordering", scopes=[])
    assert not codes.revoke_if_replayed(code=code, client=client, verb="token.replayed")
    assert not tokens.revoke_if_replayed(token=redeemed[1].refresh, client=client, verb="token.replayed")
    assert (_ended(), _replays()) == (set(), 0)


def test_unused_code_and_unused_refresh_token_are_no_replay(world: World) -> None:
    code, pair = grants.code(world.mikko), grants.token_pair(world.mikko)
    assert not codes.revoke_if_replayed(code=code, client="ordering", verb="token.replayed")
    assert not tokens.revoke_if_replayed(token=pair.refresh, client="ordering", verb="token.replayed")
    assert (_ended(), _replays()) == (set(), 0)


def test_replay_of_an_ended_family_is_a_replay_without_a_second_event(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    tokens.refresh(token=pair.refresh, client="ordering", scopes=[])
    then = clock.now()
    TokenFamily.objects.update(ended_at=then)
    assert tokens.revoke_if_replayed(token=pair.refresh, client="ordering", verb="token.replayed")
    assert (TokenFamily.objects.get().ended_at, _replays()) == (then, 0)


def test_revocation_of_an_access_token_ends_it_only(world: World) -> None:
    pair, other = grants.token_pair(world.mikko), grants.token_pair(world.mikko)
    for client in ("crm", "nobody"):
        assert not tokens.revoke(token=pair.access, client=client)
    assert grants.are_valid(pair) == (True, True)
    assert tokens.revoke(token=pair.access, client="ordering")
    assert not tokens.revoke(token=pair.access, client="ordering")
    assert grants.are_valid(pair) == (False, True)
    assert grants.are_valid(other) == (True, True)


def test_revocation_of_a_refresh_token_ends_its_own_family_once(world: World) -> None:
    pair, other = grants.token_pair(world.mikko), grants.token_pair(world.mikko)
    for client in ("crm", "nobody"):
        assert not tokens.revoke(token=pair.refresh, client=client)
    assert tokens.revoke(token=pair.refresh, client="ordering")
    (ended,) = TokenFamily.objects.exclude(ended_at=None)
    assert grants.are_valid(pair) == (False, False)
    assert grants.are_valid(other) == (True, True)
    assert not tokens.revoke(token=pair.refresh, client="ordering")
    assert TokenFamily.objects.exclude(ended_at=None).get().ended_at == ended.ended_at


def test_revocation_with_a_used_refresh_token_ends_its_family(world: World) -> None:
    """RFC 7009 §2.1: a client may have only the older token."""
    pair = grants.token_pair(world.mikko)
    refreshed = tokens.refresh(token=pair.refresh, client="ordering", scopes=[])
    assert refreshed is not None
    assert tokens.revoke(token=pair.refresh, client="ordering")
    assert grants.are_valid(refreshed[1]) == (False, False)


def test_refresh_with_refused_scopes_does_not_use_the_token_up(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    for scopes in (["phone"], ["openid", "phone"], ["openid profile"]):
        assert tokens.refresh(token=pair.refresh, client="ordering", scopes=scopes) is None
    assert tokens.refresh(token=pair.refresh, client="ordering", scopes=["email", "openid"]) is not None
    used = [row.used_at is not None for row in RefreshToken.objects.order_by("issued_at")]
    assert used == [True, False]


RETENTION = {
    "access": dt.timedelta(hours=2),
    "code": dt.timedelta(days=1),
    "family": dt.timedelta(days=1),
}


@pytest.mark.parametrize("kind", RETENTION)
def test_purge_deletes_only_rows_past_their_retention(world: World, kind: str) -> None:
    grants.token_pair(world.mikko)
    at = clock.now()
    rows: dict[str, QuerySet[Any]] = {
        "access": AccessToken.objects.all(),
        "code": AuthorizationCode.objects.all(),
        "family": TokenFamily.objects.all(),
    }
    for name, some in rows.items():
        bypass.update(some, expires_at=at - RETENTION[name] + TICK)  # one tick too young
    assert grants_retention.purge(at=at) == 0
    bypass.update(rows[kind], expires_at=at - RETENTION[kind])
    deleted = {"access": 1, "code": 1, "family": 3}[kind]  # with its two tokens
    assert grants_retention.purge(at=at) == deleted
    left = {name: some.count() for name, some in rows.items()}
    expected = {"access": 1, "code": 1, "family": 1} | {kind: 0}
    assert left == expected | ({"access": 0} if kind == "family" else {})


def test_code_is_stored_with_its_bindings_for_one_minute(world: World) -> None:
    before = clock.now()
    grants.code(world.mikko)
    stored = grant_conditions.code(world).get()
    assert before <= stored.issued_at <= clock.now()
    assert stored.expires_at - stored.issued_at == dt.timedelta(seconds=60)
    assert (stored.client_id, stored.redirect_uri, stored.code_challenge) == (
        "ordering",
        grants.ADDRESS,
        grants.CHALLENGE,
    )
    assert (stored.user_epoch, stored.membership_epoch, stored.used_at, stored.family) == (1, 1, None, None)


def test_tokens_have_the_documented_lifetimes(world: World) -> None:
    grants.token_pair(world.mikko)
    access, family = AccessToken.objects.get(), TokenFamily.objects.get()
    assert access.expires_at - access.issued_at == dt.timedelta(minutes=10)
    assert family.expires_at - family.issued_at == dt.timedelta(hours=12)
    assert RefreshToken.objects.get().issued_at == family.issued_at == access.issued_at


def test_code_is_redeemed_while_another_person_is_locked(world: World) -> None:
    """Olli has a code, too; an act on Olli holds the locks of his user and sign-in."""
    code, _ = grants.code(world.mikko), grants.code(world.olli, session="another")

    def redeem() -> bool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            return grants.redeem(code) is not None

    with transaction.atomic():
        list(User.objects.select_for_update().filter(id=world.olli.user_id))
        list(SignIn.objects.select_for_update().filter(user=world.olli.user_id))
        assert concurrency.run_concurrently(redeem) == [True]


def test_empty_secret_never_matches(world: World) -> None:
    client = clients_queries.find(client="ordering")
    assert client is not None
    for secret, matches in (("", False), ("s", True)):
        stored = f"machine${machine_secrets.hash_secret(secret)}"
        assert dataclasses.replace(client, stored_secret=stored).verify_secret(secret) is matches
