"""The URLs of a client: redirects, sign-in start and logout."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import LazySettings

from delegation.applications import commands as applications_commands
from delegation.applications import new_client
from delegation.authorization.errors import InvalidInput
from identity.clients.models import Client
from tests.fixtures import staff_users
from tests.fixtures.world import World

GOOD = "https://service.example.com/cb"
BAD = (
    "javascript:alert(1)",
    "service.example.com/cb",
    "https:///cb",
    "https://user@service.example.com/cb",
    "https://service.example.com\\@elsewhere.example/cb",
    "https://service.example.com/cb#fragment",
    "https://service.example.com/c b",
    "https://service.example.com:0x50/cb",
    "https://[::1/cb",
    "https://service.example.com/" + "x" * 200,
    "http://service.example.com/cb",
)


def register(world: World, **fields: Any) -> None:
    client = new_client.NewClient(**{"client_id": "s", "name": "S", "redirect_uris": [GOOD], **fields})
    applications_commands.register_application(
        actor=world.system, key="s", name={"en": "S"}, unit="kivisalo", client=client
    )


def refusals(world: World, fields: Mapping[str, Any]) -> list[str]:
    found = []
    for field, value in fields.items():
        with pytest.raises(InvalidInput) as refused:
            register(world, **{field: value})
        found.append(refused.value.data["field"])
    return found


def test_every_url_of_a_client_is_checked(world: World) -> None:
    for bad in BAD:
        fields = {
            "redirect_uris": [GOOD, bad],
            "post_logout_redirect_uris": [bad],
            "initiate_login_uri": bad,
            "backchannel_logout_uri": bad,
        }
        named = ["redirect_uri", "post_logout_redirect_uri", "initiate_login_uri", "backchannel_logout_uri"]
        assert refusals(world, fields) == named, bad
    register(world, initiate_login_uri=GOOD, backchannel_logout_uri=GOOD, post_logout_redirect_uris=[GOOD])


def test_native_program_may_have_loopback_and_private_addresses_and_no_half_way_one(world: World) -> None:
    good = [
        *("http://127.0.0.1/cb", "http://[::1]:8123/cb", "com.example.app:/cb", "com.example.app:/", GOOD),
    ]
    register(world, public=True, native=True, redirect_uris=good, post_logout_redirect_uris=good)
    assert Client.objects.get(protocol="s").is_native
    bad = (
        *("http://localhost/cb", "http://192.0.2.1/cb", "http://127.0.0.1", "http://127.0.0.1/cb#x"),
        *(
            "http://u@127.0.0.1/cb",
            "app:/cb",
            "com.example.app://cb",
            "com.example.app:cb",
            "javascript:alert(1)",
        ),
        *("com.example.app:/c b", "http://127.0.0.1:x/cb", "http://service.example.com/cb"),
    )
    for address in bad:
        with pytest.raises(InvalidInput) as refused:
            register(world, public=True, native=True, redirect_uris=[address])
        assert refused.value.data["field"] == "redirect_uri", address
    assert refusals(world, {"redirect_uris": ["com.example.app:/cb"]}) == ["redirect_uri"]
    with pytest.raises(InvalidInput):
        register(world, native=True)


def test_settings_that_do_not_go_together_are_refused(world: World) -> None:
    keys = "https://service.example.com/keys"
    cases: list[tuple[str, dict[str, Any]]] = [
        ("jwks_uri", {"public": True, "jwks_uri": keys}),
        ("jwks_uri", {"jwks_uri": "http://service.example.com/keys"}),
        ("program", {"public": True, "program": True}),
        ("resources", {"program": True}),
        ("resources", {"resources": ["urn:orders"]}),
        ("token_algorithm", {"token_algorithm": "HS256"}),
    ]
    for field, settings in cases:
        with pytest.raises(InvalidInput) as refused:
            register(world, **settings)
        assert refused.value.data["field"] == field, settings
    owner = staff_users.enrolled().pk
    register(world, jwks_uri=keys, program=True, resources=["https://orders.example.com"], owner=owner)
    row = Client.objects.select_related("protocol").get(protocol="s")
    assert (row.secret_made_at, row.protocol.secret, row.protocol.type) == (None, "", "confidential")


def test_public_client_without_pkce_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        register(world, public=True, requires_pkce=False)
    assert refused.value.data["field"] == "requires_pkce"
    register(world, requires_pkce=False)
    assert not Client.objects.get(protocol="s").requires_pkce


def test_loopback_in_production_is_allowed_only_by_the_operator(world: World, settings: LazySettings) -> None:
    here = "http://localhost:8001/cb"
    settings.KEYHOLDER_ENV = "production"
    assert refusals(world, {"redirect_uris": [here], "backchannel_logout_uri": here}) == [
        "redirect_uri",
        "backchannel_logout_uri",
    ]
    settings.ALLOWED_INTERNAL_HOSTS = ["localhost:8001"]
    register(world, redirect_uris=[here], backchannel_logout_uri=here)


@pytest.mark.parametrize("text", ["", " ", "x" * 201])
def test_name_of_an_application_is_checked_in_every_language(world: World, text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        applications_commands.register_application(
            actor=world.system, key="s", name={"en": "Service", "fi": text}, unit="kivisalo"
        )
    assert refused.value.data["field"] == "name"
