"""What each page demands of a session: the walk over all addresses, and attacks by sessions that proved too little."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.internal.flows import login
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver, reverse

from audit.foundation import clock
from audit.models import Event
from identity.grants.models import TokenFamily
from identity.memberships.models import Membership
from identity.people.models import User
from identity.sessions.models import Session, SignIn
from portal.signin.customers import demands, gate, recovery_codes
from portal.signin.customers.assurance import Assessment, Demand
from provisioning.mail.models import Mail
from tests.fixtures import signed_in, url_map
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient, code_from, code_of
from tests.fixtures.events import recorded_verbs
from tests.fixtures.queued_mails import text_of
from tests.fixtures.url_map import Address, PortalWithData
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)

ACCOUNT = {one.name for one in url_map.addresses() if one.route.startswith("account/")}
HOUR = 3600


def test_every_account_page_has_its_demand() -> None:
    """A new page fails here until `demands` says what it asks for."""
    assert ACCOUNT - set(demands.BY_URL_NAME) == set()
    assert set(demands.BY_URL_NAME) - {one.name for one in url_map.addresses()} == set()


def test_pages_without_a_demand_are_those_that_need_no_sign_in() -> None:
    def views(resolver: Any) -> Any:
        for pattern in resolver.url_patterns:
            if hasattr(pattern, "url_patterns"):
                yield from views(pattern)
            else:
                yield pattern.name, pattern.callback

    found = {name: view for name, view in views(get_resolver()) if name}
    assert len(found) > 50
    for name, view in found.items():
        public = not getattr(view, "login_required", True)
        assert (demands.of_page(name, view) is None) is public, name


def with_records(who: Membership, *methods: tuple[str, str], ago: float = 1) -> BrowserClient:
    """A session with these proofs."""
    browser = signed_in.browser(who)
    session = browser.session
    at = clock.wall().timestamp() - ago
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": method, "type": kind, "at": at} for method, kind in methods
    ]
    session.save()
    return browser


PASSWORD, TOTP, CODES = ("password", ""), ("mfa", "totp"), ("mfa", "recovery_codes")
SESSIONS: dict[str, Callable[[World], BrowserClient]] = {
    "none": lambda _: BrowserClient(),
    "password, person without a factor": lambda w: with_records(w.vilma, PASSWORD),
    "old password, person without a factor": lambda w: with_records(w.vilma, PASSWORD, ago=3 * HOUR),
    "password, role requires a factor": lambda w: with_records(w.sami, PASSWORD),
    "password, older than the role": lambda w: with_records(w.sami, PASSWORD, ago=3 * HOUR),
    "password, older than the first factor": lambda w: with_records(w.aino, PASSWORD),
    "code alone": lambda w: with_records(w.aino, TOTP),
    "recovery code alone": lambda w: with_records(w.aino, CODES),
    "two factors": lambda w: with_records(w.aino, PASSWORD, TOTP),
    "two factors, old": lambda w: with_records(w.aino, PASSWORD, TOTP, ago=3 * HOUR),
    "recovery code": lambda w: with_records(w.aino, PASSWORD, CODES),
    "unknown method": lambda w: with_records(w.aino, ("socialaccount", "")),
}
# For each session: what an action with this demand leads to.
_SIGN_IN = ("sign_in", "sign_in", "sign_in", "sign_in")
ORDER = (demands.OWN_SIGN_IN, demands.OWN_FACTORS, demands.ACCESS, demands.GIVING_ACCESS)
EXPECTED: dict[str, tuple[str, str, str, str]] = {
    "none": _SIGN_IN,
    "password, person without a factor": ("none", "none", "none", "none"),
    "old password, person without a factor": ("none", "confirm", "none", "confirm"),
    "password, role requires a factor": ("none", "none", "add_factor", "add_factor"),
    "password, older than the role": _SIGN_IN,
    "password, older than the first factor": _SIGN_IN,
    "code alone": _SIGN_IN,
    "recovery code alone": _SIGN_IN,
    "two factors": ("none", "none", "none", "none"),
    "two factors, old": ("none", "confirm", "none", "confirm"),
    "recovery code": ("none", "none", "none", "none"),
    "unknown method": _SIGN_IN,
}


def led(request: HttpRequest, assessment: Assessment, **_: Any) -> HttpResponse:
    """Answer with the step, instead of leading there and ending the session."""
    return HttpResponse(status=299, headers={"X-Step": assessment.step})


@pytest.fixture
def portal(world: World, monkeypatch: pytest.MonkeyPatch) -> PortalWithData:
    portal = PortalWithData(world)
    with worlds.bypassing_commands():
        people = [world.vilma.user_id, world.sami.user_id]
        Authenticator.objects.filter(user__in=people).delete()
    monkeypatch.setattr(gate, "respond", led)
    return portal


def pages() -> list[tuple[Address, Demand]]:
    """Every address with a demand of its own, and those of an organization."""
    others = {"home", "people", "my_access", "my_sessions"}
    found = [one for one in url_map.addresses() if demands.BY_URL_NAME.get(one.name) or one.name in others]
    asked = [(one, demands.BY_URL_NAME.get(one.name, demands.ACCESS)) for one in found]
    with_demands = [(one, demand) for one, demand in asked if isinstance(demand, Demand)]
    assert len(with_demands) == len(found) > 18
    return with_demands


@pytest.mark.parametrize("name", [name for name, steps in EXPECTED.items() if steps != _SIGN_IN])
def test_each_page_asks_of_each_session_the_proofs_of_the_decision(portal: PortalWithData, name: str) -> None:
    for address, demand in pages():
        expected = EXPECTED[name][ORDER.index(demand)]
        for method in ("get", "post"):
            browser = SESSIONS[name](portal.world)
            answer = getattr(browser, method)(portal.place(address).path)
            assert answer.headers.get("X-Step", "none") == expected, (address.name, method)


def test_each_page_asks_a_session_that_proved_too_little_to_sign_in(
    portal: PortalWithData, subtests: pytest.Subtests
) -> None:
    """No page does anything for it, so that one browser asks for all of them."""
    for name in (name for name, steps in EXPECTED.items() if steps == _SIGN_IN):
        with subtests.test(name):
            browser = SESSIONS[name](portal.world)
            for address, _ in pages():
                for method in ("get", "post"):
                    answer = getattr(browser, method)(portal.place(address).path)
                    assert answer.headers.get("X-Step", "none") == "sign_in", (address.name, method)
            if name != "none":
                assert Session.objects.filter(pk=signed_in.session_of(browser).stored_key()).exists()


CHANGES_BY_FORM = {
    "mfa_deactivate_totp": {},
    "mfa_generate_recovery_codes": {},
    "mfa_activate_totp": {"code": "000000"},
    "mfa_add_webauthn": {"credential": "{}"},
    "account_change_password": {"oldpassword": worlds.PASSWORD, "password1": "another fine secret 9"},
}


@pytest.mark.parametrize("name", CHANGES_BY_FORM)
def test_session_older_than_the_first_factor_reads_and_changes_nothing(world: World, name: str) -> None:
    """It removed the factor, and read and used the recovery codes, without an event or a mail."""
    vilma = world.vilma.user
    with worlds.bypassing_commands():
        codes = recovery_codes.generate()
        recovery_codes.store(user=vilma, hashes=recovery_codes.hashed(user=vilma, codes=codes))
    before = list(Authenticator.objects.filter(user=vilma).order_by("pk").values())
    for ask in ("get", "post"):
        weak = signed_in.browser(vilma, strong=False)
        answer: Any = (
            weak.get(reverse(name)) if ask == "get" else weak.post(reverse(name), CHANGES_BY_FORM[name])
        )
        text = answer.content.decode()
        assert (answer.status_code, reverse("account_login") in text + answer.get("Location", "")) == (
            302 if ask == "get" else 419,
            True,
        )
        assert not Session.objects.filter(user=vilma).exists(), "the session has ended"
        ended = Event.objects.filter(verb="session.ended").latest("at")
        assert b'"ended_by":"assurance"' in bytes(ended.body)
    assert list(Authenticator.objects.filter(user=vilma).order_by("pk").values()) == before
    assert User.objects.get(pk=vilma.pk).password == vilma.password
    for page in ("account_reauthenticate", "mfa_reauthenticate"):
        weak = signed_in.browser(vilma, strong=False)
        weak.post(reverse(page), {"code": codes[0], "password": worlds.PASSWORD})
        assert not Session.objects.filter(user=vilma).exists()
    assert recovery_codes.count(user=vilma.pk) == 10
    assert "session.reauthenticated" not in recorded_verbs(vilma)


def sign_in_of(member: Membership, session_key: str) -> SignIn:
    """A sign-in to a service from this session."""
    now = clock.now()
    return SignIn.objects.create(
        session_key=session_key,
        user=member.user,
        membership=member,
        user_epoch=1,
        membership_epoch=1,
        auth_time=now,
        started_at=now,
        last_seen_at=now,
    )


def test_first_factor_ends_every_other_session(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    here, there, _ = (signed_in.browser(one, strong=False) for one in (ida, ida, world.olli))
    elsewhere = sign_in_of(ida, signed_in.session_of(there).stored_key())
    secret = here.get(reverse("mfa_activate_totp")).context["form"].secret
    done: Any = here.post(reverse("mfa_activate_totp"), {"code": code_from(secret)})
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    assert (here.is_signed_in, there.is_signed_in) == (True, False)
    assert Session.objects.filter(user=world.olli.user_id).exists()
    assert SignIn.objects.get(pk=elsewhere.pk).ended_at is not None
    assert not TokenFamily.objects.filter(sign_in=elsewhere.pk, ended_at=None).exists()
    assert recorded_verbs(ida.user)[-3:] == ["factor.added", "session.ended", "factor.added"]
    mail = text_of(Mail.objects.get(purpose="security_changed", about=ida.user_id))
    assert "An authenticator app was connected." in mail
    assert "You were signed out in your other browsers." in mail


def test_sessions_that_the_first_factor_ends_end_at_one_instant(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    here, *others = (signed_in.browser(ida, strong=False) for _ in range(3))
    ended = [sign_in_of(ida, signed_in.session_of(other).stored_key()).pk for other in others]
    secret = here.get(reverse("mfa_activate_totp")).context["form"].secret
    assert here.post(reverse("mfa_activate_totp"), {"code": code_from(secret)}).status_code == 302
    instants = set(SignIn.objects.filter(pk__in=ended).values_list("ended_at", flat=True))
    assert (len(instants), None in instants) == (1, False)


def test_second_factor_of_a_person_ends_no_session(world: World) -> None:
    aino = world.aino
    with worlds.bypassing_commands():
        Authenticator.objects.filter(user=aino.user).update(
            type="webauthn", data={"name": "Key", "credential": {}}
        )
    here, there = signed_in.browser(aino), signed_in.browser(aino)
    secret = here.get(reverse("mfa_activate_totp")).context["form"].secret
    here.post(reverse("mfa_activate_totp"), {"code": code_from(secret)})
    assert Authenticator.objects.filter(user=aino.user, type="totp").exists()
    assert (here.is_signed_in, there.is_signed_in) == (True, True)


def test_role_that_newly_demands_a_factor_ends_a_session_with_the_password(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    browser = BrowserClient().sign_in(ida.user)
    home = reverse("home", kwargs={"organization": "koskela"})
    assert browser.get(home).status_code == 200
    world.change(ida, world.access("orderer"))
    assert browser.get(home)["Location"] == f"{reverse('account_login')}?next=%2Fo%2Fkoskela%2F"
    assert recorded_verbs(ida.user)[-1] == "session.ended"
    assert not Session.objects.filter(user=ida.user).exists()
    browser.sign_in(ida.user)
    assert browser.get(home)["Location"] == reverse("mfa_index")


def test_confirming_asks_for_the_password_and_then_for_the_code(world: World) -> None:
    """A password typed a moment ago once let a person remove the second factor."""
    vilma = world.vilma.user
    browser = signed_in.browser(vilma, ago=3 * HOUR)
    url = reverse("mfa_deactivate_totp")
    asked: Any = browser.get(url)
    assert asked["Location"] == f"{reverse('account_reauthenticate')}?next={url.replace('/', '%2F')}"
    half: Any = browser.post(reverse("account_reauthenticate"), {"password": worlds.PASSWORD, "next": url})
    assert half["Location"].startswith(reverse("mfa_reauthenticate"))
    kept: Any = browser.post(url)
    assert kept.status_code == 419
    page: Any = browser.get(half["Location"])
    assert page.context["reauthentication_alternatives"] == [], "the password is proved"
    assert Authenticator.objects.filter(user=vilma, type="totp").exists()
    done: Any = browser.post(half["Location"], {"code": code_of(vilma), "next": url})
    assert done["Location"] == url
    assert browser.post(url).status_code == 302
    assert not Authenticator.objects.filter(user=vilma).exists()


def test_invitation_is_resent_only_after_a_new_proof_and_cancelled_without_one(world: World) -> None:
    """Who resends an invitation becomes its sender, and a renewed link gives access like a new one."""
    invitation, _ = world.invite(world.koskela, "new@koskela.example", world.access("viewer"))
    worlds.move_clock(8 * 24 * HOUR)
    browser = signed_in.browser(world.aino, ago=3 * HOUR)
    url = reverse("invitations", kwargs={"organization": "koskela"})
    form = {"do": f"resend:{invitation.id}", "idempotency_key": "b1"}
    kept: Any = browser.post(url, form)
    text = kept.content.decode()
    assert kept.status_code == 419
    assert (f'value="resend:{invitation.id}"' in text, reverse("account_reauthenticate") in text) == (
        True,
        True,
    )
    invitation.refresh_from_db()
    assert invitation.expires_at < clock.now()
    proved = signed_in.browser(world.aino)
    assert proved.post(url, form)["Location"] == "/o/koskela/people"
    invitation.refresh_from_db()
    assert invitation.expires_at > clock.now()
    cancel = reverse("invitation_cancel", kwargs={"organization": "koskela", "invitation": invitation.id})
    assert browser.post(cancel).status_code == 302
    invitation.refresh_from_db()
    assert invitation.cancelled_at is not None


def test_form_that_gives_access_is_kept_while_the_person_confirms(world: World) -> None:
    browser = signed_in.browser(world.aino, ago=3 * HOUR)
    url = reverse("invite", kwargs={"organization": "koskela"})
    kept: Any = browser.post(url, {"email": "kept@koskela.example"})
    text = kept.content.decode()
    assert kept.status_code == 419
    assert ('value="kept@koskela.example"' in text, reverse("account_reauthenticate") in text) == (True, True)
