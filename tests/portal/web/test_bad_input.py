"""Bad input at every address and in every field names the field, keeps the input and changes nothing.

The cases are generated. Each field gets two of six kinds of bad input here; `test_malformed_fields` tries three.
"""

from collections.abc import Mapping

import pytest
from django.core.cache import cache

from tests.fixtures import bad_input, url_map
from tests.fixtures.url_map import Address, PortalWithData
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

PARTS = 2
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "oidc_oauth_token": (
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret",
    ),
    "oidc_oauth_introspect": ("token", "token_type_hint", "client_id", "client_secret"),
    "oidc_oauth_revoke": ("token", "token_type_hint", "client_id", "client_secret"),
    "oidc_oauth_device_authorization": ("client_id", "client_secret", "scope"),
    "oidc_oauth_par": ("client_id", "client_secret", "redirect_uri", "state", "client_assertion", "request_uri"),
    "oidc_oauth_userinfo": ("access_token",),
}  # fmt: skip
# Forms that only some people meet, sent without their page.
UNSEEN: Mapping[str, tuple[str, ...]] = {
    "domain_withdraw": ("domain", "idempotency_key"),
    "look_stop": ("idempotency_key",),
    "person_last_day_cancel": ("idempotency_key",),
    "person_resync": ("idempotency_key",),
    "removal_resync": ("idempotency_key",),
    "oidc_consent": ("request", "action", "organization", "state"),
    "oidc_device_answer": ("user_code", "organization", "refuse"),
    "oidc_authorize": ("client_id", "redirect_uri", "scope", "state", "organization"),
    "oidc_logout": ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"),
    "mfa_reauthenticate_webauthn": ("credential",),
    "mfa_login_webauthn": ("credential",),
    "mfa_edit_webauthn": ("name",),
    "mfa_remove_webauthn": ("x",),
    "account_set_password": ("password1", "password2"),
    "mfa_deactivate_totp": ("x",),
    "mfa_generate_recovery_codes": ("x",),
    "invitation_sign_out": ("x",),
    "my_sessions": ("session",),
}
SAFE_TO_POST = {
    "account_logout",
    "invitation_sign_out",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
    "mfa_remove_webauthn",
    "oidc_logout_confirm",
}
"""Forms without a field, or with those of another address: they cannot be filled with bad input."""


def part(number: int) -> list[Address]:
    return url_map.addresses()[number::PARTS]


@pytest.fixture
def portal(world: World) -> PortalWithData:
    return PortalWithData(world)


def test_every_address_has_a_test_case() -> None:
    names = [address.name for address in url_map.addresses()]
    assert len(names) == len(set(names))
    assert set(names) == set(url_map.VISITS)


@pytest.mark.parametrize("number", range(PARTS))
def test_every_form_field_with_bad_input_causes_no_error(portal: PortalWithData, number: int) -> None:
    assert "\n".join(bad_input.wrong_forms(portal, part(number), bad_input.some_kinds)) == ""


@pytest.mark.parametrize("number", range(PARTS))
def test_every_query_and_path_with_bad_input_causes_no_error(portal: PortalWithData, number: int) -> None:
    """Every parameter that the address's own forms and links name is tried, and every part of its path."""
    assert "\n".join(bad_input.wrong_addresses(portal, part(number), bad_input.some_kinds)) == ""


def test_machine_endpoint_with_bad_input_answers_4xx(portal: PortalWithData) -> None:
    """Programs get an error of the protocol and never a server error."""
    before, found = bad_input.snapshot(), []
    for route, names in PROGRAMS.items():
        place = portal.place(next(one for one in url_map.addresses() if one.name == route))
        for name in names:
            for kind, value in bad_input.kinds(portal).items():
                values = {"grant_type": "authorization_code", "client_id": "ordering", "client_secret": "x"}
                values = {**values, name: value} if value is not None else values
                status = place.browser.post(place.path, values).status_code
                if not 400 <= status < 500:
                    found.append(f"{route}: {name}, {kind}: {status}")
    assert "\n".join(found) == ""
    assert "\n".join(bad_input.changed(before)) == ""


def test_form_shown_to_some_people_with_bad_input_causes_no_error(portal: PortalWithData) -> None:
    before, found = bad_input.snapshot(), []
    for route, names in UNSEEN.items():
        place = portal.place(next(one for one in url_map.addresses() if one.name == route))
        for name in names if route not in SAFE_TO_POST else ():
            for kind, value in bad_input.kinds(portal).items():
                cache.clear()
                status = place.browser.post(place.path, {} if value is None else {name: value}).status_code
                if status >= 500:
                    found.append(f"{route}: {name}, {kind}: {status}")
    assert "\n".join(found) == ""
    assert "\n".join(bad_input.changed(before)) == ""


def test_every_address_that_accepts_post_is_covered(portal: PortalWithData) -> None:
    """Every address that accepts a POST is tried above: by a page's form, as a program's, or by name."""
    reached = {*PROGRAMS, *UNSEEN}
    taking = set()
    for address in url_map.addresses():
        place = portal.place(address)
        reached |= {
            bad_input.route_of(form.action) for form in bad_input.forms_of(place) if form.method == "post"
        }
    for address in url_map.addresses():
        place = portal.place(address)
        if address.name not in SAFE_TO_POST and place.browser.post(place.path, {"x": "y"}).status_code != 405:
            taking.add(address.name)
    assert taking - reached == set()
