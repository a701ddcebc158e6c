"""SQL as the application's role moves, copies, widens, revives and invents codes and tokens; no endpoint accepts one.

Vilma is the attacker: she has tokens of her own, and wants to be Olli. She also sees the keyed hash of any text that
she presents, for example in the list of running statements.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core import signing
from django.db import DatabaseError, connection, transaction

from audit.foundation import clock, db
from identity import machine_secrets
from identity.grants import retention as grants_retention
from identity.grants import signed_tokens, tokens
from identity.grants.models import AccessToken, AuthorizationCode, RefreshToken, TokenFamily
from portal.oidc import metadata
from tests.fixtures import bypass, grants, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = " keeps its rows as issued"
HOUR = 3600
COLUMNS = """
SELECT quote_ident(attname) FROM pg_attribute
WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
ONCE = {
    "identity_signin": {"ended_at"},
    "identity_tokenfamily": {"ended_at"},
    "identity_accesstoken": {"ended_at"},
    "identity_refreshtoken": {"used_at"},
    "identity_authorizationcode": {"used_at", "family"},
}
"""By table of issued rows: the columns that are set once."""
MOVING = {"identity_signin": {"last_seen_at", "auth_time", "amr"}, "identity_tokenfamily": {"logout_at"}}


@dataclass(frozen=True)
class Cast:
    """Two people with tokens and the attacker's second code."""

    vilma: dict[str, Any]
    olli: dict[str, Any]
    code: str


@pytest.fixture
def cast(world: World) -> Cast:
    browser = signed_in.browser(world.vilma)
    own = oidc_browser.redeem(world, oidc_browser.code(browser)).json()
    return Cast(own, oidc_browser.tokens(world, world.olli), oidc_browser.code(browser))


