"""Bad input at every address and in every field names the field, keeps the input and changes nothing.

The cases are generated: addresses from the URL map, forms and fields from the pages they answer with.
"""

import html
from collections.abc import Iterator, Mapping
from urllib.parse import quote, urlencode

import pytest
from django.core.cache import cache
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import connection
from django.forms import BaseForm
from django.urls import Resolver404, resolve

from audit.foundation import clock
from tests.fixtures import form_discovery, library_words, signed_in, url_map
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.form_discovery import Field, Form
from tests.fixtures.url_map import Address, PortalWithData, Visit
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

PARTS = 4
GIVEN = ("identity_authorizationcode", "identity_lastsignin", "identity_signin", "identity_signin_clients")
"""Tables that a valid authorization request writes to."""
BESIDE = {
    "audit_inbox",
    "audit_leaf",
    "audit_person_key",
    "audit_refusal",
    "identity_session",
    "portal_cache",
}
MISSING, TOO_LONG, WRONG_TYPE, FOREIGN, NUL, CONTROL = (
    "missing", "too long", "wrong type", "foreign id", "U+0000", "control character",
)  # fmt: skip

# What a form is filled with, by the name of the field; a field of an unknown name fails the test.
GOOD = {
    "code": "123456",
    "email": "somebody@koskela.example",
    "limit_approver": "1 000",
    "limit_orderer": "1 000",
    "login": "aino@koskela.example",
    "name": "Somebody New",
    "note": "A note",
    "oldpassword": "not the password",
    "password": "not the password at all 7",
    "password1": "not the password at all 7",
    "password2": "not the password at all 7",
    "phone": "+358 40 123 4567",
    "q": "aino",
    "reason": "Because",
    "until": f"24.12.{clock.wall().year + 2}",
}
# The first that is not the field under test makes sure that a form is refused whatever else is in it.
POISON = {
    "email": "nope",
    "until": "31.2.2030",
    "where": "nonsense",
    "reason": "nonsense",
    "password2": "another",
    "oldpassword": "nope",
    "code": "nope",
    "login": "nope@nowhere.example",
    "password": "short",
    "phone": "nope",
}
TYPED = {"email", "until", "limit_orderer", "limit_approver", "code", "phone"}
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "oidc_oauth_token": (
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret",
    ),
    "oidc_oauth_introspect": ("token", "token_type_hint", "client_id", "client_secret"),
    "oidc_oauth_revoke": ("token", "token_type_hint", "client_id", "client_secret"),
    "oidc_oauth_userinfo": ("access_token",),
}  # fmt: skip
# Forms that only some people meet, sent without their page.
UNSEEN: Mapping[str, tuple[str, ...]] = {
    "person_resync": ("idempotency_key",),
    "removal_resync": ("idempotency_key",),
    "oidc_consent": ("request", "action", "organization", "state"),
    "oidc_authorize": ("client_id", "redirect_uri", "scope", "state", "organization"),
    "oidc_logout": ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"),
    "oidc_logout_confirm": ("id_token_hint", "client_id", "post_logout_redirect_uri", "state"),
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
}
"""Forms without a field: they cannot be filled with bad input."""


def kinds(portal: PortalWithData) -> dict[str, str | None]:
    return {
        MISSING: None,
        TOO_LONG: "x" * 10_000,
        WRONG_TYPE: "☃ nonsense",
        FOREIGN: str(portal.world.stina.id),
        NUL: "a\0b",
        CONTROL: "a\x1bb",
    }


