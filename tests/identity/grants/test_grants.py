"""Codes and tokens: used once, by their client, and only while every condition of the grant holds."""

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.idp.oidc.models import Client as ProtocolClient

from audit.foundation import clock
from audit.models import Event
from identity import revocation
from identity.clients.models import Application, Client
from identity.grants import codes, signed_tokens, tokens
from identity.grants import retention as grants_retention
from identity.grants.models import AccessToken, AuthorizationCode, RefreshToken, TokenFamily
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from identity.sessions.models import SignIn
from tests.fixtures import grants
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = 3600


def test_code_redeemed_gives_tokens_with_person_organization_and_authentication(world: World) -> None:
    redeemed = grants.redeem(grants.code(world.mikko))
    assert redeemed is not None
    grant, pair = redeemed
    assert (grant.user, grant.membership, grant.organization) == (
        world.mikko.user_id,
        world.mikko.id,
        world.koskela.id,
    )
    assert (grant.name, grant.email, grant.email_verified) == ("Mikko Laine", "mikko@koskela.example", True)
    assert (grant.organization_key, grant.customer_number) == ("koskela", "K-koskela")
    assert (grant.scopes, grant.nonce, grant.amr) == ("openid profile email", "n-1", ["pwd", "otp", "mfa"])
    checked = tokens.check(token=pair.access)
    assert checked is not None
    assert (checked.grant.sid, checked.grant.user) == (grant.sid, grant.user)
    assert checked.expires_at - checked.issued_at == dt.timedelta(minutes=10)


def test_stored_secrets_are_keyed_hashes(world: World) -> None:
    """No table holds a secret that can be used."""
    code = grants.code(world.mikko)
    redeemed = grants.redeem(code)
    assert redeemed is not None
    stored = [
        str(value)
        for model in (AuthorizationCode, RefreshToken, AccessToken, TokenFamily, SignIn)
        for row in model.objects.values_list()
        for value in row
    ]
    secrets = [code, redeemed[1].access, redeemed[1].refresh]
    assert [s for s in secrets for value in stored if s in value or s.partition("_")[2] in value] == []
    assert all(value.startswith("h1$") for value in RefreshToken.objects.values_list("hash", flat=True))


@pytest.mark.parametrize(
    "other",
    [{"client": "crm"}, {"redirect_uri": grants.ADDRESS + "/"}, {"code_challenge": "w" * 43}, {"client": ""}],
)
def test_code_with_another_client_uri_or_verifier_is_refused(world: World, other: dict[str, str]) -> None:
    code = grants.code(world.mikko)
    assert grants.redeem(code, **other) is None
    assert grants.redeem(code) is not None


def test_code_after_its_lifetime_is_refused(world: World) -> None:
    code = grants.code(world.mikko)
    worlds.move_clock(61)
    assert grants.redeem(code) is None


def test_code_used_twice_ends_the_family_of_the_first_use(world: World) -> None:
    code = grants.code(world.mikko)
    redeemed = grants.redeem(code)
    assert redeemed is not None
    assert grants.are_valid(redeemed[1]) == (True, True)

    assert grants.redeem(code) is None
    assert not codes.revoke_if_replayed(code=code, client="crm", verb="token.replayed")
    assert grants.are_valid(redeemed[1]) == (True, True)

    assert codes.revoke_if_replayed(code=code, client="ordering", verb="token.replayed")
    assert grants.are_valid(redeemed[1]) == (False, False)
    assert codes.revoke_if_replayed(code=code, client="ordering", verb="token.replayed")
    assert Event.objects.filter(verb="token.replayed", organization=world.koskela.id).count() == 1


def test_code_used_for_the_first_time_is_no_replay(world: World) -> None:
    assert not codes.revoke_if_replayed(
        code=grants.code(world.mikko), client="ordering", verb="token.replayed"
    )
    assert not codes.revoke_if_replayed(code="khc_nobody", client="ordering", verb="token.replayed")


def test_refresh_gives_a_new_pair_and_the_old_access_token_stays_valid(world: World) -> None:
    first = grants.token_pair(world.mikko)
    refreshed = tokens.refresh(token=first.refresh, client="ordering", scopes=[])
    assert refreshed is not None
    grant, second = refreshed
    assert grant.scopes == "openid profile email"
    assert grants.are_valid(first) == (True, False)
    assert grants.are_valid(second) == (True, True)


