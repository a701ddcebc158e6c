"""Two at once, with real connections: one wins, and nothing outlives an ending."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong

import pytest
from django.db import connections, transaction

from audit.foundation import clock
from identity import lifecycle
from identity.grants import tokens
from identity.grants.models import AccessToken, RefreshFamily
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import SignIn
from tests.fixtures import grants
from tests.fixtures import world as worlds
from tests.fixtures.world import World

ROUNDS = 15
Together = Callable[..., list[object]]

pytestmark = pytest.mark.django_db(transaction=True)


def end(who: Membership, *, late: int = 0) -> None:
    """What a removal does to the rows, with the locks an act takes; `late` by some milliseconds."""
    time.sleep(0.005 * late)
    with worlds.by_hand():
        list(User.objects.filter(id=who.user_id).select_for_update())
        lifecycle.end(memberships=[who.id], at=clock.now())


def redeem(code: str, *, late: int) -> object:
    """Redeem a code, `late` by some milliseconds."""
    time.sleep(0.02 * late)
    return grants.redeem(code)


def come_back(who: Membership) -> None:
    with worlds.by_hand():
        lifecycle.activate(memberships=[who.id], at=clock.now())


def test_what_a_request_under_way_inserts_after_the_ending_is_void(world: World) -> None:
    before = grants.standing(world.mikko)
    world.remove(world.mikko)
    code = grants.code(world.mikko, before=before)
    assert grants.redeem(code) is None
    come_back(world.mikko)
    assert grants.redeem(code) is None


def test_a_redemption_that_meets_an_ending_under_way_waits_and_gets_nothing(world: World) -> None:
    """The ending holds its locks and has not committed; the redemption began with everything in force."""
    code = grants.code(world.mikko)
    with ThreadPoolExecutor(1) as thread:
        with worlds.by_hand():
            list(User.objects.filter(id=world.mikko.user_id).select_for_update())
            lifecycle.end(memberships=[world.mikko.id], at=clock.now())
            waiting = thread.submit(_closing, lambda: grants.redeem(code))
            with pytest.raises(TookTooLong):
                waiting.result(timeout=0.3)
        assert waiting.result(timeout=10) is None
    assert (RefreshFamily.objects.count(), AccessToken.objects.count()) == (0, 0)


def test_an_ending_waits_for_a_redemption_so_that_the_service_is_told_after_its_tokens(world: World) -> None:
    code = grants.code(world.mikko)
    with ThreadPoolExecutor(1) as thread:
        with transaction.atomic():
            redeemed = grants.redeem(code)
            ending = thread.submit(_closing, lambda: end(world.mikko))
            with pytest.raises(TookTooLong):
                ending.result(timeout=0.3)
        ending.result(timeout=10)
    assert redeemed is not None
    assert grants.holds(redeemed[1]) == (False, False)
    family = RefreshFamily.objects.get()
    assert family.ended_at is not None
    assert family.issued_at <= family.ended_at


def test_redemptions_against_endings(world: World, together: Together) -> None:
    """Whoever is first, and both are at times: afterwards nothing holds."""
    got = 0
    for number in range(ROUNDS):
        code = grants.code(world.mikko, session=f"browser {number}")
        # The first rounds let the ending go first, the last ones the redemption; in between either may.
        redeemed, ended = together(
            lambda code=code, number=number: redeem(code, late=max(0, 5 - 2 * number)),
            lambda number=number: end(world.mikko, late=number),
        )
        assert ended is None
        assert not isinstance(redeemed, Exception), redeemed
        if isinstance(redeemed, tuple):
            got += 1
            assert grants.holds(redeemed[1]) == (False, False)
        come_back(world.mikko)
    assert 0 < got < ROUNDS


def test_refreshing_against_endings(world: World, together: Together) -> None:
    for number in range(ROUNDS):
        pair = grants.pair(world.mikko, session=f"browser {number}")
        refreshed, _ = together(
            lambda pair=pair: tokens.refresh(token=pair.refresh, client="ordering", scopes=[]),
            lambda number=number: end(world.mikko, late=number % 3),
        )
        assert not isinstance(refreshed, Exception), refreshed
        if isinstance(refreshed, tuple):
            assert grants.holds(refreshed[1]) == (False, False)
        assert grants.holds(pair) == (False, False)
        come_back(world.mikko)


def test_of_two_refreshes_at_once_exactly_one_wins(world: World, together: Together) -> None:
    for _ in range(ROUNDS):
        pair = grants.pair(world.mikko)

        def refresh(pair: tokens.TokenPair = pair) -> object:
            return tokens.refresh(token=pair.refresh, client="ordering", scopes=[])

        results = together(refresh, refresh, refresh)
        assert [type(one).__name__ for one in results].count("tuple") == 1
        assert results.count(None) == 2


def test_of_two_redemptions_at_once_exactly_one_wins(world: World, together: Together) -> None:
    for _ in range(ROUNDS):
        code = grants.code(world.mikko)
        results = together(*[lambda code=code: grants.redeem(code)] * 3)
        assert results.count(None) == 2
    assert RefreshFamily.objects.count() == ROUNDS


def test_two_codes_at_once_share_one_sid(world: World, together: Together) -> None:
    for number in range(ROUNDS):
        calls = [lambda number=number: grants.code(world.mikko, session=f"browser {number}")] * 3
        assert all(isinstance(one, str) for one in together(*calls))
    assert SignIn.objects.count() == ROUNDS


def _closing(call: Callable[[], object]) -> object:
    try:
        return call()
    finally:
        connections.close_all()


def test_threads_are_threads() -> None:
    """Django's connections are per thread: without that, nothing above would race."""
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(connections["default"]))
    thread.start()
    thread.join()
    assert seen[0] is not connections["default"]
