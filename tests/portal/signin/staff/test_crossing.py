"""Attempts to cross the line between staff and customers: each is refused, and each leaves a trace."""

import json
import logging
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings as django_settings
from django.urls import reverse

from audit.log.ledger import SUPPLIER
from audit.models import Event
from identity.people.models import User
from identity.sessions.models import Session
from identity.staff.models import StaffSession
from portal.oidc import metadata
from portal.signin.customers import reset_tokens
from provisioning.mail.models import Mail
from tests.fixtures import oidc_browser, signed_in, staff_provider
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.events import body
from tests.fixtures.fake_provider import FakeProvider
from tests.fixtures.staff_users import enrolled, opened
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
STAFF, CUSTOMER = "kh-staff", django_settings.SESSION_COOKIE_NAME
HOME, START, CALLBACK = "/staff/", "/staff/sign-in/start", "/staff/sign-in/callback"
ADDRESS = staff_provider.SAM["email"]


@dataclass(frozen=True)
class Line:
    """Both sides of the line: Sam of the staff with a session, and Aino, who administers Koskela, with hers."""

    world: World
    op: FakeProvider
    sam: User
    secret: str
    aino: BrowserClient

    def with_cookie(self, name: str, value: str) -> BrowserClient:
        browser = BrowserClient()
        browser.cookies[name] = value
        return browser

    @property
    def aino_secret(self) -> str:
        return str(self.aino.cookies[CUSTOMER].value)

    def sign_in_by_provider(self, **claims: Any) -> tuple[BrowserClient, Any]:
        browser = BrowserClient()
        self.op.person = {**staff_provider.SAM, **claims}
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(browser.get(START)["Location"]).query))
        query = urllib.parse.urlsplit(self.op.authorize(asked)).query
        return browser, browser.get(f"{CALLBACK}?{query}")


@pytest.fixture
def line(world: World, op: FakeProvider) -> Line:
    sam = enrolled()
    return Line(world, op, sam, opened(sam, issuer=op.url), signed_in.browser(world.aino))


def _reset_link(line: Line) -> Any:
    key = reset_tokens.ResetTokens().make_token(line.sam)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(line.sam), "key": key}
    )
    return BrowserClient().post(path, {"password1": "a sentence of the staff 7412"})


def _passkey(line: Line) -> Any:
    browser = BrowserClient()
    browser.get(reverse("mfa_login_webauthn"))
    handle = user_pk_to_url_str(line.sam)
    credential = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"userHandle": handle}}
    return browser.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(credential)})


def _code_of_customers(line: Line) -> Any:
    """The code that Aino's browser has for the web shop, at the callback of staff."""
    return line.aino.get(f"{CALLBACK}?code={oidc_browser.code(line.aino)}&state=s-1&iss={line.op.url}")


def _id_token_of_customers(line: Line) -> Any:
    token = oidc_browser.tokens(line.world, line.world.aino)["id_token"]
    return BrowserClient().post("/staff/backchannel-logout", {"logout_token": token})


def _access_token_of_customers(line: Line) -> Any:
    token = oidc_browser.tokens(line.world, line.world.aino)["access_token"]
    return BrowserClient().get(HOME, headers={"Authorization": f"Bearer {token}"})


def _staff_secret_as_refresh_token(line: Line) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": line.secret}
    return oidc_browser.post(metadata.TOKEN, form, oidc_browser.basic(line.world))


def _introspection(line: Line) -> Any:
    answer = oidc_browser.post(metadata.INTROSPECT, {"token": line.secret}, oidc_browser.basic(line.world))
    assert answer.json() == {"active": False}
    return answer


Attempt = Callable[[Line], Any]
PEOPLE = "/o/koskela/people"
ATTEMPTS: dict[str, tuple[Attempt, int, str]] = {
    "staff cookie on a page of customers": (lambda line: line.with_cookie(STAFF, line.secret).get(PEOPLE), 302, ""),
    "staff secret as the customers' cookie": (
        lambda line: line.with_cookie(CUSTOMER, line.secret).get(PEOPLE), 302, "",
    ),
    "staff cookie sends a form of customers": (
        lambda line: line.with_cookie(STAFF, line.secret).post("/o/koskela/people/invite", {"email": "x@y.example"}),
        419, "",
    ),
    "staff secret as a bearer token": (lambda line: oidc_browser.userinfo(line.secret), 401, ""),
    "staff secret as a refresh token": (_staff_secret_as_refresh_token, 400, ""),
    "staff secret at introspection": (_introspection, 200, ""),
    "staff cookie at authorize": (
        lambda line: oidc_browser.authorize(line.with_cookie(STAFF, line.secret), prompt="none"), 302, "",
    ),
    "customer's cookie on a staff page": (lambda line: line.aino.get(HOME), 302, ""),
    "customer's secret as the staff cookie": (
        lambda line: line.with_cookie(STAFF, line.aino_secret).get(HOME), 302, "",
    ),
    "customer signs staff out": (
        lambda line: line.with_cookie(STAFF, line.aino_secret).post("/staff/sign-out/"), 302, "",
    ),
    "customer's access token on a staff page": (_access_token_of_customers, 302, ""),
    "customer's code at the callback of staff": (_code_of_customers, 400, ""),
    "customer's ID token as a logout token": (_id_token_of_customers, 400, ""),
    "staff address with a password": (
        lambda _line: BrowserClient().post(
            reverse("account_login"), {"login": ADDRESS, "password": worlds.PASSWORD}
        ),
        200, "sign_in.failed",
    ),
    "reset mail to a staff address": (
        lambda _line: BrowserClient().post(reverse("account_reset_password"), {"email": ADDRESS}), 302, "",
    ),
    "reset link of a staff user": (_reset_link, 200, ""),
    "passkey in the name of a staff user": (_passkey, 302, ""),
    "customer's person at the staff's provider, without a group": (
        lambda line: line.sign_in_by_provider(sub="c-1", email=line.world.aino.user.email, groups=[])[1],
        403, "staff_sign_in.denied",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempt_to_cross_the_line_is_refused_and_logged(
    line: Line, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    attempt, status, verb = ATTEMPTS[name]
    staff_sessions = set(StaffSession.objects.values_list("session_key", flat=True))
    caplog.set_level(logging.INFO, logger="portal.request")
    answer = attempt(line)
    assert answer.status_code == status, answer.content[:300]
    for text in ("Sam Salonen", "Aino Virtanen"):
        assert text not in answer.content.decode()
    assert set(StaffSession.objects.values_list("session_key", flat=True)) == staff_sessions
    assert not Session.objects.filter(user=line.sam).exists()
    assert Mail.objects.count() == 0
    line.sam.refresh_from_db()
    assert not line.sam.has_usable_password()
    traces = [
        json.dumps(record.msg, default=str) for record in caplog.records if record.name == "portal.request"
    ]
    assert any(f'"status": {status}' in trace for trace in traces), traces
    if verb:
        event = Event.objects.filter(verb=verb).latest("at")
        assert (event.chain, event.actor_kind) == (SUPPLIER, "system")
        assert str(line.sam.pk) not in str(body(event))


def test_at_least_twelve_attempts_are_tried() -> None:
    assert len(ATTEMPTS) >= 12


def test_customers_address_in_the_provider_s_claims_is_another_person(line: Line) -> None:
    browser, answer = line.sign_in_by_provider(sub="c-1", email=line.world.aino.user.email)
    assert answer.status_code == 302
    assert browser.get(HOME).context["staff"].name == "Sam Salonen"
    assert browser.get(PEOPLE).status_code == 302
    assert User.all_directories.get(staff_identity__subject="c-1") != line.world.aino.user