def test_refresh_token_used_twice_ends_the_family(world: World) -> None:
    first = grants.token_pair(world.mikko)
    refreshed = tokens.refresh(token=first.refresh, client="ordering", scopes=[])
    assert refreshed is not None
    assert tokens.refresh(token=first.refresh, client="ordering", scopes=[]) is None
    assert tokens.revoke_if_replayed(token=first.refresh, client="ordering", verb="token.replayed")
    assert grants.are_valid(refreshed[1]) == (False, False)
    assert tokens.refresh(token=refreshed[1].refresh, client="ordering", scopes=[]) is None


def test_refresh_token_with_another_client_is_neither_used_nor_revoked(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    assert tokens.refresh(token=pair.refresh, client="crm", scopes=[]) is None
    assert not tokens.revoke_if_replayed(token=pair.refresh, client="crm", verb="token.replayed")
    assert not tokens.revoke(token=pair.refresh, client="crm")
    assert not tokens.revoke(token=pair.access, client="crm")
    assert grants.are_valid(pair) == (True, True)


def test_refresh_with_scopes_narrows_and_never_widens_them(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    assert tokens.refresh(token=pair.refresh, client="ordering", scopes=["openid", "phone"]) is None
    refreshed = tokens.refresh(token=pair.refresh, client="ordering", scopes=["openid"])
    assert refreshed is not None
    checked = tokens.check(token=refreshed[1].access)
    assert (refreshed[0].scopes, checked and checked.grant.scopes) == ("openid", "openid")
    again = tokens.refresh(token=refreshed[1].refresh, client="ordering", scopes=[])
    assert again is not None
    assert again[0].scopes == "openid profile email"


def test_family_with_rotated_tokens_ends_after_its_absolute_lifetime(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    worlds.move_clock(12 * HOUR - 5)
    refreshed = tokens.refresh(token=pair.refresh, client="ordering", scopes=[])
    assert refreshed is not None
    worlds.move_clock(12 * HOUR + 1)
    assert grants.are_valid(refreshed[1]) == (False, False)
    assert tokens.refresh(token=refreshed[1].refresh, client="ordering", scopes=[]) is None


def test_access_token_after_its_lifetime_is_invalid(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    worlds.move_clock(601)
    assert grants.are_valid(pair) == (False, True)


def test_revocation_of_a_refresh_token_ends_the_family_and_of_an_access_token_itself_only(
    world: World,
) -> None:
    pair = grants.token_pair(world.mikko)
    assert tokens.revoke(token=pair.access, client="ordering")
    assert grants.are_valid(pair) == (False, True)
    refreshed = tokens.refresh(token=pair.refresh, client="ordering", scopes=[])
    assert refreshed is not None
    assert tokens.revoke(token=refreshed[1].refresh, client="ordering")
    assert grants.are_valid(refreshed[1]) == (False, False)
    assert not tokens.revoke(token="khr_nobody", client="ordering")


def test_client_without_the_refresh_grant_gets_no_refresh_token(world: World) -> None:
    with worlds.bypassing_commands():
        ProtocolClient.objects.filter(id="ordering").update(grant_types="authorization_code")
    pair = grants.token_pair(world.mikko)
    assert pair.refresh == ""
    assert RefreshToken.objects.count() == 0


BROKEN_CONDITIONS: dict[str, Callable[[World], object]] = {
    "the person is blocked": lambda w: User.objects.filter(id=w.mikko.user_id).update(is_active=False),
    "the person's epoch moved": lambda w: User.objects.filter(id=w.mikko.user_id).update(epoch=2),
    "the membership's epoch moved": lambda w: Membership.objects.filter(id=w.mikko.id).update(epoch=7),
    "the organization is closed": lambda w: Organization.objects.filter(id=w.koskela.id).update(
        status="closed"
    ),
    "the client is switched off": lambda _: Client.objects.filter(protocol="ordering").update(
        is_active=False
    ),
    "the application is switched off": lambda _: Application.objects.filter(key="ordering").update(
        is_active=False
    ),
    "the sign-in has ended": lambda _: SignIn.objects.update(ended_at=clock.now()),
    "the membership is suspended": lambda w: MembershipPeriod.objects.filter(membership=w.mikko.id).update(
        state="suspended"
    ),
    "the membership's period is over": lambda w: MembershipPeriod.objects.filter(
        membership=w.mikko.id
    ).update(valid_until=clock.now()),
}


@pytest.mark.parametrize("condition", BROKEN_CONDITIONS)
def test_grant_with_one_broken_condition_is_invalid_in_all_four_operations(
    world: World, condition: str
) -> None:
    """Code, refresh token by use and by check, access token."""
    waiting = grants.code(world.mikko)
    pair = grants.token_pair(world.mikko)
    other = grants.token_pair(world.olli, session="another")
    assert grants.are_valid(pair) == (True, True)
    with worlds.bypassing_commands():
        BROKEN_CONDITIONS[condition](world)
    assert grants.are_valid(pair) == (False, False)
    assert grants.redeem(waiting) is None
    assert tokens.refresh(token=pair.refresh, client="ordering", scopes=[]) is None
    shared = (
        "organization" in condition
        or "client" in condition
        or "application" in condition
        or "sign-in" in condition
    )
    assert grants.are_valid(other) == (not shared, not shared)


def test_removal_of_a_member_ends_the_tokens_of_that_organization_only(world: World) -> None:
    here, there = grants.token_pair(world.mikko), grants.token_pair(world.mikko_at_pohjola)
    waiting = grants.code(world.mikko)
    world.remove(world.mikko)
    assert grants.are_valid(here) == (False, False)
    assert grants.redeem(waiting) is None
    assert grants.are_valid(there) == (True, True)


def test_sid_is_one_for_each_session_and_organization(world: World) -> None:
    for who, session in (
        (world.mikko, "one"),
        (world.mikko, "one"),
        (world.mikko_at_pohjola, "one"),
        (world.mikko, "two"),
    ):
        grants.code(who, session=session)
    rows = SignIn.objects.values_list("session_key", "membership")
    assert sorted(map(str, rows)) == sorted(
        str(pair)
        for pair in [("one", world.mikko.id), ("one", world.mikko_at_pohjola.id), ("two", world.mikko.id)]
    )
    done = Event.objects.filter(
        verb="sign_in.succeeded", subject__in=[world.mikko.id, world.mikko_at_pohjola.id]
    )
    assert done.count() == 3


def test_sign_in_after_an_ending_has_another_sid(world: World) -> None:
    """A service that was notified of the end must not see the ended `sid` again."""
    grants.code(world.mikko)
    old = SignIn.objects.get().id
    with worlds.bypassing_commands():
        Membership.objects.filter(id=world.mikko.id).update(epoch=2)
    grants.code(world.mikko)
    assert SignIn.objects.get(ended_at=None).id != old
    assert SignIn.objects.get(id=old).ended_at is not None


def test_sign_out_of_the_portal_ends_the_session_s_sign_ins(world: World) -> None:
    here, elsewhere = grants.token_pair(world.mikko), grants.token_pair(world.mikko, session="phone")
    revocation.revoke_session(user=world.mikko.user_id, session_key="browser", at=clock.now())
    assert grants.are_valid(here) == (False, False)
    assert grants.are_valid(elsewhere) == (True, True)


@pytest.mark.parametrize("seconds", [-120, 120])
def test_text_of_a_code_is_accepted_by_a_process_with_another_clock(world: World, seconds: int) -> None:
    """Whether the code is still valid is then judged by the clock of the database, which is not moved here."""
    code = grants.code(world.mikko)
    worlds.move_process_clock(clock.offset() + seconds)
    assert signed_tokens.verify(code, prefix=codes.PREFIX, lifetime=codes.LIFETIME).hashes


@pytest.mark.parametrize(("minutes", "known"), [(59, True), (61, False)])
def test_text_of_a_token_is_accepted_for_an_hour_after_its_lifetime(minutes: int, *, known: bool) -> None:
    age = codes.LIFETIME + dt.timedelta(minutes=minutes)
    code = signed_tokens.generate(prefix=codes.PREFIX, at=clock.wall() - age)
    verified = signed_tokens.verify(code, prefix=codes.PREFIX, lifetime=codes.LIFETIME)
    assert bool(verified.hashes) is known


def test_refresh_with_a_code_or_another_text_gives_nothing(world: World) -> None:
    for text in ("", "nonsense", grants.code(world.mikko)):
        assert tokens.refresh(token=text, client="ordering", scopes=[]) is None


def test_purge_keeps_rows_that_recognize_a_replay(world: World) -> None:
    grants.token_pair(world.mikko)
    assert grants_retention.purge(at=clock.now()) == 0
    worlds.move_clock(3 * HOUR)
    grants_retention.purge(at=clock.now())
    assert (AccessToken.objects.count(), AuthorizationCode.objects.count()) == (0, 1)
    worlds.move_clock(36 * HOUR + 120)
    grants_retention.purge(at=clock.now())
    assert (
        AuthorizationCode.objects.count(),
        TokenFamily.objects.count(),
        RefreshToken.objects.count(),
    ) == (0, 0, 0)
