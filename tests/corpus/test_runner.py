"""The runner judges honestly: what it cannot create or judge fails, and what a name says has happened."""

import socket
from typing import Any

import pytest
from django.http import HttpResponse

from identity.grants import tokens
from identity.grants.models import AuthorizationCode, TokenFamily
from tests.corpus import judging, outbound, placeholders, playing
from tests.corpus.cast import Cast
from tests.corpus.judging import UnknownDemand
from tests.corpus.placeholders import UnknownPlaceholder
from tests.fixtures.world import World


@pytest.mark.parametrize(
    "name",
    [
        "refresh_of_departed_member",
        "code_sideways",
        "access_expierd",
        "id_token_for_billing",
        "basic_shop_crm",
        "code_of_alice_and_bob",
        "code_newest",
        "cookie",
    ],
)
def test_placeholder_with_a_word_without_meaning_is_refused(name: str) -> None:
    with pytest.raises(UnknownPlaceholder):
        placeholders.parse(name)


@pytest.mark.parametrize("text", ["{{Code}}", "x{{deep:y}}", "{{x}}y{{", "{{ code }}"])
def test_text_with_a_placeholder_left_is_refused(text: str) -> None:
    with pytest.raises(UnknownPlaceholder):
        placeholders.fill(text, lambda name: "known" if name == "x" else "")


def test_placeholder_says_kind_client_person_and_differences() -> None:
    found = placeholders.parse("refresh_newest_after_replay")
    assert (found.kind, found.client, found.person) == ("refresh", "shop", "alice")
    assert found.differences == {"newest", "replayed"}
    assert placeholders.parse("id_token_for_crm").client == "crm"
    assert placeholders.parse("code_of_bob_without_pkce").differences == {"pkce"}
    assert placeholders.fill("{{x:3}}{{deep:2}}", str) == 'xxx{"a":{"a":1}}'


def test_line_with_a_field_that_no_check_reads_is_refused() -> None:
    with pytest.raises(UnknownDemand):
        judging.require_known({"name": "line", "check_that_nobody_wrote": True})


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "name",
    [
        "access_after_code_replay",
        "refresh_after_code_replay",
        "access_of_replayed_refresh",
        "refresh_newest_after_replay",
        "access_of_revoked_refresh",
        "access_revoked",
        "access_of_crm_revoked",
        "access_of_disabled_client",
        "access_after_logout",
        "access_of_removed_bob",
    ],
)
def test_token_after_the_change_that_its_name_states_is_invalid(world: World, name: str) -> None:
    made = Cast(world).resolved(name)
    check = tokens.check_refresh if name.startswith("refresh") else tokens.check
    assert made.startswith("kh")
    assert TokenFamily.objects.exists(), "it was issued"
    assert check(token=made) is None


@pytest.mark.django_db(transaction=True)
def test_token_with_a_name_without_differences_is_valid(world: World) -> None:
    cast = Cast(world)
    assert tokens.check(token=cast.resolved("access")) is not None
    assert tokens.check_refresh(token=cast.resolved("refresh")) is not None
    assert TokenFamily.objects.count() == 1, "both are of one grant"
    assert tokens.check(token=cast.resolved("access_of_bob")) is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["code_used", "code_replayed", "code_of_crm_used"])
def test_used_code_was_redeemed(world: World, name: str) -> None:
    Cast(world).resolved(name)
    assert AuthorizationCode.objects.get().used_at is not None


@pytest.mark.django_db(transaction=True)
def test_refused_state_is_not_demanded_back(world: World) -> None:
    cast = Cast(world)
    address = cast.address("shop")
    asked = [["client_id", "{{shop_id}}"], ["redirect_uri", address], ["response_type", "code"]]
    refusal = {"expect_status": [302], "expect_error": ["invalid_request"], "error_in": "redirect"}
    for states in (["s-1", "s-2"], ["{{x:5000}}"]):
        query = [*asked, ["scope", "openid"], *[["state", state] for state in states]]
        line: dict[str, Any] = {"method": "GET", "path": "{{authorization_endpoint}}", "headers": {}}
        line |= {"query": query, **refusal}
        response = playing.send(cast.browser("alice"), line, cast)
        assert judging.problems(line, response, cast) == []
    good = {**refusal, "query": [*asked, ["state", "s-1"]]}
    without = HttpResponse(
        status=302, headers={"Location": f"{address}?error=invalid_request&iss=http://localhost:8000"}
    )
    assert judging.problems(good, without, cast) == ["state None"]


def test_call_out_of_the_process_is_recorded_and_fails() -> None:
    with outbound.recorded() as calls, pytest.raises(OSError, match="nothing out"):
        socket.create_connection(("localhost", 9))
    assert calls == ["localhost"]
