"""Logout tokens: signed, per client and sign-in, told until they are understood."""

from collections.abc import Callable

import jwt
import pytest

from audit.models import Event
from identity import signing_keys
from identity.clients.models import Client
from provisioning.accounts import planner
from provisioning.delivery.engine import Engine
from provisioning.logout import delivery
from provisioning.logout.models import Logout
from tests.fixtures import fake_target as far
from tests.fixtures.deliveries import eventually, sign_in
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World, by_hand

Start = Callable[[], Engine]


@pytest.fixture
def services(world: World, shop: far.Server) -> far.Server:
    """Both applications hear of logouts at one place."""
    with by_hand():
        Client.objects.update(backchannel_logout_uri=shop.logout_uri)
    return shop


def test_every_service_hears_that_the_sign_in_has_ended(
    world: World, services: far.Server, deliverer: Start
) -> None:
    deliverer()
    row = sign_in(world.mikko)
    row.clients.add(Client.objects.get(application__key="crm"))
    stays = sign_in(world.mikko_at_pohjola)
    done = world.remove(world.mikko)
    eventually(lambda: len(services.logouts) == 2)
    published = jwt.PyJWKSet.from_json(signing_keys.jwks().decode())
    heard = set()
    for token in services.logouts:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(token, published[header["kid"]], ["RS256"], audience=["ordering", "crm"])
        assert header["typ"] == "logout+jwt"
        assert claims["events"] == {delivery.EVENT: {}}
        assert (claims["sid"], claims["sub"]) == (str(row.id), str(world.mikko.user_id))
        assert claims["exp"] - claims["iat"] == 120
        assert "nonce" not in claims
        heard.add(claims["aud"])
    assert heard == {"ordering", "crm"}
    eventually(lambda: Event.objects.filter(verb="logout.delivered", act=done.act).count() == 2)
    assert not Logout.objects.filter(sign_in=stays).exists()


def test_each_attempt_has_a_token_of_its_own(world: World, services: far.Server, deliverer: Start) -> None:
    services.be.next = [Fault(lost_reply=True), Fault(status=500)]
    deliverer()
    sign_in(world.mikko)
    world.remove(world.mikko)
    eventually(lambda: Logout.objects.filter(done_at__isnull=False).exists(), within=15)
    assert len(services.logouts) == 2
    first, second = (jwt.decode(one, options={"verify_signature": False}) for one in services.logouts)
    assert first["jti"] != second["jti"]
    assert Logout.objects.get().attempts == 2


def test_a_refused_token_is_failed_and_tried_again_later(
    world: World, services: far.Server, deliverer: Start
) -> None:
    services.be.always = Fault(status=400)
    deliverer()
    sign_in(world.mikko)
    done = world.remove(world.mikko)
    eventually(lambda: Logout.objects.filter(refused_at__isnull=False).exists())
    held = Logout.objects.get()
    assert (held.done_at, held.last_error) == (None, "refused")
    assert held.due_at is not None
    assert Event.objects.filter(verb="logout.failed", act=done.act).count() == 1


def test_a_service_without_an_address_is_not_told(world: World, deliverer: Start) -> None:
    with by_hand():
        Client.objects.update(backchannel_logout_uri="")
    sign_in(world.mikko)
    world.remove(world.mikko)
    deliverer()
    eventually(lambda: planner.behind() == [])
    assert not Logout.objects.exists()


def test_a_service_that_was_switched_off_is_no_longer_told(
    world: World, services: far.Server, deliverer: Start
) -> None:
    sign_in(world.mikko)
    world.remove(world.mikko)
    with by_hand():
        Client.objects.update(is_active=False)
    deliverer()
    eventually(lambda: Logout.objects.filter(due_at=None, done_at=None).exists())
    assert services.logouts == []
