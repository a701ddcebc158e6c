"""Clients of PyPI sign in, refresh, sign out and renew silently: `docs/conformance.md` has the table."""

import concurrent.futures
import functools
import http.server
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests_oauthlib
from authlib.integrations.requests_client import OAuth2Session
from playwright import sync_api

from tests.fixtures import interoperation, relying_parties
from tests.fixtures.peer_portal import KEY, PeerPortal, choose, document
from tests.fixtures.relying_parties import RelyingParty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
VERIFIER = "v" * 48


def lines(refresh: Callable[[int], dict[str, Any]]) -> set[str]:
    """Refresh eight times at once; return the new refresh tokens."""
    with concurrent.futures.ThreadPoolExecutor(8) as workers:
        return {answer["refresh_token"] for answer in workers.map(refresh, range(8))}


def organization_of(tokens: dict[str, Any]) -> str:
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    return str(claims["organization"]["key"])


@pytest.fixture
def callback(portal: PeerPortal) -> Iterator[str]:
    """Answer at the service's address: the library reads the address of the browser alone."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/nonexistent")
    with http.server.ThreadingHTTPServer(("localhost", portal.port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{portal.url}/callback"
        server.shutdown()


def test_authlib(portal: PeerPortal, callback: str, person: sync_api.Page) -> None:
    to = portal.endpoints
    secret = portal.register("authlib", redirect_uris=[callback], requires_pkce=False)

    def session(**more: Any) -> OAuth2Session:
        return OAuth2Session("authlib", secret, scope="openid profile email", redirect_uri=callback, **more)

    with interoperation.journey("Authlib") as shown:
        service = session()
        address, state = service.create_authorization_url(to["authorize"])
        person.goto(address)
        choose(person)
        person.wait_for_url(f"{callback}**")
        tokens = service.fetch_token(to["token"], authorization_response=person.url, state=state)
        assert organization_of(tokens) == KEY
        shown("sign-in")
        assert service.get(to["userinfo"]).json()["organization"]["key"] == KEY
        shown("userinfo")
        refreshed = service.refresh_token(to["token"])
        assert refreshed["refresh_token"] != tokens["refresh_token"]
        shown("refresh")
        line = lines(lambda _: session().refresh_token(to["token"], refreshed["refresh_token"]))
        assert len(line) == 1
        shown("parallel refresh")
        hint = {"prompt": "none", "id_token_hint": tokens["id_token"]}
        silent, state = service.create_authorization_url(to["authorize"], **hint)
        person.goto(silent)
        again = service.fetch_token(to["token"], authorization_response=person.url, state=state)
        assert organization_of(again) == KEY
        shown("silent renewal, two companies")


def test_requests_oauthlib(
    portal: PeerPortal, callback: str, person: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # no certificate on loopback
    to = portal.endpoints
    secret = portal.register("oauthlib", redirect_uris=[callback], requires_pkce=False)

    def session(**more: Any) -> requests_oauthlib.OAuth2Session:
        scope = ["openid", "profile", "email"]
        return requests_oauthlib.OAuth2Session("oauthlib", redirect_uri=callback, scope=scope, **more)

    with interoperation.journey("requests-oauthlib") as shown:
        service = session()
        address, _state = service.authorization_url(to["authorize"])
        person.goto(address)
        choose(person)
        person.wait_for_url(f"{callback}**")
        response = {"authorization_response": person.url, "client_secret": secret}
        tokens = service.fetch_token(to["token"], **response)
        assert organization_of(tokens) == KEY
        shown("sign-in")
        assert service.get(to["userinfo"]).json()["organization"]["key"] == KEY
        shown("userinfo")
        client = {"client_id": "oauthlib", "client_secret": secret}
        refreshed = service.refresh_token(to["token"], **client)
        assert refreshed["refresh_token"] != tokens["refresh_token"]
        shown("refresh")
        line = lines(lambda _: session(token=refreshed).refresh_token(to["token"], **client))
        assert len(line) == 1
        shown("parallel refresh")
        silent, _state = service.authorization_url(
            to["authorize"], prompt="none", id_token_hint=tokens["id_token"]
        )
        person.goto(silent)
        response = {"authorization_response": person.url, "client_secret": secret}
        assert organization_of(service.fetch_token(to["token"], **response)) == KEY
        shown("silent renewal, two companies")


@pytest.fixture
def django_service(portal: PeerPortal, tmp_path: pathlib.Path) -> Iterator[RelyingParty]:
    secret = portal.register(
        "django",
        redirect_uris=[f"{portal.url}/oidc/callback/"],
        post_logout_redirect_uris=[f"{portal.url}/bye"],
        requires_pkce=False,
    )
    running = relying_parties.django(portal.port, issuer=portal.issuer, secret=secret, folder=tmp_path)
    yield running
    running.close()


def test_mozilla_django_oidc(portal: PeerPortal, django_service: RelyingParty, person: sync_api.Page) -> None:
    with interoperation.journey("mozilla-django-oidc") as shown:
        person.goto(f"{django_service.url}/oidc/authenticate/")
        choose(person)
        person.wait_for_url(f"{django_service.url}/me")
        me = document(person)
        assert me["organization"]["key"] == KEY, django_service.log()
        shown("sign-in")
        assert me["email"] == "mikko@koskela.example"
        shown("userinfo")
        person.goto(f"{django_service.url}/me?expire")
        person.goto(f"{django_service.url}/me")
        renewed = document(person)
        assert renewed["organization"]["key"] == KEY
        assert renewed["nonce"] != me["nonce"]
        shown("silent renewal, two companies")
        person.goto(f"{django_service.url}/oidc/logout/")
        person.wait_for_url(f"{django_service.url}/bye")
        person.goto(portal.issuer)
        assert "/account/login/" in person.url
        shown("RP-initiated logout")
