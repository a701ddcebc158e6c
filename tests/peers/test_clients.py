"""Clients that others wrote sign in, refresh, sign out and renew silently: `docs/conformance.md` has the table.

Chromium is the browser. The clients have their default settings, but for what the table names.
"""

import json
import pathlib
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from django.conf import LazySettings
from playwright import sync_api
from pytest_django.live_server_helper import LiveServer

from audit.foundation import clock
from delegation.applications import clients
from delegation.applications.new_client import NewClient
from identity.clients.models import Application
from portal.oidc import metadata
from provisioning.accounts import planner
from provisioning.http.pool import Pool
from provisioning.logout.delivery import LogoutDeliveries
from tests.fixtures import browsing, demo_services
from tests.fixtures.deliveries import plan_all
from tests.fixtures.relying_parties import RelyingParties
from tests.fixtures.world import World

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(400),
    pytest.mark.usefixtures("node"),
]
ORGANIZATION = "Pohjolan Sähkö Oy"


class Services:
    """The services at `url`, registered with the portal at `issuer`."""

    def __init__(self, world: World, issuer: str, folder: pathlib.Path) -> None:
        self.port, self.issuer = demo_services.free_port(), issuer
        self.url = f"http://localhost:{self.port}"
        self.secrets = {name: self._register(world, name) for name in ("panva", "express", "spa", "authlib")}
        self.process = RelyingParties(
            self.port, issuer=issuer, secrets=self.secrets, log=folder / "services.log"
        )

    def _register(self, world: World, name: str) -> str:
        own = f"{self.url}/{name}"
        client = NewClient(
            client_id=name,
            name=name,
            public=name == "spa",
            redirect_uris=[f"{own}/callback", f"{own}/silent"],
            post_logout_redirect_uris=[own, f"{own}/", f"{own}/bye"],
            backchannel_logout_uri=f"{own}/{'backchannel' if name == 'panva' else 'backchannel-logout'}",
        )
        made = clients.register(
            actor=world.system, application=Application.objects.get(key="ordering"), client=client
        )
        return made.result.secret

    def log(self) -> str:
        return self.process.log.read_text("utf-8")


@pytest.fixture
def services(
    world: World, live_server: LiveServer, settings: LazySettings, tmp_path: pathlib.Path, node: None
) -> Iterator[Services]:
    settings.ISSUER = live_server.url
    running = Services(world, live_server.url, tmp_path)
    settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, f"localhost:{running.port}"]
    yield running
    running.process.close()


@pytest.fixture
def person(world: World, services: Services, page: sync_api.Page) -> sync_api.Page:
    """Mikko's browser: he acts for two companies."""
    return browsing.sign_in(page, services.issuer, world.mikko)


def choose(page: sync_api.Page) -> None:
    """Choose the second company on the portal's page."""
    page.get_by_role("button", name=ORGANIZATION).click()


def document(page: sync_api.Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.locator("body").inner_text())
    return found


def deliver_logouts() -> None:
    """Send the logout tokens that are due."""
    plan_all()
    planner.sweep(at=clock.now())
    pool = Pool()
    kind = LogoutDeliveries(pool=pool)
    for task in kind.lease(worker=1, at=clock.now(), in_flight={}) or []:
        task.run()
    pool.close()


def test_openid_client(services: Services, person: sync_api.Page) -> None:
    person.goto(f"{services.url}/panva/login")
    choose(person)
    person.wait_for_url(f"{services.url}/panva/callback**")
    claims = document(person)
    assert claims["organization"]["key"] == "pohjola"
    person.goto(f"{services.url}/panva/userinfo")
    assert document(person)["sub"] == claims["sub"]
    person.goto(f"{services.url}/panva/refresh")
    assert document(person) == {"answers": 8, "lines": 1}
    person.goto(f"{services.url}/panva/silent")
    assert document(person)["organization"]["key"] == "pohjola", "the same company, without a question"
    person.goto(f"{services.url}/panva/logout")
    assert document(person) == {"state": "left"}
    deliver_logouts()
    (received,) = requests.get(f"{services.url}/received", timeout=10).json()
    token = jwt.decode(received["token"], options={"verify_signature": False})
    assert (token["sid"], token["sub"]) == (claims["sid"], claims["sub"])


def test_express_openid_connect(services: Services, person: sync_api.Page) -> None:
    person.goto(f"{services.url}/express/login")
    choose(person)
    person.wait_for_url(f"{services.url}/express")
    person.goto(f"{services.url}/express/me")
    me = document(person)
    assert me["claims"]["organization"]["key"] == me["userinfo"]["organization"]["key"] == "pohjola"
    person.goto(f"{services.url}/express/refresh")
    assert document(person) == {"token": True}
    person.goto(f"{services.url}/express/login")
    person.wait_for_url(f"{services.url}/express")
    person.goto(f"{services.url}/express/me")
    assert document(person)["claims"]["organization"]["key"] == "pohjola", "the chooser comes once"
    person.goto(f"{services.issuer}{metadata.LOGOUT}")
    person.get_by_role("button", name="Sign out").click()
    person.wait_for_url("**/account/login/**")
    deliver_logouts()
    answer = person.goto(f"{services.url}/express/me")
    assert answer is not None
    assert answer.status == 401, "signed out by the back channel"


def test_oidc_client_ts(services: Services, person: sync_api.Page) -> None:
    person.goto(f"{services.url}/spa/")
    person.evaluate("() => { manager.signinRedirect() }")
    choose(person)
    person.wait_for_function("() => window.user || window.failure")
    assert person.evaluate("() => window.failure") is None, services.log()
    profile = person.evaluate("() => window.user.profile")
    assert profile["organization"]["key"] == "pohjola"
    assert profile["permissions"], "userinfo was read from the page's own origin"
    first = person.evaluate("() => window.user.refresh_token")
    renewed = person.evaluate("async () => (await manager.signinSilent()).refresh_token")
    assert renewed != first
    person.evaluate("() => { manager.signoutRedirect() }")
    person.wait_for_url(f"{services.url}/spa/")
    person.goto(services.issuer)
    assert "/account/login/" in person.url


def test_authlib(world: World, services: Services, person: sync_api.Page) -> None:
    own = f"{services.url}/authlib/callback"
    metadata_ = requests.get(f"{services.issuer}{metadata.DISCOVERY}", timeout=10).json()
    session = OAuth2Session(
        "authlib",
        services.secrets["authlib"],
        scope="openid profile email",
        redirect_uri=own,
        code_challenge_method="S256",
        token_endpoint=metadata_["token_endpoint"],
    )
    verifier = "v" * 48
    address, state = session.create_authorization_url(
        metadata_["authorization_endpoint"], code_verifier=verifier
    )
    person.route(f"{own}**", lambda route: route.fulfill(body="arrived"))
    person.goto(address)
    choose(person)
    person.wait_for_url(f"{own}**")
    token = session.fetch_token(authorization_response=person.url, state=state, code_verifier=verifier)
    assert session.get(metadata_["userinfo_endpoint"]).json()["organization"]["key"] == "pohjola"
    refreshed = session.refresh_token(metadata_["token_endpoint"])
    assert refreshed["refresh_token"] != token["refresh_token"]
    silent, _ = session.create_authorization_url(
        metadata_["authorization_endpoint"],
        code_verifier=verifier,
        prompt="none",
        id_token_hint=token["id_token"],
    )
    person.goto(silent)
    assert "code=" in person.url
    again = session.fetch_token(authorization_response=person.url, code_verifier=verifier)
    claims = jwt.decode(again["id_token"], options={"verify_signature": False})
    assert claims["organization"]["key"] == "pohjola"
