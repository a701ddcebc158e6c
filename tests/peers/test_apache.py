"""Apache's mod_auth_openidc signs people in, refreshes and signs out: `docs/conformance.md` has the table."""

import datetime as dt
import pathlib
import tempfile
from collections.abc import Iterator

import pytest
from playwright import sync_api

from identity.grants import tokens
from tests.fixtures import browsing, interoperation, relying_parties
from tests.fixtures.peer_portal import KEY, PeerPortal, choose
from tests.fixtures.relying_parties import RelyingParty

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
REFRESH_TOKENS = """path => Promise.all(Array.from({length: 8}, () => fetch(path).then(
    answer => answer.headers.get("x-refresh-token"))))"""


@pytest.fixture
def service(portal: PeerPortal, apache: None) -> Iterator[RelyingParty]:
    own = f"{portal.url}/protected/callback"
    secret = portal.register(
        "apache",
        redirect_uris=[own],
        post_logout_redirect_uris=[f"{portal.url}/bye.html"],
        backchannel_logout_uri=f"{own}?logout=backchannel",
        requires_pkce=False,
    )
    with tempfile.TemporaryDirectory() as folder:
        running = relying_parties.apache(
            portal.port, issuer=portal.issuer, secret=secret, folder=pathlib.Path(folder)
        )
        yield running
        running.close()


def test_mod_auth_openidc(
    portal: PeerPortal, service: RelyingParty, person: sync_api.Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    protected = f"{service.url}/protected"
    callback = f"{protected}/callback"

    def headers(path: str) -> dict[str, str]:
        answer = person.goto(f"{protected}/{path}")
        assert answer is not None
        assert answer.status == 200, service.log()
        return answer.headers

    with interoperation.journey("mod_auth_openidc") as shown:
        person.goto(f"{protected}/index.html")
        choose(person)
        person.wait_for_url(f"{protected}/index.html")
        first = headers("index.html")
        assert f'"{KEY}"' in first["x-organization"]
        shown("sign-in")
        assert first["x-permissions"] != "(null)", "userinfo has them; an ID token has none"
        shown("userinfo")
        with monkeypatch.context() as nearly_over:
            nearly_over.setattr(tokens, "ACCESS_LIFETIME", dt.timedelta(seconds=40))
            person.goto(f"{callback}?refresh={protected}/index.html&access_token={first['x-access-token']}")
        second = headers("index.html")
        assert second["x-refresh-token"] != first["x-refresh-token"]
        shown("refresh")
        line = person.evaluate(REFRESH_TOKENS, "/protected/eager.html")
        assert len(set(line)) == 1, service.log()
        assert headers("index.html")["x-refresh-token"] == line[0] != second["x-refresh-token"]
        shown("parallel refresh")
        person.context.clear_cookies(name="mod_auth_openidc_session")
        assert f'"{KEY}"' in headers("silent.html")["x-organization"], "the same company, without a question"
        shown("silent renewal, two companies")
        portal.sign_out(person)
        answer = person.request.get(f"{protected}/index.html", max_redirects=0)
        assert answer.status == 302, "signed out by the back channel"
        shown("back-channel logout")
        browsing.sign_in(person, portal.issuer, portal.world.mikko)
        person.goto(f"{protected}/index.html")
        choose(person)
        person.wait_for_url(f"{protected}/index.html")
        person.goto(f"{callback}?logout={service.url}/bye.html")
        person.wait_for_url(f"{service.url}/bye.html")
        person.goto(portal.issuer)
        assert "/account/login/" in person.url
        shown("RP-initiated logout")
