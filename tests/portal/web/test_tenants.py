"""Pages answer for another organization's data as for an id that does not exist.

Generated: every address with an id or a key in it, by every method, with another tenant's in its place.
"""

import re
import uuid

import pytest
from django.urls import reverse

from delegation.absence_claims import commands as absence_claims
from delegation.handovers import commands as handovers
from tests.fixtures import duties, reviews, service_users, signed_in, url_map
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.url_map import Address
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)
IDS = {"membership", "act", "invitation", "claim", "exception", "handover", "program", "review"}
NOT_OURS = {"application", "key", "pk", "token", "uidb36"}
"""What names nothing of an organization: a service of everybody's, a secret, a factor of one's own."""
METHODS = ("get", "post", "put", "delete")


def inside() -> list[Address]:
    return [address for address in url_map.addresses() if "organization" in address.arguments]


def plain(response: signed_in.Answer) -> tuple[int, str]:
    """Status and page, without what differs from request to request."""
    page = response.content.decode().replace(response["X-Request-ID"], "")
    for varying in (r'name="csrfmiddlewaretoken"\s+value="[^"]+"', r'name="next"\s+value="[^"]*"'):
        page = re.sub(varying, "", page)
    return response.status_code, re.sub(r"\d{1,2}:\d\d[^<]*", "", page)


def answers(browser: BrowserClient, path: str) -> dict[str, tuple[int, str]]:
    form = {"do": "preview", "reason": "left", "tier": "viewer", "where": "all", "session": "all"}
    return {method: plain(getattr(browser, method)(path, form)) for method in METHODS}


def path(address: Address, organization: str, **ids: object) -> str:
    known = {"organization": organization, "application": "ordering", **ids}
    return reverse(address.name, kwargs={name: known[name] for name in address.arguments})


def test_every_path_argument_is_listed() -> None:
    named = {one for address in url_map.addresses() for one in address.arguments}
    assert named == IDS | NOT_OURS | {"organization"}


def test_id_of_another_organization_answers_like_a_random_id(world: World) -> None:
    removed = world.remove(world.stina, by=world.tiina)
    browser = signed_in.browser(world.aino)
    invitation, _ = world.invite(world.pohjola, "new@pohjola.example", world.access("viewer"))
    claim = absence_claims.claim(actor=actor_of(world.mikko_at_pohjola), admin=world.tiina, reason="unsure")
    handover = handovers.open_handover(
        actor=actor_of(world.tiina), giver=world.tiina, successor=world.mikko_at_pohjola
    )
    review = reviews.started(world, organization=world.pohjola, reviewer=world.tiina)
    theirs = {
        "membership": world.tiina.id,
        "act": removed.act,
        "invitation": invitation.id,
        "claim": claim.result.claim,
        "exception": duties.requested(world.mikko_at_pohjola, by=world.tiina).id,
        "handover": handover.result.handover,
        "program": service_users.create(world.tiina).service_user,
        "review": review.id,
    }
    tried = 0
    for address in inside():
        for name in IDS.intersection(address.arguments):
            foreign = answers(browser, path(address, "koskela", **{name: theirs[name]}))
            random = answers(browser, path(address, "koskela", **{name: uuid.uuid4()}))
            assert foreign == random, address.name
            assert {status for status, _ in foreign.values()} <= {404, 405}, address.name
            assert foreign["get"][0] == 404
            tried += 1
    assert tried >= 5


def test_page_of_another_organization_answers_like_an_unknown_one(world: World) -> None:
    browser = signed_in.browser(world.aino)
    ids = {"membership": world.tiina.id, **{name: uuid.uuid4() for name in IDS - {"membership"}}}
    for address in inside():
        foreign = answers(browser, path(address, "pohjola", **ids))
        random = answers(browser, path(address, "nowhere", **ids))
        assert foreign == random, address.name
        assert {status for status, _ in foreign.values()} <= {404, 405}, address.name


def test_member_outside_the_reader_s_sites_answers_like_a_random_id(world: World) -> None:
    """Sami manages Oulu only, so Mikko of Tampere is hidden from Sami."""
    browser = signed_in.browser(world.sami)
    for address in inside():
        if "membership" in address.arguments:
            hidden = answers(browser, path(address, "koskela", membership=world.mikko.id))
            random = answers(browser, path(address, "koskela", membership=uuid.uuid4()))
            assert hidden == random, address.name


def test_foreign_id_in_a_form_is_not_found(world: World) -> None:
    invitation, _ = world.invite(world.pohjola, "new@pohjola.example", world.access("viewer"))
    browser = signed_in.browser(world.aino)
    for one in (invitation.id, uuid.uuid4()):
        for command in ("resend", "renew", "cancel"):
            form = {"do": f"{command}:{one}"}
            assert browser.post("/o/koskela/people/invitations", form).status_code == 404
    for one in (world.stina.id, uuid.uuid4()):
        asked = {"m": [str(world.mikko.id), str(one)], "reason": "left"}
        assert browser.post("/o/koskela/people/remove", asked).status_code == 404
    invitation.refresh_from_db()
    assert invitation.cancelled_at is None


@pytest.mark.parametrize("who", ["nobody", "a password only"])
def test_page_of_an_organization_without_a_strong_session_requires_sign_in(world: World, who: str) -> None:
    browser = BrowserClient() if who == "nobody" else signed_in.browser(world.aino, strong=False)
    ids = {"membership": world.mikko.id, **{name: uuid.uuid4() for name in IDS - {"membership"}}}
    for address in inside():
        where = path(address, "koskela", **ids)
        shown = browser.get(where)
        assert (shown.status_code, shown["Location"].startswith("/account/")) == (302, True), address.name
        assert browser.post(where, {"reason": "left"}).status_code == 419, address.name