def snapshot() -> dict[str, str]:
    """Hash the rows of every table that a command changes; not of sessions, caches, refusals and observations."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace ORDER BY relname"
        )
        names = [row[0] for row in cursor.fetchall() if row[0] not in BESIDE]
        parts = [
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM \"{name}\" t"
            + (" WHERE outcome = 'done'" if name == "audit_event" else "")
            for name in names
        ]
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def changed(before: dict[str, str], *besides: str) -> list[str]:
    """Name the tables that have changed since."""
    now = snapshot()
    return [f"{name} was changed" for name in now if now[name] != before[name] and name not in besides]


def part(number: int) -> list[Address]:
    return url_map.addresses()[number::PARTS]


def opened(place: Visit) -> signed_in.Answer:
    """Open the page, also behind a redirect to the portal."""
    response = place.browser.get(place.path)
    while response.status_code == 302 and response["Location"].startswith("/"):
        response = place.browser.get(response["Location"])
    assert response.status_code < 500, place.path
    return response


def forms_of(place: Visit) -> Iterator[Form]:
    response = opened(place)
    path = response.request["PATH_INFO"] + (
        f"?{query}" if (query := response.request["QUERY_STRING"]) else ""
    )
    if response.headers.get("Content-Type", "").startswith("text/html"):
        yield from form_discovery.forms(response.content.decode(), path)


def route_of(action: str) -> str:
    try:
        return resolve(action.partition("?")[0]).url_name or ""
    except Resolver404:
        return ""


def filled(form: Form) -> dict[str, object]:
    values: dict[str, object] = {}
    for one in form.fields.values():
        if one.is_text:
            values[one.name] = one.value or GOOD[one.name]
        elif one.kind in {"radio", "select", "checkbox"} and one.of_django:
            values[one.name] = one.value or next(option for option in one.options if option)
        elif one.kind == "hidden":
            values[one.name] = one.value
    return values


def poisoned(form: Form, tested: Field) -> tuple[dict[str, object], bool]:
    """Filled, with one other field that cannot be right, where there is one.

    A form of buttons alone gets a button that is not there.
    """
    values = filled(form)
    if tested.name.startswith("limit_"):
        values["tier"] = tested.name.removeprefix("limit_")
    if tested.name == "sites":
        values["where"] = "some"
    other = next((name for name in POISON if name != tested.name and _poisons(form, name)), None)
    if other is not None:
        values[other] = POISON[other]
    elif not form.visible:
        values |= {one.name: "nonsense" for one in form.fields.values() if one.kind == "button"}
    return values, other is not None or not form.visible


def _poisons(form: Form, name: str) -> bool:
    """Whether this field is there and takes no free text."""
    one = form.fields.get(name)
    return one is not None and (one.is_choice or (one.is_text and name != "reason"))


def must_be_refused(one: Field, kind: str) -> bool:
    if one.is_text and one.kind != "search":
        wrong = {NUL, CONTROL, TOO_LONG} | ({WRONG_TYPE, FOREIGN} if one.name in TYPED else set())
        return kind in wrong or (kind == MISSING and one.required)
    return one.of_django and one.is_choice and (kind != MISSING or one.required)


def errors_of_fields(response: signed_in.Answer) -> Iterator[list[str]]:
    """Give the errors of each field of the page's form."""
    form = (response.context or {}).get("form")
    for name, errors in form.errors.items() if isinstance(form, BaseForm) else ():
        if name != NON_FIELD_ERRORS:
            yield list(map(str, errors))


def judged(response: signed_in.Answer, one: Field, kind: str, value: str | None) -> list[str]:
    """What is wrong with the answer."""
    if response.status_code >= 500:
        return [f"status {response.status_code}"]
    if not must_be_refused(one, kind):
        return []
    page = response.content.decode()
    twice = [f"two errors: {errors}" for errors in errors_of_fields(response) if len(errors) > 1]
    place = f'id="id_{one.name}_error"'
    found = (
        []
        if response.status_code < 400 and (place in page or one.kind == "password")
        else ["no sentence at the field"]
    )
    if one.kind == "password" and "kh-error" not in page and response.status_code == 200:
        found.append("no sentence")
    found += twice + [f"words of allauth: {text}" for text in library_words.shown_in(page)]
    keeps = value is not None and one.is_text and one.kind != "password"
    if keeps and html.escape(str(value)) not in page:
        found.append("what was typed is gone")
    return found


@pytest.fixture
def portal(world: World) -> PortalWithData:
    return PortalWithData(world)


def test_every_address_has_a_test_case() -> None:
    names = [address.name for address in url_map.addresses()]
    assert len(names) == len(set(names))
    assert set(names) == set(url_map.VISITS)


@pytest.mark.parametrize("number", range(PARTS))
def test_every_form_field_with_bad_input_causes_no_error(portal: PortalWithData, number: int) -> None:
    """Every field of every form on every page is tried with six kinds of bad input."""
    seen: set[tuple[str, frozenset[str]]] = set()
    found: list[str] = []
    tried = 0
    for address in part(number):
        place = portal.place(address)
        for form in forms_of(place):
            key = route_of(form.action), frozenset(form.fields)
            if form.method != "post" or key in seen:
                continue
            seen.add(key)
            before = snapshot()
            for one, kind, wrong in _tries(portal, place.browser, form):
                tried += 1
                found += [f"{address.name} → {key[0]}: {one.name}, {kind}: {text}" for text in wrong]
            found += [f"{address.name} → {key[0]}: {text}" for text in changed(before)]
    assert "\n".join(found) == ""
    assert tried > 0