def execute(statement: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def refused(statement: str) -> bool:
    try:
        execute(statement)
    except DatabaseError as error:
        return KEPT in str(error) or "is insert-only" in str(error)
    return False


def columns(table: str) -> set[str]:
    return {name for (name,) in db.fetch_all(COLUMNS, [table])}


def olli_family(world: World) -> TokenFamily:
    return TokenFamily.objects.get(user=world.olli.user_id)


def present(world: World, kind: str, text: str) -> list[object]:
    """Present a text as a token of this kind to every endpoint: all that accept it answer with a value."""
    if kind == "code":
        return [oidc_browser.redeem(world, text).json().get("access_token")]
    introspected = oidc_browser.introspect(world, text)["active"] or None
    if kind == "access":
        return [introspected, oidc_browser.userinfo(text).status_code == 200 or None]
    form = {"grant_type": "refresh_token", "refresh_token": text}
    answer = oidc_browser.post(metadata.TOKEN, form, oidc_browser.basic(world))
    return [introspected, answer.json().get("access_token")]


def insert(world: World, kind: str, text: str) -> None:
    """Insert a row for this text, of Olli's family or sign-in, with every condition as it must be."""
    family, now = olli_family(world), clock.now()
    stored = machine_secrets.hash_secret(text)
    if kind == "refresh":
        RefreshToken.objects.create(hash=stored, family=family, issued_at=now)
    elif kind == "access":
        until = family.expires_at
        AccessToken.objects.create(
            hash=stored, family=family, scopes=family.scopes, issued_at=now, expires_at=until
        )
    else:
        names = ["client_id", "sign_in_id", "user_id", "membership_id", "user_epoch", "membership_epoch"]
        names += ["scopes", "auth_time", "amr", "issued_at", "expires_at", "nonce"]
        values = {name: getattr(family, name) for name in names}
        AuthorizationCode.objects.create(
            hash=stored, redirect_uri=grants.ADDRESS, code_challenge=grants.CHALLENGE, **values
        )


def forget(text: str, model: Any) -> None:
    """Delete a token's row as a restore of the database does."""
    stored = machine_secrets.hash_secret(text)
    with connection.cursor() as cursor:
        statement = f"DELETE FROM {model._meta.db_table} WHERE hash = '{stored}'"
        cursor.execute("SELECT bypass.run(%s)", [statement])


@pytest.mark.parametrize("table", ONCE)
def test_issued_row_with_any_column_changed_is_refused(cast: Cast, table: str) -> None:
    for column in columns(table) - ONCE[table] - MOVING.get(table, set()):
        assert refused(f"UPDATE {table} SET {column} = {column}"), column


@pytest.mark.parametrize("table", ONCE)
def test_issued_row_that_is_used_or_ended_is_not_revived(cast: Cast, table: str) -> None:
    for column in ONCE[table]:
        value = "gen_random_uuid()" if column == "family" else "now()"
        assert execute(f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL") > 0
        for other in ("NULL", value):
            assert refused(f"UPDATE {table} SET {column} = {other}"), column


def test_family_gets_its_logout_with_its_end_only(cast: Cast) -> None:
    with pytest.raises(DatabaseError, match="token_family_logout_at_its_end"):
        execute("UPDATE identity_tokenfamily SET logout_at = now()")
    execute("UPDATE identity_tokenfamily SET ended_at = now()")
    assert refused("UPDATE identity_tokenfamily SET logout_at = ended_at")


@pytest.mark.parametrize("table", [*ONCE, "identity_signin_clients"])
def test_issued_row_is_not_deleted_before_its_end(cast: Cast, table: str) -> None:
    execute("SET CONSTRAINTS ALL DEFERRED")
    assert refused(f"DELETE FROM {table}")


def test_client_of_a_sign_in_is_not_changed(cast: Cast) -> None:
    assert refused("UPDATE identity_signin_clients SET client_id = 'crm'")


def purged(seconds: int) -> int:
    worlds.move_clock(seconds)
    return grants_retention.purge(at=clock.now())


def test_issued_rows_are_deleted_when_they_can_be_neither_used_nor_replayed(cast: Cast) -> None:
    for table, end in (
        ("identity_accesstoken", 2 * HOUR + 600),
        ("identity_authorizationcode", 24 * HOUR + 60),
        ("identity_refreshtoken", 36 * HOUR),
        ("identity_tokenfamily", 36 * HOUR),
    ):
        worlds.move_clock(end - 30)
        assert refused(f"DELETE FROM {table}"), table
    worlds.move_clock(0)
    assert [
        purged(seconds) for seconds in (2 * HOUR + 590, 2 * HOUR + 630, 24 * HOUR + 90, 36 * HOUR + 90)
    ] == [0, 2, 3, 4]


KINDS = ["code", "access", "refresh"]
PREFIX = {"code": "khc", "access": tokens.ACCESS_PREFIX, "refresh": tokens.REFRESH_PREFIX}


def invented(world: World, kind: str) -> list[str]:
    """Texts that an attacker can make, for Olli's family: not signed, and signed by another key."""
    family = olli_family(world).id
    signed = signed_tokens.generate(prefix=PREFIX[kind], at=clock.now(), family=family)
    text = signed.rpartition(".")[0]
    return [
        f"{PREFIX[kind]}_{'x' * 43}",
        text,
        f"{text}.{'x' * 43}",
        signing.Signer(key="x" * 64, salt="identity.grants", sep=".").sign(text),
        signing.Signer(salt="keyholder.device", sep=".").sign(text),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_invented_token_with_a_row_is_refused(world: World, cast: Cast, kind: str) -> None:
    for text in invented(world, kind):
        insert(world, kind, text)
        assert set(present(world, kind, text)) == {None}, text


@pytest.mark.parametrize("kind", KINDS)
def test_token_of_another_kind_with_a_row_is_refused(world: World, cast: Cast, kind: str) -> None:
    for other in set(KINDS) - {kind}:
        text = signed_tokens.generate(prefix=PREFIX[other], at=clock.now(), family=olli_family(world).id)
        insert(world, kind, text)
        assert set(present(world, kind, text)) == {None}, other


def test_own_secret_of_another_table_is_no_token(world: World, cast: Cast) -> None:
    secret = str(signed_in.browser(world.vilma).session.session_key)
    for kind in KINDS:
        insert(world, kind, secret)
        assert set(present(world, kind, secret)) == {None}, kind


def test_own_token_with_a_row_in_another_family_is_refused(world: World, cast: Cast) -> None:
    for kind, model in (("access", AccessToken), ("refresh", RefreshToken)):
        text = cast.vilma[f"{kind}_token"]
        forget(text, model)
        insert(world, kind, text)
        assert set(present(world, kind, text)) == {None}, kind
        oidc_browser.post(metadata.REVOKE, {"token": text}, oidc_browser.basic(world))
    assert not AccessToken.objects.exclude(ended_at=None).exists()
    assert set(present(world, "access", cast.olli["access_token"])) == {True}
    RefreshToken.objects.filter(hash=machine_secrets.hash_secret(text)).update(used_at=clock.now())
    assert not tokens.revoke_if_replayed(token=text, client="ordering", verb="token.replayed")
    assert olli_family(world).ended_at is None


LIFETIMES: dict[str, tuple[type, int, Callable[[Cast], str]]] = {
    "code": (AuthorizationCode, 60, lambda cast: cast.code),
    "access": (AccessToken, 600, lambda cast: str(cast.vilma["access_token"])),
    "refresh": (RefreshToken, 12 * HOUR, lambda cast: str(cast.vilma["refresh_token"])),
}


@pytest.mark.parametrize("kind", KINDS)
def test_token_after_its_lifetime_with_a_new_row_is_refused(world: World, cast: Cast, kind: str) -> None:
    """Its row was purged; the new one says that it ends later."""
    model, seconds, of = LIFETIMES[kind]
    text, later = of(cast), clock.now() + dt.timedelta(days=2)
    names = AuthorizationCode, AccessToken, TokenFamily
    for rows in names:
        bypass.update(rows.objects.all(), expires_at=later)
    assert signed_tokens.verify(text, prefix=PREFIX[kind], lifetime=dt.timedelta(seconds=seconds)).hashes
    worlds.move_clock(seconds + HOUR)  # the clocks of processes may differ by an hour
    assert set(present(world, kind, text)) == {None}, model
