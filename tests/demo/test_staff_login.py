"""The demo's sign-in of the supplier's staff, with the portal's own checks against it."""

import pathlib
import re
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.test import override_settings
from playwright import sync_api

from demo.staff_login.staff import ROLES, STAFF
from identity.staff.models import StaffSession
from portal.settings import staff_variables
from portal.signin.staff import provider
from provisioning.http.pool import Pool
from tests.fixtures import demo_services, fake_provider, staff_provider
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.logout_receiver import LogoutReceiver
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a-password-to-type"
TOKEN = re.compile(r'name="token" value="([^"]+)"')
ASSURANCE = [(role, "mfa") for role in ROLES]


class Login(demo_services.Process):
    """The provider as a process, and what it sends to the portal."""

    def __init__(self, store: pathlib.Path) -> None:
        self._receiver = LogoutReceiver()
        self.sent, self.portal = self._receiver.tokens, self._receiver.url
        environment = {
            "SERVICE_STORE": str(store),
            "PORTAL_URL": self.portal,
            "OIDC_CLIENT_ID": staff_provider.CLIENT_ID,
            "OIDC_CLIENT_SECRET": fake_provider.CLIENT_SECRET,
            "SAMPLE_PASSWORD": PASSWORD,
        }
        super().__init__("demo.staff_login", port=demo_services.free_port(), environment=environment)

    def close(self) -> None:
        assert self.stop() == 0
        self._receiver.close()

    def sign_in(
        self, address: str, *, person: str = "s-101", password: str = PASSWORD, second: str = "1"
    ) -> Any:
        """Send the form of the page; the response is not followed."""
        form = {"person": person, "password": password, "second": second}
        return requests.post(address, data=form, timeout=10, allow_redirects=False)

    def change(self, subject: str, *, do: str) -> str:
        """Press a button on the page of staff, and give the page that answers."""
        page = requests.get(f"{self.url}/", timeout=10).text
        found = TOKEN.search(page)
        assert found is not None
        form = {"token": found[1], "do": do}
        answer = requests.post(f"{self.url}/staff/{subject}", data=form, timeout=10, allow_redirects=False)
        assert answer.status_code == 302
        return requests.get(f"{self.url}{answer.headers['Location']}", timeout=10).text


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    running = Login(tmp_path_factory.mktemp("staff_login"))
    yield running
    running.close()


@pytest.fixture
def login(process: Login) -> Iterator[Login]:
    """The provider, and the portal configured for it."""
    provider._of.cache_clear()
    groups = list(ROLES.items())
    setting = staff_provider.setting_of(process.url, groups=groups, assurance=ASSURANCE)
    hosts = [process.url.removeprefix("http://")]
    with override_settings(STAFF_SIGN_IN=setting, ALLOWED_INTERNAL_HOSTS=hosts, ISSUER=process.portal):
        yield process
        pool = provider.current()._transport
        assert isinstance(pool, Pool)
        pool.close()
    provider._of.cache_clear()


def signed_in(login: Login, person: str = "s-101", **form: str) -> tuple[BrowserClient, Any]:
    browser = BrowserClient()
    answer = login.sign_in(browser.get("/staff/sign-in/start")["Location"], person=person, **form)
    assert answer.status_code == 302, answer.text
    address = urllib.parse.urlsplit(answer.headers["Location"])
    assert f"{address.scheme}://{address.netloc}" == login.portal
    return browser, browser.get(f"{address.path}?{address.query}")


@pytest.mark.parametrize("member", STAFF, ids=lambda member: member.name)
def test_member_signs_in_with_the_role_of_their_group(world: World, login: Login, member: Any) -> None:
    browser, answer = signed_in(login, member.subject)
    expected = {role for role, group in ROLES.items() if group in member.groups}
    assert answer.status_code == (302 if expected else 403)
    page = browser.get("/staff/")
    assert (page.status_code == 200) is bool(expected)
    if expected:
        roles = page.context["sign_in"].roles
        assert len(roles) == len(expected)
        assert not any(role.missing for role in roles)


def test_every_role_has_a_sample_member() -> None:
    assert set(ROLES) == set(staff_variables.ROLES)
    assert set(ROLES.values()) <= {group for member in STAFF for group in member.groups}


