"""A passkey's answer is for this origin and is used once, as an attacker with a page of their own tries."""

from typing import Any

import pytest
from django.urls import reverse

from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.passkeys import ORIGIN, SoftwarePasskey
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
SIGN_IN = "mfa_login_webauthn"


def challenge(browser: BrowserClient) -> str:
    answer: Any = browser.get(reverse(SIGN_IN), headers={"X-Requested-With": "XMLHttpRequest"})
    return str(answer.json()["request_options"]["publicKey"]["challenge"])


def sign_in(browser: BrowserClient, credential: str) -> bool:
    browser.post(reverse(SIGN_IN), {"credential": credential})
    return browser.is_signed_in


def test_answer_for_this_origin_signs_in(world: World) -> None:
    passkey, browser = SoftwarePasskey(world.aino.user), BrowserClient()
    assert sign_in(browser, passkey.answer(challenge(browser)))


@pytest.mark.parametrize(
    "client_data",
    [
        {"origin": "http://localhost:8401"},
        {"origin": "https://localhost:8000"},
        {"origin": "http://localhost"},
        {"origin": "http://shop.localhost:8000"},
        {"origin": "https://evil.localhost"},
        {"origin": f"{ORIGIN}/x"},
        {"origin": "https://evil.example\\.localhost"},
        {"origin": "http://localhost:8000@evil.example"},
        {"origin": None},
        {"crossOrigin": True},
        {"crossOrigin": True, "topOrigin": "http://evil.example"},
        {"topOrigin": "http://evil.example"},
    ],
    ids=str,
)
def test_answer_for_another_origin_signs_nobody_in(world: World, client_data: dict[str, Any]) -> None:
    passkey, browser = SoftwarePasskey(world.aino.user), BrowserClient()
    assert not sign_in(browser, passkey.answer(challenge(browser), **client_data))


def test_answer_sent_several_times_at_the_same_moment_signs_in_once(world: World) -> None:
    passkey, first = SoftwarePasskey(world.aino.user), BrowserClient()
    answer = passkey.answer(challenge(first))
    browsers = [BrowserClient() for _ in range(4)]
    for browser in browsers:
        browser.cookies.load({name: morsel.value for name, morsel in first.cookies.items()})
    run_concurrently(*[lambda browser=browser: sign_in(browser, answer) for browser in browsers])
    assert [browser.is_signed_in for browser in browsers].count(True) == 1
