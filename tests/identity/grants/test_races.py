"""Races on real connections: one operation wins, and nothing issued outlives an ending."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import replace

import pytest
from django.db import connections, transaction

from audit.foundation import clock
from identity import lifecycle, revocation
from identity.grants import tokens
from identity.grants.models import AccessToken, TokenFamily
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions import sign_ins
from identity.sessions.models import SignIn
from tests.fixtures import concurrency, grants
from tests.fixtures import world as worlds
from tests.fixtures.world import World

ROUNDS = 15
RunConcurrently = Callable[..., list[object]]

pytestmark = pytest.mark.django_db(transaction=True)


def end(who: Membership, *, late: int = 0) -> None:
    """Change the rows as a removal does, with the locks of an act; `late` counts steps of 5 ms."""
    time.sleep(0.005 * late)
    with worlds.bypassing_commands():
        list(User.objects.filter(id=who.user_id).select_for_update())
        lifecycle.end(memberships=[who.id], at=clock.now())


def redeem(code: str, *, late: int) -> object:
    """Redeem a code; `late` counts steps of 20 ms."""
    time.sleep(0.02 * late)
    return grants.redeem(code)


def restore(who: Membership) -> None:
    with worlds.bypassing_commands():
        lifecycle.activate(memberships=[who.id], at=clock.now())


def test_code_issued_by_a_request_under_way_after_an_ending_is_void(world: World) -> None:
    before = grants.authentication(world.mikko)
    world.remove(world.mikko)
    with pytest.raises(sign_ins.ProofTooOld):
        grants.code(world.mikko, before=before)
    # A proof after the ending is read with the epochs of before it only by a request under way.
    code = grants.code(world.mikko, before=replace(before, auth_time=clock.now()))
    assert grants.redeem(code) is None
    restore(world.mikko)
    assert grants.redeem(code) is None


def test_redemption_during_an_ending_waits_and_is_refused(world: World) -> None:
    """The ending holds its locks and has not committed; the redemption began with everything in force."""
    code = grants.code(world.mikko)
    with ThreadPoolExecutor(1) as thread:
        with worlds.bypassing_commands():
            list(User.objects.filter(id=world.mikko.user_id).select_for_update())
            lifecycle.end(memberships=[world.mikko.id], at=clock.now())
            waiting = thread.submit(_closing, lambda: grants.redeem(code))
            with pytest.raises(FutureTimeout):
                waiting.result(timeout=0.3)
        assert waiting.result(timeout=10) is None
    assert (TokenFamily.objects.count(), AccessToken.objects.count()) == (0, 0)


def test_ending_during_a_redemption_waits_and_ends_its_tokens(world: World) -> None:
    code = grants.code(world.mikko)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            redeemed = grants.redeem(code)
            ending = thread.submit(_closing, lambda: end(world.mikko))
            with pytest.raises(FutureTimeout):
                ending.result(timeout=0.3)
        ending.result(timeout=10)
    assert redeemed is not None
    assert grants.are_valid(redeemed[1]) == (False, False)
    family = TokenFamily.objects.get()
    assert family.ended_at is not None
    assert family.issued_at <= family.ended_at


def test_redemption_racing_an_ending_leaves_no_valid_token(
    world: World, run_concurrently: RunConcurrently
) -> None:
    """Each of the two comes first in some rounds; afterwards no token is valid."""
    redemptions = 0
    for number in range(ROUNDS):
        code = grants.code(world.mikko, session=f"browser {number}")
        # The first rounds let the ending go first, the last ones the redemption; in between either may.
        redeemed, ended = run_concurrently(
            lambda code=code, number=number: redeem(code, late=max(0, 5 - 2 * number)),
            lambda number=number: end(world.mikko, late=number),
        )
        assert ended is None
        assert not isinstance(redeemed, Exception), redeemed
        if isinstance(redeemed, tuple):
            redemptions += 1
            assert grants.are_valid(redeemed[1]) == (False, False)
        restore(world.mikko)
    assert 0 < redemptions < ROUNDS


def test_refresh_racing_an_ending_leaves_no_valid_token(
    world: World, run_concurrently: RunConcurrently
) -> None:
    for number in range(ROUNDS):
        pair = grants.token_pair(world.mikko, session=f"browser {number}")
        refreshed, _ = run_concurrently(
            lambda pair=pair: tokens.refresh(token=pair.refresh, client="ordering", scopes=[]),
            lambda number=number: end(world.mikko, late=number % 3),
        )
        assert not isinstance(refreshed, Exception), refreshed
        if isinstance(refreshed, tuple):
            assert grants.are_valid(refreshed[1]) == (False, False)
        assert grants.are_valid(pair) == (False, False)
        restore(world.mikko)


def test_refreshes_at_the_same_time_have_exactly_one_winner(
    world: World, run_concurrently: RunConcurrently
) -> None:
    for _ in range(ROUNDS):
        pair = grants.token_pair(world.mikko)

        def refresh(pair: tokens.TokenPair = pair) -> object:
            return tokens.refresh(token=pair.refresh, client="ordering", scopes=[])

        results = run_concurrently(refresh, refresh, refresh)
        assert [type(result).__name__ for result in results].count("tuple") == 1
        assert results.count(None) == 2


def test_redemptions_at_the_same_time_have_exactly_one_winner(
    world: World, run_concurrently: RunConcurrently
) -> None:
    for _ in range(ROUNDS):
        code = grants.code(world.mikko)
        results = run_concurrently(*[lambda code=code: grants.redeem(code)] * 3)
        assert results.count(None) == 2
    assert TokenFamily.objects.count() == ROUNDS


def test_codes_issued_at_the_same_time_share_one_sid(world: World, run_concurrently: RunConcurrently) -> None:
    for number in range(ROUNDS):
        calls = [lambda number=number: grants.code(world.mikko, session=f"browser {number}")] * 3
        assert all(isinstance(result, str) for result in run_concurrently(*calls))
    assert SignIn.objects.count() == ROUNDS


SESSION_ENDINGS: dict[str, Callable[[Membership], object]] = {
    "session": lambda who: revocation.revoke_session(user=who.user_id, session_key="browser", at=clock.now()),
    "user": lambda who: revocation.revoke_users(users=[who.user_id], at=clock.now()),
}


@pytest.mark.parametrize("ending", SESSION_ENDINGS)
def test_code_requested_during_the_end_of_its_session_is_not_issued(world: World, ending: str) -> None:
    """The session has ended and is not committed; the authorization request loaded it before."""
    before = grants.authentication(world.mikko)
    with ThreadPoolExecutor(1) as thread:
        with worlds.bypassing_commands():
            SESSION_ENDINGS[ending](world.mikko)
            waiting = thread.submit(_closing, lambda: grants.code(world.mikko, before=before))
            concurrency.wait_until_blocking(concurrency.own_backend())
        with pytest.raises(sign_ins.SessionEnded):
            waiting.result(concurrency.TIMEOUT)
    assert not SignIn.objects.exists()


@pytest.mark.parametrize("used_before", ["", "yes"])
@pytest.mark.parametrize("ending", SESSION_ENDINGS)
def test_end_of_a_session_while_a_code_is_issued_waits_and_ends_its_sign_in(
    world: World, ending: str, used_before: str
) -> None:
    """A sign-in that was open before is changed by the code: the ending must not wait for it with other locks."""
    before = grants.authentication(world.mikko)
    if used_before:
        grants.code(world.mikko, before=before)

    def end_session() -> object:
        with worlds.bypassing_commands():
            return SESSION_ENDINGS[ending](world.mikko)

    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            sid = sign_ins.get_or_open(authentication=before, at=clock.now())
            waiting = thread.submit(_closing, end_session)
            concurrency.wait_until_blocking(concurrency.own_backend())
            sign_ins.add_client(sid=sid, client="ordering")
        waiting.result(concurrency.TIMEOUT)
    assert SignIn.objects.get().ended_at is not None


def test_code_of_another_person_s_session_is_not_issued(world: World) -> None:
    other = grants.authentication(world.mikko, session="browser")
    own = grants.authentication(world.olli, session="a colleague's browser")
    with pytest.raises(sign_ins.SessionEnded):
        grants.code(world.olli, before=replace(own, session_key=other.session_key))


def _closing(call: Callable[[], object]) -> object:
    try:
        return call()
    finally:
        connections.close_all()


def test_thread_has_its_own_connection() -> None:
    """Django's connections are per thread; otherwise nothing above would race."""
    connected: list[object] = []
    thread = threading.Thread(target=lambda: connected.append(connections["default"]))
    thread.start()
    thread.join()
    assert connected[0] is not connections["default"]