def test_sign_in_without_the_second_factor_is_refused_by_the_portal(world: World, login: Login) -> None:
    _, answer = signed_in(login, second="")
    assert answer.status_code == 403
    assert "second factor" in answer.content.decode()


def test_wrong_password_and_no_person_stay_on_the_page(world: World, login: Login) -> None:
    address = BrowserClient().get("/staff/sign-in/start")["Location"]
    for form in ({"password": "x"}, {"person": ""}, {"person": "s-999"}):
        answer = login.sign_in(address, **form)
        assert (answer.status_code, "There is a problem" in answer.text) == (422, True)
        assert answer.headers.get("Location") is None


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example/"}, {"client_id": "other"}, {"code_challenge_method": "plain"},
        {"response_type": "token"}, {"nonce": ""}, {"code_challenge": ""}, {"scope": "profile"},
    ],
    ids=repr,
)  # fmt: skip
def test_wrong_authorization_request_leads_nowhere(
    world: World, login: Login, change: dict[str, str]
) -> None:
    address = urllib.parse.urlsplit(BrowserClient().get("/staff/sign-in/start")["Location"])
    query = {**dict(urllib.parse.parse_qsl(address.query)), **change}
    answer = login.sign_in(f"{login.url}/authorize?{urllib.parse.urlencode(query)}")
    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


def test_code_is_redeemed_once_and_only_with_secret_and_verifier(world: World, login: Login) -> None:
    address = BrowserClient().get("/staff/sign-in/start")["Location"]
    right = fake_provider.basic(staff_provider.CLIENT_ID)
    for authorization, error in ((right, "invalid_grant"), ("Basic eDp5", "invalid_client")):
        location = login.sign_in(address).headers["Location"]
        form = {
            "grant_type": "authorization_code",
            "code": dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))["code"],
            "code_verifier": "wrong",
            "redirect_uri": f"{login.portal}/staff/sign-in/callback",
        }
        headers = {"Authorization": authorization}
        for _ in range(2):
            answer = requests.post(f"{login.url}/token", data=form, headers=headers, timeout=10)
            assert answer.json() == {"error": error}


def test_member_who_leaves_is_signed_out_and_cannot_sign_in_until_they_come_back(
    world: World, login: Login
) -> None:
    browser, _ = signed_in(login, "s-102")
    other, _ = signed_in(login, "s-103")
    done = login.change("s-102", do="leave")
    assert "Otso Rantanen has left the company." in done
    assert "The portal has accepted the sign-out" in done
    answer = BrowserClient().post("/staff/backchannel-logout", {"logout_token": login.sent[-1]})
    assert answer.status_code == 200
    assert (browser.get("/staff/").status_code, other.get("/staff/").status_code) == (302, 200)
    assert StaffSession.objects.count() == 1
    address = browser.get("/staff/sign-in/start")["Location"]
    refused = login.sign_in(address, person="s-102")
    assert (refused.status_code, "has left the company" in refused.text) == (422, True)
    assert "Otso Rantanen is back in the company" in login.change("s-102", do="return")
    # An ID token from the second of the logout token opens no session: its `iat` has whole seconds.
    until = time.monotonic() + 20
    while signed_in(login, "s-102")[1].status_code != 302:
        assert time.monotonic() < until


def test_form_of_another_site_changes_nothing(world: World, login: Login) -> None:
    form = {"token": "x", "do": "leave"}
    answer = requests.post(f"{login.url}/staff/s-101", data=form, timeout=10)
    assert answer.status_code == 403
    assert "has left" not in requests.get(f"{login.url}/", timeout=10).text


def test_sign_out_comes_back_to_the_portal_alone(world: World, login: Login) -> None:
    browser, _ = signed_in(login)
    target = browser.post("/staff/sign-out/").context["target_url"]
    answer = requests.get(target, timeout=10, allow_redirects=False)
    assert answer.headers["Location"] == f"{login.portal}/staff/sign-in/?state=signed-out"
    other = target.replace(urllib.parse.quote("/staff/sign-in/", safe=""), "%2Fx")
    assert requests.get(other, timeout=10, allow_redirects=False).status_code == 200


def test_page_of_staff_has_the_shared_colours(process: Login, page: sync_api.Page) -> None:
    page.goto(process.url)
    sync_api.expect(page.locator("body")).to_have_css("background-color", "rgb(243, 243, 242)")
