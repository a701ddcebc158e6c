"""A form that was carried out leads to another page: reloading the answer never repeats what the form did."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.urls import reverse

from audit.foundation import clock
from audit.models import Event
from delegation.authorization.models.duties import DutyConflict
from delegation.authorization.verbs import Verb
from portal.signin.customers import demands
from portal.wording import dates
from tests.fixtures import duties, signed_in, url_map
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient, code_from, code_of
from tests.fixtures.pages import orderer_form
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.url_map import PortalWithData, Visit
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

Fields = Mapping[str, Any]
_KEY = {"idempotency_key": "redirects"}


def _fields(**fields: Any) -> Callable[[PortalWithData, Visit], Fields]:
    return lambda _portal, _place: fields


def _orderer(**other: str) -> Callable[[PortalWithData, Visit], Fields]:
    return lambda portal, _place: orderer_form(portal.world, **other)


def _app(_portal: PortalWithData, place: Visit) -> Fields:
    return {"code": code_from(place.browser.get(place.path).context["form"].secret)}


def _signed_in_colleague(portal: PortalWithData, _place: Visit) -> Fields:
    signed_in.browser(portal.world.mikko)
    return _KEY


def _last_day(portal: PortalWithData, _place: Visit) -> Fields:
    day = clock.now().date() + dt.timedelta(days=5)
    members = [str(portal.world.mikko.id), str(portal.world.vilma.id)]
    return {"m": members, "day": day.isoformat(), "hour": "17", "reason": "left", **_KEY}


def _planned(portal: PortalWithData, place: Visit) -> Fields:
    """Plan the removal that the form cancels."""
    before = place.path.removesuffix("/cancel")
    assert place.browser.post(before, _last_day(portal, place)).status_code == 302
    return {"idempotency_key": "k9"}


def _old_secret(_portal: PortalWithData, place: Visit) -> Fields:
    return {"until": place.browser.get(place.path).context["form"]["until"].value(), **_KEY}


FORMS: Mapping[str, Callable[[PortalWithData, Visit], Fields]] = {
    "account_change_password": _fields(oldpassword=worlds.PASSWORD, password1=NEW_PASSWORD),
    "admin_ask": _fields(message="Please add me to Oulu", **_KEY),
    "admin_left": _fields(reason="left", **_KEY),
    "admin_claim": _fields(step="close", **_KEY),
    "account_not_me": _fields(),
    "case_confirm": _fields(),
    "case_letter": _fields(do="yes"),
    "case_request": _fields(
        company="Pohjolan Sähkö", number="9999999-9", name="Teemu Aalto", email="teemu@pohjola.example"
    ),
    "case_request_by_link": _fields(company="Pohjolan Sähkö", number="9999999-8", name="Teemu Aalto"),
    "continuity": _fields(step="confirm", **_KEY),
    "account_login": lambda portal, _place: {
        "login": portal.world.aino.user.email,
        "password": worlds.PASSWORD,
    },
    "account_logout": _fields(),
    "account_reauthenticate": _fields(password=worlds.PASSWORD),
    "account_reset_password": lambda portal, _place: {"email": portal.world.aino.user.email},
    "account_reset_password_from_key": _fields(password1=NEW_PASSWORD),
    "domains": _fields(domain="koskela.example", **_KEY),
    "domain_withdraw": _fields(domain="koskela.example", **_KEY),
    "duty_ask": lambda _portal, _place: {
        "conflict": str(DutyConflict.objects.get(key=duties.KEY).id),
        "until": f"{clock.wall() + dt.timedelta(days=30):%d.%m.%Y}",
        "reason": "holidays",
        **_KEY,
    },
    "duty_exception": _fields(step="close", note="Not needed", **_KEY),
    "handover": lambda portal, _place: {"successor": str(portal.world.mikko.id), **_KEY},
    "handover_answer": _fields(step="close", **_KEY),
    "handover_complete": _fields(fate="viewer", **_KEY),
    "program_end": _fields(reason="Replaced", **_KEY),
    "program_old_secret": _old_secret,
    "review": _fields(**_KEY),
    "review_start": lambda portal, _place: {
        "scope": "all",
        "reviewer": str(portal.world.aino.id),
        "due": dates.typed_day(clock.now().date() + dt.timedelta(days=10)),
        "silence": "keep",
        **_KEY,
    },
    "review_stop": _fields(reason="Wrong site", **_KEY),
    "invitation_accept": _fields(name="New Person", password=NEW_PASSWORD),
    "invitation_cancel": _fields(),
    "invitation_sign_out": _fields(),
    "invitations": lambda portal, _place: {"do": f"resend:{portal.invitation.id}", **_KEY},
    "invite": _orderer(email="another@koskela.example", name="Another"),
    "language": _fields(language="fi", next="/"),
    "look_rule": _fields(mode="look", **_KEY),
    "look_stop": _fields(),
    "mfa_activate_totp": _app,
    "mfa_authenticate": lambda portal, _place: {"code": code_of(portal.world.paivi.user)},
    "mfa_replace_lost": _fields(),
    "mfa_deactivate_totp": _fields(),
    "mfa_edit_webauthn": _fields(name="Work phone"),
    "mfa_generate_recovery_codes": _fields(),
    "mfa_reauthenticate": lambda portal, _place: {"code": code_of(portal.world.aino.user)},
    "mfa_remove_webauthn": _fields(),
    "mfa_view_recovery_codes": _fields(),
    "my_details": _fields(name="Aino Lehtonen", **_KEY),
    "my_sessions": _fields(session="all"),
    "oidc_authorize": _fields(),
    "oidc_logout_confirm": _fields(),
    "people_access": lambda portal, _place: orderer_form(portal.world) | {"m": [str(portal.world.vilma.id)]},
    "people_last_day": _last_day,
    "people_remove": lambda portal, _place: {
        "m": [str(portal.world.mikko.id), str(portal.world.vilma.id)],
        "reason": "left",
        **_KEY,
    },
    "people_sites": lambda portal, _place: {
        "m": [str(portal.world.vilma.id)],
        "sites": [str(portal.world.oulu.id)],
        **_KEY,
    },
    "people_select": lambda portal, _place: {"do": "remove", "m": [str(portal.world.mikko.id)]},
    "person_access": _orderer(limit_orderer="1 234"),
    "person_last_day": _last_day,
    "person_last_day_cancel": _planned,
    "person_remove": _fields(reason="left", **_KEY),
    "person_restore": _orderer(),
    "person_resume": _fields(**_KEY),
    "person_resync": _fields(),
    "person_sign_out": _signed_in_colleague,
    "person_suspend": _fields(**_KEY),
    "removal_resync": _fields(),
}
"""Address: the fields of a form that is carried out. A new address that takes a POST fails the last test."""
GIVING = {verb for verb in Verb if verb.rule.gives_access}
NARROWS = {"people_sites", "program_old_secret"}
"""Forms with a verb of GIVING that only take access away."""
NO_PAGE = {
    "oidc_logout",
    "oidc_oauth_introspect",
    "oidc_oauth_device_authorization",
    "oidc_oauth_par",
    "oidc_oauth_revoke",
    "oidc_oauth_token",
    "oidc_oauth_userinfo",
}
"""Endpoints of programs, and of other sites' forms."""
BY_BROWSER = {
    "look_help": "the code is in the answer alone: no address, session or cache holds it",
    "program_create": "the secret is in the answer alone: no address, session or cache holds it",
    "program_secret": "the same",
    "account_set_password": "leads to account_change_password: people without a password have passkeys alone",
    "mfa_add_webauthn": "tests/portal/signin/test_passkeys.py",
    "mfa_login_webauthn": "tests/portal/signin/test_passkeys.py",
    "mfa_reauthenticate_webauthn": "tests/portal/signin/test_passkeys.py",
    "oidc_device_answer": "tests/portal/oidc/test_device_grants.py, with a code of a terminal",
    "oidc_consent": "goes on to the service by a page of our own (ADR-4)",
}
"""Forms that need a passkey's cryptography, that leave our origin, or that answer with a secret."""


