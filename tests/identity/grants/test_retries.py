"""A second use of a refresh token: the retry of a client that authenticates, or the end of the family."""

import datetime as dt
from collections.abc import Callable

import pytest
from allauth.idp.oidc.models import Client as ProtocolClient
from django.conf import settings
from django.test import override_settings

from audit.foundation import clock
from identity.grants import retries, signed_tokens, tokens
from identity.grants.models import AccessToken, RefreshToken, TokenFamily
from identity.grants.tokens import TokenPair
from identity.sessions.models import SignIn
from tests.fixtures import bypass, grants
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def refresh(token: str, *, client: str = "ordering", scopes: list[str] | None = None) -> TokenPair:
    found = tokens.refresh(token=token, client=client, scopes=scopes or [])
    assert found is not None
    return found[1]


def retry(token: str, *, client: str = "ordering", scopes: list[str] | None = None) -> TokenPair | None:
    found = retries.answer(token=token, client=client, scopes=scopes or [])
    return found[1] if found else None


def pass_time(elapsed: dt.timedelta) -> None:
    worlds.move_clock_to(clock.now() + elapsed)


def test_retry_gives_the_same_refresh_token_and_another_access_token(world: World) -> None:
    first = grants.token_pair(world.mikko)
    second = refresh(first.refresh)
    again = retry(first.refresh)
    assert again is not None
    assert again.refresh == second.refresh
    assert again.access != second.access
    assert (grants.are_valid(second), grants.are_valid(again)) == ((True, True), (True, True))
    assert tokens.check_refresh(token=first.refresh) is None
    assert RefreshToken.objects.filter(used_at=None).count() == 1
    assert refresh(again.refresh).refresh != again.refresh


def test_retry_is_answered_until_the_window_is_over(world: World) -> None:
    first = grants.token_pair(world.mikko)
    second = refresh(first.refresh)
    pass_time(retries.WINDOW - dt.timedelta(seconds=3))
    assert retry(first.refresh) is not None
    pass_time(dt.timedelta(seconds=3))
    assert retry(first.refresh) is None
    assert grants.are_valid(second)[1], "no answer ends nothing: `revoke_if_replayed` does"


def test_retry_after_its_successor_was_used_is_refused(world: World) -> None:
    """The successor's use shows that the first answer arrived."""
    first = grants.token_pair(world.mikko)
    refresh(refresh(first.refresh).refresh)
    assert retry(first.refresh) is None


def test_unused_and_unknown_tokens_are_no_retry(world: World) -> None:
    pair = grants.token_pair(world.mikko)
    assert retry(pair.refresh) is None
    assert tokens.check_refresh(token=pair.refresh) is not None
    for text in ("", "khr_nothing", pair.access, pair.refresh + "x", pair.refresh.replace("khr_", "kha_")):
        assert retry(text) is None


def test_retry_by_another_client_is_refused(world: World) -> None:
    first = grants.token_pair(world.mikko)
    refresh(first.refresh)
    before = AccessToken.objects.count()
    assert retry(first.refresh, client="crm") is None
    assert retry(first.refresh, client="") is None
    assert AccessToken.objects.count() == before


def test_retry_of_a_public_client_is_refused(world: World) -> None:
    first = grants.token_pair(world.mikko)
    refresh(first.refresh)
    with worlds.bypassing_commands():
        ProtocolClient.objects.filter(id="ordering").update(type="public")
    assert retry(first.refresh) is None


def test_retry_narrows_scopes_and_never_widens_them(world: World) -> None:
    first = grants.token_pair(world.mikko)
    refresh(first.refresh, scopes=["openid"])
    assert retry(first.refresh, scopes=["openid", "phone"]) is None
    narrowed = retry(first.refresh, scopes=["email"])
    assert narrowed is not None
    checked = tokens.check(token=narrowed.access)
    assert checked is not None
    assert checked.grant.scopes == "email"


ENDINGS: dict[str, Callable[[World], object]] = {
    "removal": lambda world: world.remove(world.mikko),
    "end of the sign-in": lambda _: SignIn.objects.update(ended_at=clock.now()),
    "end of the family": lambda _: TokenFamily.objects.update(ended_at=clock.now()),
    "family over": lambda _: bypass.update(TokenFamily.objects.all(), expires_at=clock.now()),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_retry_after_an_ending_is_refused(world: World, ending: str) -> None:
    first = grants.token_pair(world.mikko)
    refresh(first.refresh)
    before = AccessToken.objects.count()
    ENDINGS[ending](world)
    assert retry(first.refresh) is None
    assert AccessToken.objects.count() == before


def test_retry_across_a_rotation_of_the_key_file_gives_the_same_refresh_token(world: World) -> None:
    first = grants.token_pair(world.mikko)
    second = refresh(first.refresh)
    with override_settings(SECRET_KEY="another" * 9, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        again = retry(first.refresh)
        assert again is not None
        assert again.refresh == second.refresh
        assert signed_tokens.successors(first.refresh)[0] != second.refresh
    with override_settings(SECRET_KEY="another" * 9):
        assert retry(first.refresh) is None, "without the key, nothing leads to the successor"


def test_successor_s_signature_signs_no_token(world: World) -> None:
    """The derived part is known to the client: it must not pass as the signature of a text that the client makes up."""
    pair = grants.token_pair(world.mikko)
    successor = signed_tokens.successors(pair.refresh)[0]
    derived = successor.partition("_")[2].partition(".")[0]
    for made_up in (f"{pair.refresh}.{derived}", f"successor:{pair.refresh}.{derived}"):
        assert signed_tokens.verify(made_up, prefix=tokens.REFRESH_PREFIX) == signed_tokens.UNKNOWN
    assert signed_tokens.verify(successor, prefix=tokens.REFRESH_PREFIX).family is not None


def test_tokens_of_two_grants_have_different_successors(world: World) -> None:
    pairs = [grants.token_pair(world.mikko), grants.token_pair(world.mikko)]
    assert len({refresh(pair.refresh).refresh for pair in pairs}) == 2
