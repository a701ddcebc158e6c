"""Each endpoint of the provider takes the listed number of statements."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.clients.models import Client as Registered
from portal.oidc import device_grants, metadata
from tests.fixtures import oidc_browser, service_users, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
RESOURCE = "https://orders.example.test"
COUNTS = {
    "pushed request": 4,
    "pushed authorization request": 18,
    "authorization request": 13,
    "code": 3,
    "refresh token": 3,
    "refresh token of a resource": 3,
    "client credentials": 1,
    "client credentials of a service user": 5,
    "device authorization": 5,
    "device code, pending": 6,
    "device code": 9,
    "userinfo": 2,
    "userinfo of an unknown token": 0,
    "introspection": 2,
    "introspection of an unknown token": 1,
    "revocation": 2,
    "discovery": 0,
    "keys": 0,
}


def test_each_endpoint_takes_the_listed_number_of_statements(world: World) -> None:
    with worlds.bypassing_commands():
        row = Registered.objects.select_related("protocol").get(pk="ordering")
        row.protocol.grant_types += f"\nclient_credentials\n{device_grants.GRANT_TYPE}"
        row.protocol.save()
        row.resources = RESOURCE
        row.save()
    found: dict[str, int] = {}

    def count(name: str, request: Callable[[], Any], status: int = 200) -> Any:
        with CaptureQueriesContext(connection) as captured:
            answer = request()
        assert answer.status_code == status, (name, answer.content)
        found[name] = len(captured)
        return answer

    basic, browser = oidc_browser.basic(world), signed_in.browser(world.olli)
    oidc_browser.code(browser)  # the browser has used this service before

    def post(address: str, **body: str) -> Callable[[], Any]:
        return lambda: oidc_browser.post(address, body, basic)

    def token(grant_type: str, **body: str) -> Callable[[], Any]:
        return post(metadata.TOKEN, grant_type=grant_type, **body)

    pushed = count("pushed request", post(metadata.PAR, **oidc_browser.AUTHORIZATION_REQUEST), 201).json()
    named = {"client_id": "ordering", "request_uri": pushed["request_uri"]}
    count("pushed authorization request", lambda: browser.get(metadata.AUTHORIZE, named), 302)
    asked = count("authorization request", lambda: oidc_browser.authorize(browser), 302)
    code = oidc_browser.response_parameters(asked)["code"]
    issued = count("code", post(metadata.TOKEN, **oidc_browser.redeem_body(code))).json()
    again = count("refresh token", token("refresh_token", refresh_token=issued["refresh_token"])).json()
    signed = oidc_browser.tokens(world, world.olli, resource=RESOURCE)["refresh_token"]
    count("refresh token of a resource", token("refresh_token", refresh_token=signed))
    count("client credentials", token("client_credentials"))
    made = service_users.create(world.aino)
    own = {"client_id": str(made.service_user), "client_secret": made.secret}
    program = {"grant_type": "client_credentials", **own}
    count("client credentials of a service user", lambda: oidc_browser.post(metadata.TOKEN, program))
    started = count("device authorization", post(metadata.DEVICE_AUTHORIZATION, scope="openid")).json()
    polled = token(device_grants.GRANT_TYPE, device_code=started["device_code"])
    count("device code, pending", polled, 400)
    agreed = {"user_code": started["user_code"], "organization": "koskela"}
    browser.post(f"{metadata.DEVICE}/answer", agreed)
    move_clock(6)
    count("device code", polled)
    access = again["access_token"]
    count("userinfo", lambda: oidc_browser.userinfo(access))
    count("userinfo of an unknown token", lambda: oidc_browser.userinfo("kha_x"), 401)
    count("introspection", post(metadata.INTROSPECT, token=access))
    count("introspection of an unknown token", post(metadata.INTROSPECT, token="kha_x"))
    count("revocation", post(metadata.REVOKE, token=access))
    count("discovery", lambda: browser.get(metadata.DISCOVERY))
    count("keys", lambda: browser.get(metadata.JWKS))
    assert list(found.items()) == list(COUNTS.items())
