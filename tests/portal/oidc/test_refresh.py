"""Refreshing: what honest services do survives, and what a thief tries ends the family and is reported."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.models import Event
from identity.clients.models import Client as Registered
from identity.grants import retries
from identity.grants.models import RefreshToken, TokenFamily
from identity.sessions.models import SignIn
from portal.oidc import metadata
from provisioning.accounts import planner
from provisioning.logout.models import Logout
from tests.fixtures import oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
RunConcurrently = Callable[..., list[object]]
EIGHT = 8


def refresh(world: World, token: str, client: str = "ordering", **more: str) -> Any:
    body = {"grant_type": "refresh_token", "refresh_token": token, **more}
    return oidc_browser.post(metadata.TOKEN, body, oidc_browser.basic(world, client))


def refresh_public(token: str) -> Any:
    body = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "ordering"}
    return oidc_browser.post(metadata.TOKEN, body)


def make_public() -> None:
    with worlds.bypassing_commands():
        protocol = Registered.objects.get(protocol="ordering").protocol
        protocol.type = "public"
        protocol.save()


def notify_clients() -> None:
    with worlds.bypassing_commands():
        Registered.objects.update(backchannel_logout_uri="https://ordering.example.test/logout")


def pass_window() -> None:
    worlds.move_clock_to(clock.now() + retries.WINDOW)


def refused(answer: Any) -> bool:
    return (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def is_over(world: World, tokens: dict[str, Any]) -> bool:
    """Check that the family has ended, that the log says so once, and that its client alone is notified."""
    planner.sweep(at=clock.now())
    event = Event.objects.get(verb="token.replayed")
    return (
        not oidc_browser.introspect(world, tokens["access_token"])["active"]
        and (event.organization, event.subject) == (world.koskela.id, world.olli.id)
        and list(Logout.objects.values_list("client", flat=True)) == ["ordering"]
        and not SignIn.objects.exclude(ended_at=None).exists()
    )


def goes_on(world: World, tokens: dict[str, Any]) -> bool:
    planner.sweep(at=clock.now())
    reported = Event.objects.filter(verb="token.replayed").exists() or Logout.objects.exists()
    return bool(oidc_browser.introspect(world, tokens["refresh_token"])["active"]) and not reported


def test_eight_refreshes_at_once_leave_one_current_line_of_tokens(
    world: World, run_concurrently: RunConcurrently
) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    answers: Any = run_concurrently(*[lambda: refresh(world, first["refresh_token"])] * EIGHT)
    assert [answer.status_code for answer in answers] == [200] * EIGHT
    bodies = [answer.json() for answer in answers]
    assert len({body["refresh_token"] for body in bodies}) == 1
    assert len({body["access_token"] for body in bodies}) == EIGHT
    assert all(oidc_browser.introspect(world, body["access_token"])["active"] for body in bodies)
    assert RefreshToken.objects.filter(used_at=None).count() == 1
    assert goes_on(world, bodies[0])
    worlds.move_clock_to(clock.now() + retries.WINDOW * 30)
    assert refresh(world, bodies[-1]["refresh_token"]).status_code == 200, "whichever answer was stored last"


def test_lost_answer_can_be_asked_for_again(world: World) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    refresh(world, first["refresh_token"])
    answer = refresh(world, first["refresh_token"])
    assert answer.status_code == 200
    assert oidc_browser.verified(answer.json()["id_token"])["sub"] == str(world.olli.user_id)
    assert goes_on(world, answer.json())


def test_retry_takes_one_statement_more_than_the_first_use(world: World) -> None:
    token = oidc_browser.tokens(world, world.olli)["refresh_token"]
    refresh(world, token)
    with CaptureQueriesContext(connection) as captured:
        assert refresh(world, token).status_code == 200
    assert len(captured) == 4


def test_retry_without_a_right_is_refused_and_notifies_the_service(world: World) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    refresh(world, first["refresh_token"])
    worlds.end_assignments(world.olli)
    assert refused(refresh(world, first["refresh_token"]))
    planner.sweep(at=clock.now())
    assert Logout.objects.count() == 1
    assert not Event.objects.filter(verb="token.replayed").exists()


def test_eight_refreshes_of_a_public_client_at_once_end_the_family(
    world: World, run_concurrently: RunConcurrently
) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    make_public()
    answers: Any = run_concurrently(*[lambda: refresh_public(first["refresh_token"])] * EIGHT)
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * (EIGHT - 1)
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert refused(refresh_public(won["refresh_token"]))
    assert TokenFamily.objects.get().ended_at is not None
    planner.sweep(at=clock.now())
    assert (Event.objects.filter(verb="token.replayed").count(), Logout.objects.count()) == (1, 1)


def test_thief_without_the_client_s_secret_gets_and_ends_nothing(world: World) -> None:
    first = oidc_browser.tokens(world, world.olli)
    newest = refresh(world, first["refresh_token"]).json()
    for stolen in (first["refresh_token"], newest["refresh_token"]):
        assert refresh_public(stolen).status_code == 401
        assert refused(refresh(world, stolen, "crm"))
    assert goes_on(world, newest)


def test_thief_who_comes_after_the_window_ends_the_family(world: World) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    newest = refresh(world, first["refresh_token"]).json()
    pass_window()
    assert refused(refresh(world, first["refresh_token"]))
    assert is_over(world, newest)
    assert refused(refresh(world, newest["refresh_token"]))
    assert is_over(world, newest)


def test_thief_with_a_token_of_which_the_successor_was_used_ends_the_family(world: World) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    newest = refresh(world, refresh(world, first["refresh_token"]).json()["refresh_token"]).json()
    assert refused(refresh(world, first["refresh_token"]))
    assert is_over(world, newest)


def test_thief_who_comes_within_the_window_is_found_at_the_next_use(world: World) -> None:
    """Thief and service hold the same token: the later of their next uses comes after the window."""
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    of_service = refresh(world, first["refresh_token"]).json()
    of_thief = refresh(world, first["refresh_token"]).json()
    assert of_thief["refresh_token"] == of_service["refresh_token"]
    worlds.move_clock_to(clock.now() + retries.WINDOW * 2)
    newest = refresh(world, of_thief["refresh_token"]).json()
    pass_window()
    assert refused(refresh(world, of_service["refresh_token"]))
    assert is_over(world, newest)


def test_thief_of_a_public_client_s_token_ends_the_family_at_once(world: World) -> None:
    notify_clients()
    first = oidc_browser.tokens(world, world.olli)
    make_public()
    newest = refresh_public(first["refresh_token"]).json()
    assert refused(refresh_public(first["refresh_token"]))
    assert refused(refresh_public(newest["refresh_token"]))
    planner.sweep(at=clock.now())
    assert (Event.objects.filter(verb="token.replayed").count(), Logout.objects.count()) == (1, 1)


def test_replayed_code_ends_the_family_and_notifies_its_client(world: World) -> None:
    notify_clients()
    code = oidc_browser.code(signed_in.browser(world.olli))
    tokens = oidc_browser.redeem(world, code).json()
    assert refused(oidc_browser.redeem(world, code))
    assert is_over(world, tokens)


def test_revocation_by_the_client_notifies_nobody(world: World) -> None:
    notify_clients()
    tokens = oidc_browser.tokens(world, world.olli)
    asked = {"token": tokens["refresh_token"]}
    assert oidc_browser.post(metadata.REVOKE, asked, oidc_browser.basic(world)).status_code == 200
    planner.sweep(at=clock.now())
    assert not Logout.objects.exists()
