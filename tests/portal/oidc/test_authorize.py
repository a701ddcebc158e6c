"""The authorization endpoint: codes, further authentication, and errors."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client
from django.urls import reverse

from audit.foundation import clock
from audit.models import Event
from identity.clients.models import Client as Registered
from identity.grants.models import AuthorizationCode
from identity.sessions.models import Session, SignIn
from portal.oidc import metadata
from portal.oidc.authorize import code as authorize_code
from tests.fixtures import browser_client, oidc_browser, signed_in
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.grants import ADDRESS
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def error(response: Any) -> str:
    """The error at the service; there is never a code besides."""
    answer = oidc_browser.response_parameters(response)
    assert "code" not in answer
    assert (answer["state"], answer["iss"]) == ("s-1", oidc_browser.ISSUER)
    return answer["error"]


def leads_to(response: Any) -> tuple[str, str]:
    """Our page that the person is redirected to, and the address it returns to."""
    assert response.status_code == 302
    parts = urlsplit(response.headers["Location"])
    assert not parts.netloc
    return parts.path, parse_qs(parts.query)["next"][0]


def test_person_without_session_signs_in_and_returns(world: World) -> None:
    path, back = leads_to(oidc_browser.authorize(BrowserClient()))
    assert path == "/account/login/"
    response: Any = signed_in.browser(world.olli).get(back)
    assert "code" in oidc_browser.response_parameters(response)
    assert error(oidc_browser.authorize(BrowserClient(), prompt="none")) == "login_required"


def weaken(browser: BrowserClient, world: World) -> None:
    """End the session as a request under way sees it: too weak for what its person now has to prove."""
    signed_in.record_authentication(browser, strong=False)
    oidc_browser.authorize(browser)


ENDINGS: dict[str, Callable[[BrowserClient, World], object]] = {
    "sign-out": lambda browser, _: browser.post(reverse("account_logout")),
    "too weak": weaken,
    "sessions page": lambda browser, world: browser.post(
        reverse("my_sessions", args=[world.koskela.key]),
        {"session": signed_in.session_of(browser).stored_key()},
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_authorization_under_way_when_its_session_ends_signs_in_again(
    world: World, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """A thief with the cookie repeats the request while the person ends the session."""
    thief, person = signed_in.browser(world.aino), BrowserClient()
    person.cookies[settings.SESSION_COOKIE_NAME] = thief.cookies[settings.SESSION_COOKIE_NAME].value
    before = oidc_browser.redeem(world, oidc_browser.code(thief)).json()
    issue_code = authorize_code.issue_code

    def issue_after_the_end(*arguments: Any) -> str:
        monkeypatch.setattr(authorize_code, "issue_code", issue_code)
        ENDINGS[ending](person, world)
        return issue_code(*arguments)

    monkeypatch.setattr(authorize_code, "issue_code", issue_after_the_end)
    assert leads_to(oidc_browser.authorize(thief))[0] == "/account/login/"
    assert not SignIn.objects.filter(ended_at=None).exists()
    assert not Session.objects.filter(user=world.aino.user).exists()
    assert not oidc_browser.introspect(world, before["access_token"])["active"]


def test_session_weaker_than_its_person_s_factors_signs_in_again(world: World) -> None:
    weak = signed_in.browser(world.aino, strong=False)
    assert error(oidc_browser.authorize(weak, prompt="none")) == "login_required"
    path, back = leads_to(oidc_browser.authorize(weak))
    assert path == "/account/login/"
    assert not weak.is_signed_in
    answered: Any = signed_in.browser(world.aino).get(back)
    assert "code" in oidc_browser.response_parameters(answered)


def test_person_without_a_required_factor_adds_it_before_the_code(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "orderer", factor=False)
    browser = signed_in.browser(ida, strong=False)
    assert error(oidc_browser.authorize(browser, prompt="none")) == "interaction_required"
    assert oidc_browser.authorize(browser).headers["Location"] == reverse("mfa_index")


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
def test_reauthentication_for_a_service_asks_for_every_factor(world: World, asked: dict[str, str]) -> None:
    """The ID token would otherwise claim two factors at an instant at which only the password was proved."""
    browser = signed_in.browser(world.olli, ago=300)
    path, back = leads_to(oidc_browser.authorize(browser, **asked))
    assert path == reverse("account_reauthenticate")
    browser.post(path, {"password": worlds.PASSWORD, "next": back})
    half_way: Any = browser.get(back)
    path, again = leads_to(half_way)
    assert (path, again) == (reverse("mfa_reauthenticate"), back)
    before = clock.now()
    done: Any = browser.post(path, {"code": browser_client.code_of(world.olli.user), "next": back})
    assert done["Location"] == back
    answered: Any = browser.get(back)
    assert "code" in oidc_browser.response_parameters(answered)
    sign_in = SignIn.objects.get(user=world.olli.user)
    assert sign_in.amr == ["pwd", "otp", "mfa"]
    assert before - dt.timedelta(seconds=30) < sign_in.auth_time < before


def test_reauthentication_without_a_second_factor_is_reported_as_such(world: World) -> None:
    """Vilma proved two factors once and has removed the second one: `amr` says what is proved now."""
    browser = signed_in.browser(world.vilma, ago=300)
    with worlds.bypassing_commands():
        Authenticator.objects.filter(user=world.vilma.user).delete()
    path, back = leads_to(oidc_browser.authorize(browser, prompt="login"))
    assert path == reverse("account_reauthenticate")
    done: Any = browser.post(path, {"password": worlds.PASSWORD, "next": back})
    assert done["Location"] == back
    answered: Any = browser.get(back)
    assert "code" in oidc_browser.response_parameters(answered)
    sign_in = SignIn.objects.get(user=world.vilma.user)
    assert (sign_in.amr, clock.now() - sign_in.auth_time < dt.timedelta(minutes=1)) == (["pwd"], True)


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
def test_reauthentication_is_required_once(world: World, asked: dict[str, str]) -> None:
    browser = signed_in.browser(world.olli, ago=3600)
    path, back = leads_to(oidc_browser.authorize(browser, **asked))
    assert path == "/account/reauthenticate/"
    again: Any = browser.get(back)
    assert leads_to(again) == (path, back), "coming back without a proof asks again"
    signed_in.record_authentication(browser)
    answered: Any = browser.get(back)
    assert "code" in oidc_browser.response_parameters(answered)
    if "prompt" in asked:
        repeated: Any = browser.get(back)
        assert leads_to(repeated)[0] == path, "a proof serves one request"


def test_recent_authentication_satisfies_max_age(world: World) -> None:
    browser = signed_in.browser(world.olli, ago=50)
    assert "code" in oidc_browser.response_parameters(oidc_browser.authorize(browser, max_age="60"))
    assert error(oidc_browser.authorize(browser, max_age="40", prompt="none")) == "login_required"


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}])
def test_new_sign_in_is_recent_for_one_code(world: World, asked: dict[str, str]) -> None:
    browser = BrowserClient()
    _, back = leads_to(oidc_browser.authorize(browser, **asked))
    browser.sign_in(world.olli.user)
    signed_in.record_authentication(browser, ago=60)
    stale: Any = browser.get(back)
    assert leads_to(stale)[0] == "/account/reauthenticate/", "a proof of before the question"
    signed_in.record_authentication(browser)
    answered: Any = browser.get(back)
    assert "code" in oidc_browser.response_parameters(answered)
    if "prompt" in asked:
        again: Any = browser.get(back)
        assert leads_to(again)[0] == "/account/reauthenticate/", "the same mark a second time"


@pytest.mark.parametrize("mark", ["x", "", "a:b", "{mark}x", "{other}"])
def test_forged_or_foreign_reauthentication_mark_is_ignored(world: World, mark: str) -> None:
    _, back = leads_to(oidc_browser.authorize(BrowserClient(), prompt="login"))
    _, elsewhere = leads_to(oidc_browser.authorize(BrowserClient(), prompt="login", state="s-2"))
    marks = {
        name: parse_qs(urlsplit(path).query)["reauthentication"][0]
        for name, path in (("mark", back), ("other", elsewhere))
    }
    response = oidc_browser.authorize(
        signed_in.browser(world.olli), prompt="login", asked=mark.format(**marks)
    )
    assert leads_to(response)[0] == "/account/reauthenticate/"


def test_reauthentication_mark_expires_after_an_hour(world: World) -> None:
    browser = BrowserClient()
    _, back = leads_to(oidc_browser.authorize(browser, prompt="login"))
    worlds.move_clock(3601)
    late: Any = browser.sign_in(world.olli.user).get(back)
    assert leads_to(late)[0] == "/account/reauthenticate/"


@pytest.mark.parametrize("in_session", ["", "a session of their own"])
def test_reauthentication_mark_of_another_browser_is_ignored(world: World, in_session: str) -> None:
    """A thief with the cookie of a session takes the mark from a browser of their own."""
    thief = signed_in.browser(world.mikko, ago=60) if in_session else BrowserClient()
    _, back = leads_to(oidc_browser.authorize(thief, prompt="login", organization="koskela"))
    person = BrowserClient()
    _, own = leads_to(oidc_browser.authorize(person, prompt="login", organization="koskela"))
    person.sign_in(world.mikko.user)
    thief.cookies[settings.SESSION_COOKIE_NAME] = person.cookies[settings.SESSION_COOKIE_NAME].value
    stolen: Any = thief.get(back)
    assert leads_to(stolen)[0] == "/account/reauthenticate/"
    answered: Any = person.get(own)
    assert "code" in oidc_browser.response_parameters(answered)


def test_reauthentication_mark_stays_spent_after_any_number_of_others(world: World) -> None:
    browser = BrowserClient()
    paths = [
        leads_to(oidc_browser.authorize(browser, prompt="login", state=f"s-{number}"))[1]
        for number in range(12)
    ]
    browser.sign_in(world.olli.user)
    for path in paths:
        answered: Any = browser.get(path)
        assert "code" in oidc_browser.response_parameters(answered)
    for path in paths:
        again: Any = browser.get(path)
        assert leads_to(again)[0] == "/account/reauthenticate/"


@pytest.mark.parametrize("prompt", ["login", "login consent", "select_account login"])
def test_choice_of_an_organization_keeps_the_demand_for_reauthentication(world: World, prompt: str) -> None:
    """Each form is sent twice: with the proof of its time, and from a page that stayed open, with an old one."""
    browser = BrowserClient()
    _, back = leads_to(oidc_browser.authorize(browser, prompt=prompt, max_age="60"))
    browser.sign_in(world.mikko.user)
    page: Any = browser.get(back)
    sent = {one["name"]: one["value"] for one in page.context["hidden_fields"]} | {"organization": "koskela"}
    assert sent["max_age"] == "60"
    later = "login" if "consent" not in prompt else "consent login"
    assert set(sent["prompt"].split()) == set(later.split())
    late = browser.get(metadata.AUTHORIZE, {**sent, "reauthentication": ""})
    assert leads_to(late)[0] == "/account/reauthenticate/"
    answered: Any = browser.get(metadata.AUTHORIZE, sent)
    if "consent" in prompt:
        form = {one["name"]: one["value"] for one in answered.context["hidden_fields"]}
        without = consent(browser, {**form, "reauthentication": ""}, "grant")
        assert leads_to(browser.get(without["Location"]))[0] == "/account/reauthenticate/"
        answered = consent(browser, form, "grant")
        assert "code=" in answered.content.decode()
    else:
        assert "code" in oidc_browser.response_parameters(answered)


def test_choice_of_an_organization_on_an_old_page_obeys_max_age(world: World) -> None:
    browser = signed_in.browser(world.mikko, ago=30)
    page = oidc_browser.authorize(browser, max_age="60")
    sent = {one["name"]: one["value"] for one in page.context["hidden_fields"]} | {"organization": "koskela"}
    signed_in.record_authentication(browser, ago=3000)
    assert leads_to(browser.get(metadata.AUTHORIZE, sent))[0] == "/account/reauthenticate/"


STRANGERS: list[dict[str, str | None]] = [
    {},
    {"prompt": "login"},
    {"prompt": "select_account consent"},
    {"max_age": "0"},
    {"prompt": "none"},
    {"login_hint": "olli@koskela.example", "ui_locales": "fi"},
    {"client_id": "nobody"},
    {"scope": None},
]


def test_request_without_authentication_stores_nothing(world: World) -> None:
    before = Session.objects.count(), AuthorizationCode.objects.count(), Event.objects.count()
    for _ in range(20):
        for asked in STRANGERS:
            browser = BrowserClient()
            oidc_browser.authorize(browser, **asked)
            assert "kh" not in browser.cookies
    assert (Session.objects.count(), AuthorizationCode.objects.count(), Event.objects.count()) == before


def test_person_of_two_organizations_chooses_one(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    assert error(oidc_browser.authorize(browser, prompt="none")) == "account_selection_required"
    response = oidc_browser.authorize(browser)
    assert response.status_code == 200
    assert [one["key"] for one in response.context["organizations"]] == ["pohjola", "koskela"]
    assert response.context["organizations"][1]["customer_number"] == "K-koskela"
    kept = {one["name"]: one["value"] for one in response.context["hidden_fields"]}
    chosen: Any = browser.get(metadata.AUTHORIZE, {**kept, "organization": "koskela"})
    assert AuthorizationCode.objects.get().membership_id == world.mikko.id
    assert oidc_browser.response_parameters(chosen)["state"] == "s-1"


@pytest.mark.parametrize("by", ["key", "id"])
def test_requested_organization_is_used(world: World, by: str) -> None:
    for who in (world.mikko, world.mikko_at_pohjola):
        named = str(getattr(who.organization, by))
        oidc_browser.code(signed_in.browser(world.mikko), organization=named)
    found = AuthorizationCode.objects.order_by("issued_at").values_list("membership", flat=True)
    assert list(found) == [world.mikko.id, world.mikko_at_pohjola.id]


def test_foreign_and_missing_organization_give_the_same_page(world: World) -> None:
    browser = signed_in.browser(world.olli)
    pages = [
        oidc_browser.authorize(browser, organization=name)
        for name in ("pohjola", str(world.pohjola.id), "nowhere", str(world.somewhere))
    ]
    assert {page.status_code for page in pages} == {403}
    assert len({page.context["why"] for page in pages}) == 1
    assert AuthorizationCode.objects.count() == 0


def test_authorization_without_a_right_shows_the_reason(world: World) -> None:
    worlds.end_assignments(world.olli)
    browser = signed_in.browser(world.olli)
    response = oidc_browser.authorize(browser)
    assert response.status_code == 403
    assert "Location" not in response.headers
    assert "Web shop" in response.context["why"]
    back = parse_qs(urlsplit(response.context["back_url"]).query)
    assert (back["error"], back["state"]) == (["access_denied"], ["s-1"])
    assert error(oidc_browser.authorize(browser, prompt="none")) == "access_denied"
    assert AuthorizationCode.objects.count() == 0


def test_open_session_of_a_leaver_has_no_user(world: World) -> None:
    browser = signed_in.browser(world.olli)
    assert "code" in oidc_browser.response_parameters(oidc_browser.authorize(browser))
    world.remove(world.olli)
    assert leads_to(oidc_browser.authorize(browser))[0] == "/account/login/"


def test_removed_member_is_authorized_for_the_other_organization(world: World) -> None:
    browser = signed_in.browser(world.mikko)
    world.remove(world.mikko)
    oidc_browser.code(browser)
    assert AuthorizationCode.objects.get().membership_id == world.mikko_at_pohjola.id


@pytest.mark.parametrize(
    "other",
    [
        {"client_id": "nobody"},
        {"client_id": None},
        {"client_id": "crm"},
        {"redirect_uri": None},
        {"redirect_uri": ADDRESS + "/"},
        {"redirect_uri": ADDRESS + "?next=evil"},
        {"redirect_uri": "https://evil.example/cb"},
    ],
)
def test_unregistered_redirect_uri_gets_no_redirect(world: World, other: dict[str, str | None]) -> None:
    response = oidc_browser.authorize(signed_in.browser(world.olli), **other)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert '="https://evil.example' not in response.content.decode()


def test_disabled_client_is_unknown(world: World) -> None:
    with worlds.bypassing_commands():
        Registered.objects.filter(protocol="ordering").update(is_active=False)
    assert oidc_browser.authorize(signed_in.browser(world.olli)).status_code == 400


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://ordering.example.test/r"}, "request_uri_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "99999999999999999999"}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"organization": "x" * 5000}, "invalid_request"),
        ({"id_token_hint": "nonsense"}, "login_required"),
    ],
)
def test_invalid_request_redirects_with_its_error(
    world: World, other: dict[str, str | None], expected: str
) -> None:
    assert error(oidc_browser.authorize(signed_in.browser(world.olli), **other)) == expected


def test_repeated_parameter_is_refused(world: World) -> None:
    browser = signed_in.browser(world.olli)
    for name, there in (("nonce", True), ("scope", True), ("client_id", False), ("redirect_uri", False)):
        asked = [
            *oidc_browser.AUTHORIZATION_REQUEST.items(),
            (name, oidc_browser.AUTHORIZATION_REQUEST[name]),
        ]
        query = "&".join(f"{key}={value}".replace(" ", "%20") for key, value in asked)
        response: Any = browser.get(f"{metadata.AUTHORIZE}?{query}")
        assert error(response) == "invalid_request" if there else response.status_code == 400


def test_state_is_returned_unchanged(world: World) -> None:
    state = "ä&=?#%20 +\"'<>/\\" + "x" * 500
    assert (
        oidc_browser.response_parameters(oidc_browser.authorize(signed_in.browser(world.olli), state=state))[
            "state"
        ]
        == state
    )
    assert "state" not in oidc_browser.response_parameters(
        oidc_browser.authorize(signed_in.browser(world.olli), state=None)
    )


def test_redirect_uri_with_a_query_preserves_it(world: World) -> None:
    address = f"{ADDRESS}?shop=1"
    with worlds.bypassing_commands():
        protocol = Registered.objects.get(protocol="ordering").protocol
        protocol.redirect_uris = address
        protocol.save()
    response = oidc_browser.authorize(signed_in.browser(world.olli), redirect_uri=address)
    assert response.headers["Location"].startswith(f"{address}&code=")


def test_redirect_uri_with_a_registered_wildcard_is_refused(world: World) -> None:
    with worlds.bypassing_commands():
        protocol = Registered.objects.get(protocol="ordering").protocol
        protocol.redirect_uris, protocol.allow_uri_wildcards = "https://*.example.test/cb", True
        protocol.save()
    assert oidc_browser.authorize(signed_in.browser(world.olli)).status_code == 400


def test_third_party_client_requires_consent(world: World) -> None:
    oidc_browser.require_consent()
    browser = signed_in.browser(world.olli)
    page = oidc_browser.authorize(browser)
    assert page.status_code == 200
    kept = {one["name"]: one["value"] for one in page.context["hidden_fields"]}
    assert error(oidc_browser.authorize(browser, prompt="none")) == "consent_required"
    assert AuthorizationCode.objects.count() == 0

    granted: Any = browser.post(metadata.CONSENT, {**kept, "decision": "grant"})
    assert granted.status_code == 400, "a multipart form is not what our page sends"
    granted = consent(browser, kept, "grant")
    assert granted.status_code == 200
    assert "code=" in granted.context["target_url"]
    refused = consent(browser, kept, "refuse")
    assert "error=access_denied" in refused.context["target_url"]


def test_consent_from_another_site_is_refused(world: World) -> None:
    oidc_browser.require_consent()
    strict = signed_in.browser(world.olli)
    strict.handler.enforce_csrf_checks = True
    kept = {one["name"]: one["value"] for one in oidc_browser.authorize(strict).context["hidden_fields"]}
    assert consent(strict, kept, "grant").status_code == 403
    assert AuthorizationCode.objects.count() == 0


def consent(browser: Client, kept: dict[str, str], decision: str) -> Any:
    return browser.post(
        metadata.CONSENT,
        "&".join(f"{name}={value}" for name, value in {**kept, "decision": decision}.items()),
        "application/x-www-form-urlencoded",
    )


def test_sign_in_to_a_service_is_recorded_once(world: World) -> None:
    browser = signed_in.browser(world.olli)
    oidc_browser.code(browser)
    oidc_browser.code(browser)
    done = Event.objects.filter(verb="sign_in.succeeded", organization=world.koskela.id)
    assert [event.subject for event in done] == [world.olli.id]


def test_id_token_hint_of_another_person_gets_no_code(world: World) -> None:
    hint = oidc_browser.tokens(world, world.vilma)["id_token"]
    assert (
        error(oidc_browser.authorize(signed_in.browser(world.olli), id_token_hint=hint)) == "login_required"
    )
    assert "code" in oidc_browser.response_parameters(
        oidc_browser.authorize(signed_in.browser(world.vilma), id_token_hint=hint)
    )
