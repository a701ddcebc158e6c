"""Staff sign-in against npm's oidc-provider: the right one, and responses that belong to another request."""

import re
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from django.test import override_settings

from portal.signin.staff import provider
from provisioning.http.pool import Pool
from tests.fixtures import staff_provider
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.node_provider import Peer
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
HOME, START, LOGOUT = "/staff/", "/staff/sign-in/start", "/staff/backchannel-logout"


@pytest.fixture
def op(peer: Peer) -> Iterator[Peer]:
    """The provider, and the portal configured for it."""
    provider._of.cache_clear()
    hosts = [peer.url.removeprefix("http://")]
    setting = staff_provider.setting_of(peer.url)
    with override_settings(STAFF_SIGN_IN=setting, ALLOWED_INTERNAL_HOSTS=hosts, ISSUER=peer.receiver.url):
        yield peer
        close_connections()
    provider._of.cache_clear()


def close_connections() -> None:
    pool = provider.current()._transport
    assert isinstance(pool, Pool)
    pool.close()


class Visitor:
    """A browser: `portal` speaks to the portal, `outside` to the provider."""

    def __init__(self, op: Peer) -> None:
        self.op = op
        self.portal, self.outside = BrowserClient(), requests.Session()

    def sign_in(self, *, who: str = "staff-1", **changed: str) -> Any:
        """Leave for the provider with changed parameters, and follow its redirects back to the portal."""
        address = urllib.parse.urlsplit(self.portal.get(START)["Location"])
        asked = {**dict(urllib.parse.parse_qsl(address.query)), "login_hint": who, **changed}
        location = f"{self.op.url}{address.path}?{urllib.parse.urlencode(asked)}"
        while not location.startswith(self.op.receiver.url):
            answer = self.outside.get(location, timeout=10, allow_redirects=False)
            assert answer.is_redirect, answer.text
            location = urllib.parse.urljoin(location, answer.headers["Location"])
        return self.portal.get(location.removeprefix(self.op.receiver.url))

    def is_staff(self) -> bool:
        return bool(self.portal.get(HOME).status_code == 200)

    def close(self) -> None:
        self.outside.close()


@pytest.fixture
def visitor(op: Peer) -> Iterator[Visitor]:
    someone = Visitor(op)
    yield someone
    someone.close()


def roles(visitor: Visitor) -> dict[str, bool]:
    return {role.name: not role.missing for role in visitor.portal.get(HOME).context["sign_in"].roles}


def test_staff_member_signs_in(world: World, visitor: Visitor) -> None:
    assert visitor.sign_in().status_code == 302
    assert roles(visitor) == {"Support": True, "Owner": False}
    assert visitor.portal.get(HOME).context["staff"].name == "Sam Salonen"


def test_second_factor_of_the_provider_puts_the_stronger_role_in_force(
    world: World, visitor: Visitor
) -> None:
    visitor.sign_in(who="staff-1+mfa")
    assert roles(visitor) == {"Support": True, "Owner": True}


def test_member_without_a_mapped_group_is_refused(world: World, visitor: Visitor) -> None:
    assert (visitor.sign_in(who="staff-2").status_code, visitor.is_staff()) == (403, False)


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"nonce": "another"}, 403), ({"state": "another"}, 400), ({"code_challenge": "A" * 43}, 403)],
    ids=repr,
)
def test_response_to_another_request_opens_no_session(
    world: World, visitor: Visitor, changed: dict[str, str], status: int
) -> None:
    assert (visitor.sign_in(**changed).status_code, visitor.is_staff()) == (status, False)


def test_token_in_another_algorithm_than_the_configured_one_is_refused(
    world: World, op: Peer, visitor: Visitor
) -> None:
    setting = staff_provider.setting_of(op.url, algorithm="ES256")
    with override_settings(STAFF_SIGN_IN=setting):
        assert (visitor.sign_in().status_code, visitor.is_staff()) == (403, False)
        close_connections()


def test_response_is_used_once(world: World, visitor: Visitor) -> None:
    answer = visitor.sign_in()
    again = visitor.portal.get(answer.wsgi_request.get_full_path())
    assert (answer.status_code, again.status_code) == (302, 400)


def test_sign_out_at_the_provider_sends_a_logout_token_that_ends_every_session(
    world: World, op: Peer, visitor: Visitor
) -> None:
    visitor.sign_in()
    second = BrowserClient()
    former, visitor.portal = visitor.portal, second
    visitor.sign_in()  # in the same session of the provider
    page = visitor.outside.get(former.post("/staff/sign-out/").context["target_url"], timeout=10)
    xsrf = re.search(r'name="xsrf" value="([^"]+)"', page.text)
    assert xsrf is not None
    form = {"xsrf": xsrf[1], "logout": "yes"}
    answer = visitor.outside.post(
        f"{op.url}/session/end/confirm", data=form, timeout=10, allow_redirects=False
    )
    assert answer.headers["Location"] == f"{op.receiver.url}/staff/sign-in/?state=signed-out"
    assert visitor.is_staff()
    token = op.receiver.tokens[-1]
    assert BrowserClient().post(LOGOUT, {"logout_token": token}).status_code == 200
    assert not visitor.is_staff()
    assert BrowserClient().post(LOGOUT, {"logout_token": token}).status_code == 400
