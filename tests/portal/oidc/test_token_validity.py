"""What a service hears of a token once one condition has changed, endpoint by endpoint, and once it is changed back."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from delegation.authorization.models.assignments import Assignment
from portal.oidc import metadata
from tests.fixtures import grant_conditions, oidc_browser, signed_in
from tests.fixtures.grant_conditions import Change
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES: dict[str, Change] = grant_conditions.SHARED | {
    "family ended": lambda w: grant_conditions.changed(
        grant_conditions.family(w), ended_at=grant_conditions.family(w).get().issued_at
    ),
    "family expired": lambda w: grant_conditions.changed(
        grant_conditions.family(w), expires_at=grant_conditions.family(w).get().issued_at
    ),
    "no right in the application": lambda w: grant_conditions.changed(
        Assignment.objects.filter(membership=w.mikko.id),
        valid_until=grant_conditions.sign_in(w).get().started_at,
    ),
}
UNKNOWN_CLIENT = {"client not active", "application not active"}
"""There the service itself is not known any more."""


def _refresh(world: World, body: Mapping[str, Any]) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    return oidc_browser.post(metadata.TOKEN, form, oidc_browser.basic(world))


def _introspected(world: World, token: str) -> Any:
    return oidc_browser.post(metadata.INTROSPECT, {"token": token}, oidc_browser.basic(world))


def heard(world: World, body: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Give status and answer of each endpoint that does not use the token up."""
    calls: dict[str, Callable[[], Any]] = {
        "userinfo": lambda: oidc_browser.userinfo(body["access_token"]),
        "introspected access token": lambda: _introspected(world, body["access_token"]),
        "introspected refresh token": lambda: _introspected(world, body["refresh_token"]),
    }
    return {name: _said(call()) for name, call in calls.items()}


def _said(response: Any) -> tuple[int, str]:
    """The error, or whether it is active, or the person."""
    found = response.json() if response.content else {}
    bearer = response.headers.get("WWW-Authenticate", "").partition('error="')[2].partition('"')[0]
    known = found.get("error") or bearer or found.get("active", "sub" in found)
    return response.status_code, str(known)


VALID = {
    "userinfo": (200, "True"),
    "introspected access token": (200, "True"),
    "introspected refresh token": (200, "True"),
}
INACTIVE = {
    "userinfo": (401, "invalid_token"),
    "introspected access token": (200, "False"),
    "introspected refresh token": (200, "False"),
}
REFUSED = dict.fromkeys(VALID, (401, "invalid_client")) | {"userinfo": (401, "invalid_token")}


@pytest.mark.parametrize("condition", CHANGES)
def test_tokens_with_one_condition_changed_are_not_valid_at_any_endpoint(
    world: World, condition: str
) -> None:
    browser = signed_in.browser(world.mikko)
    body = oidc_browser.redeem(world, oidc_browser.code(browser, organization="koskela")).json()
    code = oidc_browser.code(browser, organization="koskela")
    other = oidc_browser.tokens(world, world.stina)
    without_right = condition == "no right in the application"
    assert heard(world, body) == VALID
    with CHANGES[condition](world):
        assert heard(world, body) == (REFUSED if condition in UNKNOWN_CLIENT else INACTIVE)
        refused = (401, "invalid_client") if condition in UNKNOWN_CLIENT else (400, "invalid_grant")
        if not without_right:
            assert _said(_refresh(world, body)) == refused
        if not condition.startswith("family") and not without_right:
            assert _said(oidc_browser.redeem(world, code)) == refused
        if condition not in UNKNOWN_CLIENT and not condition.startswith("client"):
            assert heard(world, other) == VALID
    assert heard(world, body) == VALID
    assert _refresh(world, body).status_code == 200
    assert oidc_browser.redeem(world, code).status_code == 200


def test_inactive_token_response_has_no_other_field(world: World) -> None:
    body = oidc_browser.tokens(world, world.mikko, organization="koskela")
    with grant_conditions.SHARED["membership epoch higher"](world):
        assert _introspected(world, body["access_token"]).json() == {"active": False}
        assert _introspected(world, body["refresh_token"]).json() == {"active": False}
    assert _introspected(world, "kha_unknown").json() == {"active": False}


def test_token_introspected_by_another_application_is_inactive(world: World) -> None:
    body = oidc_browser.tokens(world, world.mikko, organization="koskela")
    for token in (body["access_token"], body["refresh_token"]):
        answer = oidc_browser.post(metadata.INTROSPECT, {"token": token}, oidc_browser.basic(world, "crm"))
        assert answer.json() == {"active": False}
        assert _introspected(world, token).json()["active"] is True


def test_code_that_is_refused_for_a_condition_is_no_replay(world: World) -> None:
    """A refused code has not been used: redeeming it afterwards ends nothing."""
    code = oidc_browser.code(signed_in.browser(world.mikko), organization="koskela")
    with grant_conditions.SHARED["membership suspended"](world):
        assert oidc_browser.redeem(world, code).status_code == 400
    body = oidc_browser.redeem(world, code).json()
    assert heard(world, body) == VALID
    assert oidc_browser.redeem(world, code).status_code == 400
    assert heard(world, body) == INACTIVE