@pytest.fixture
def portal(world: World) -> PortalWithData:
    return PortalWithData(world)


def place_of(portal: PortalWithData, name: str) -> Visit:
    """Give the address; some forms need more than the page does."""
    place = portal.place(next(one for one in url_map.addresses() if one.name == name))
    if name == "account_reset_password_from_key":
        link = recovery_link(portal.nobody, portal.world.vilma.user)
        return Visit(portal.nobody, portal.nobody.get(link)["Location"])
    if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"}:
        data = {"name": "Phone", "credential": {}}
        with worlds.bypassing_commands():
            passkey = Authenticator.objects.create(
                user=portal.world.aino.user, type=Authenticator.Type.WEBAUTHN, data=data
            )
        return Visit(place.browser, reverse(name, kwargs={"pk": passkey.pk}))
    if name == "mfa_deactivate_totp":
        user = portal.world.member(portal.world.koskela, "Ville Vapaa", "viewer").user
        return Visit(signed_in.browser(user), place.path)
    return place


@pytest.mark.parametrize("name", FORMS)
def test_form_that_is_carried_out_leads_to_another_page(portal: PortalWithData, name: str) -> None:
    place = place_of(portal, name)
    cache.clear()
    fields = FORMS[name](portal, place)
    before = set(Event.objects.values_list("id", flat=True))
    answer: Any = place.browser.post(place.path, fields)
    verbs = set(Event.objects.exclude(id__in=before).values_list("verb", flat=True))
    if verbs & GIVING and name not in NARROWS:
        assert demands.BY_URL_NAME.get(name) == demands.GIVING_ACCESS, "giving access asks for a recent proof"
    assert answer.status_code in {302, 303}, answer.content.decode()[:3000]
    assert not answer["Location"].startswith(reverse("account_login")) or name in {
        "account_change_password",
        "account_logout",
        "oidc_logout_confirm",
        "mfa_replace_lost",
        "my_sessions",
    }


def test_every_address_that_accepts_a_form_is_listed(portal: PortalWithData) -> None:
    listed = {*FORMS, *NO_PAGE, *BY_BROWSER}
    for address in url_map.addresses():
        if address.name not in listed:
            place = portal.place(address)
            assert place.browser.post(place.path, {"x": "y"}).status_code == 405, address.name
    assert listed - {address.name for address in url_map.addresses()} == set()
    assert [name for name, where in BY_BROWSER.items() if not where] == []


def test_reload_after_sending_an_invitation_sends_no_other(world: World) -> None:
    browser: BrowserClient = signed_in.browser(world.aino)
    form = orderer_form(world, email="another@koskela.example")
    sent = browser.post("/o/koskela/people/invite", form, follow=True)
    assert (sent.request["REQUEST_METHOD"], sent.redirect_chain) == ("GET", [("/o/koskela/people", 302)])