def _tries(
    portal: PortalWithData, browser: BrowserClient, form: Form
) -> Iterator[tuple[Field, str, list[str]]]:
    for one in form.fields.values():
        if one.name == "csrfmiddlewaretoken":
            continue
        for kind, value in kinds(portal).items():
            values, harmless = poisoned(form, one)
            if not harmless and not must_be_refused(one, kind):
                continue  # alone in its form, and right: that is no bad input
            values.pop(one.name, None)
            if value is not None or one.is_text:
                values[one.name] = value or ""  # an empty field of text is sent, empty
            cache.clear()
            yield one, kind, judged(browser.post(form.action, values), one, kind, value)


@pytest.mark.parametrize("number", range(PARTS))
def test_every_query_and_path_with_bad_input_causes_no_error(portal: PortalWithData, number: int) -> None:
    """Every parameter that the address's own forms and links name is tried, and every part of its path."""
    for address in part(number):
        portal.place(address)  # a page may need a form to be sent first
    before = snapshot()
    found = [
        f"{address.name}: {what}"
        for address in part(number)
        for what in _wrong_queries(portal, address) + _wrong_paths(portal, address)
    ]
    assert "\n".join(found) == ""
    assert "\n".join(changed(before, *GIVEN)) == ""


def _wrong_queries(portal: PortalWithData, address: Address) -> list[str]:
    """Pages refuse control characters in an address; endpoints for programs ignore their query."""
    place, found = portal.place(address), []
    for name in _parameters(place):
        for kind, value in kinds(portal).items():
            asked = urlencode({name: value or ""})
            status = place.browser.get(f"{place.path.partition('?')[0]}?{asked}").status_code
            unclean = kind in {NUL, CONTROL} and not address.name.startswith("oidc_")
            if status >= 500 or (unclean and status not in {400, 405}):
                found.append(f"?{name}: {kind}: {status}")
    return found


def _wrong_paths(portal: PortalWithData, address: Address) -> list[str]:
    place, found = portal.place(address), []
    for name, value in place.arguments.items():
        for kind, wrong in kinds(portal).items():
            path = place.path.replace(value, quote(wrong or "", safe=""))
            status = place.browser.get(path).status_code
            if status >= 500 or (kind in {NUL, CONTROL} and status not in {400, 404}):
                found.append(f"{name}: {kind}: {status}")
    return found


def _parameters(place: Visit) -> set[str]:
    named = {one for form in forms_of(place) if form.method == "get" for one in form.fields}
    query = place.path.partition("?")[2]
    return named | {pair.partition("=")[0] for pair in query.split("&") if pair} | {"next"}


def test_machine_endpoint_with_bad_input_answers_4xx(portal: PortalWithData) -> None:
    """Programs get an error of the protocol and never a server error."""
    before, found = snapshot(), []
    for route, names in PROGRAMS.items():
        place = portal.place(next(one for one in url_map.addresses() if one.name == route))
        for name in names:
            for kind, value in kinds(portal).items():
                values = {"grant_type": "authorization_code", "client_id": "ordering", "client_secret": "x"}
                values = {**values, name: value} if value is not None else values
                status = place.browser.post(place.path, values).status_code
                if not 400 <= status < 500:
                    found.append(f"{route}: {name}, {kind}: {status}")
    assert "\n".join(found) == ""
    assert "\n".join(changed(before)) == ""


def test_form_shown_to_some_people_with_bad_input_causes_no_error(portal: PortalWithData) -> None:
    before, found = snapshot(), []
    for route, names in UNSEEN.items():
        place = portal.place(next(one for one in url_map.addresses() if one.name == route))
        for name in names if route not in SAFE_TO_POST else ():
            for kind, value in kinds(portal).items():
                cache.clear()
                status = place.browser.post(place.path, {} if value is None else {name: value}).status_code
                if status >= 500:
                    found.append(f"{route}: {name}, {kind}: {status}")
    assert "\n".join(found) == ""
    assert "\n".join(changed(before)) == ""


def test_every_address_that_accepts_post_is_covered(portal: PortalWithData) -> None:
    """Every address that accepts a POST is tried above: by a page's form, as a program's, or by name."""
    reached = {*PROGRAMS, *UNSEEN}
    taking = set()
    for address in url_map.addresses():
        place = portal.place(address)
        reached |= {route_of(form.action) for form in forms_of(place) if form.method == "post"}
    for address in url_map.addresses():
        place = portal.place(address)
        if address.name not in SAFE_TO_POST and place.browser.post(place.path, {"x": "y"}).status_code != 405:
            taking.add(address.name)
    assert taking - reached == set()
