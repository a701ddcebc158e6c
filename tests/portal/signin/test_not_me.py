"""“This was not me”: a link of a mail blocks the sign-in of its person, once, and does nothing for anyone else."""

import datetime as dt
import re
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import signing
from django.urls import reverse

from audit import installation
from audit.foundation import clock
from audit.models import Event
from delegation.takeover_reports.models import TakeoverReport
from identity.people.models import User
from identity.sessions.models import Session
from portal.signin.customers import not_me_links, rate_limits
from provisioning.mail.models import Mail
from tests.fixtures import signed_in, state_check
from tests.fixtures.browser_client import BrowserClient, code_from
from tests.fixtures.pages import visible_text
from tests.fixtures.queued_mails import text_of
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600
NO_LINK = "This link does not work"


def add_app(browser: BrowserClient) -> None:
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    assert browser.post(reverse("mfa_activate_totp"), {"code": code_from(secret)}).status_code == 302


def mailed_link(user: User) -> str:
    mail = Mail.objects.filter(purpose="security_changed", about=user.pk).latest("created_at")
    found = re.search(r"http://localhost:8000(/account/not-me/\S+/)", text_of(mail))
    assert found
    return found[1]


def address(user: User, changed_at: dt.datetime) -> str:
    return reverse("account_not_me", args=[not_me_links.make(user=user, changed_at=changed_at)])


def blocks() -> int:
    return Event.objects.filter(verb="takeover.report", subject_kind="user", outcome="done").count()


def test_link_of_a_mail_blocks_the_sign_in_once_and_the_mailbox_sets_a_new_password(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    olli, before = signed_in.browser(world.olli), clock.now()
    intruder = signed_in.browser(ida, strong=False)
    add_app(intruder)
    link, visitor = mailed_link(ida.user), BrowserClient()
    events = Event.objects.count()
    for _ in range(2):
        shown = visitor.get(link)
        assert "Was this not you?" in visible_text(shown)
    assert (Event.objects.count(), intruder.is_signed_in) == (events, True), "GET changes nothing"

    assert intruder.post(link)["Location"] == link, "also in a browser of the same person"
    user = User.objects.get(pk=ida.user_id)
    assert not user.has_usable_password()
    assert not Authenticator.objects.filter(user=user).exists(), (
        "the app, and the recovery codes made with it"
    )
    assert not Session.objects.filter(user=user).exists()
    assert (intruder.is_signed_in, olli.is_signed_in) == (False, True)
    assert "Your sign-in is blocked" in visible_text(visitor.get(link))
    blocked = Mail.objects.get(purpose="sign_in_blocked", about=user.pk)
    assert "Your sign-in was blocked at your request" in text_of(blocked)
    (shown_there,) = Event.objects.filter(verb="takeover.report", organization=world.koskela.id)
    assert (shown_there.subject, shown_there.subject_kind) == (ida.id, "membership")

    new = {"password1": NEW_PASSWORD}
    form: Any = visitor.get(recovery_link(visitor, user))
    assert visitor.post(form["Location"], new).status_code == 302
    after = signed_in.browser(ida, strong=False)
    add_app(after)
    assert visitor.post(link)["Location"] == link
    assert "Your sign-in is blocked" in visible_text(visitor.get(link))
    assert (blocks(), after.is_signed_in) == (1, True), "a used link does nothing"
    newer = mailed_link(user)
    assert visitor.post(address(user, before)).status_code == 302
    kept = Authenticator.objects.filter(user=user, type="totp").exists()
    assert (blocks(), kept, after.is_signed_in) == (2, True, False), "what the person set up afterwards stays"
    assert visitor.post(newer).status_code == 302
    assert (blocks(), TakeoverReport.objects.count()) == (3, 3), "a later change has a link of its own"
    wrong = {difference.table for difference in state_check.differences()}
    assert wrong <= {"identity_session"}, "sessions of these browsers have no sign-in in the log"


def test_link_of_an_earlier_mail_removes_what_the_report_of_the_newest_mail_left(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False)
    add_app(signed_in.browser(ida, strong=False))
    earlier, newest = mailed_link(ida.user), address(ida.user, clock.now())
    left, visitor = Authenticator.objects.filter(user=ida.user), BrowserClient()
    for link, has_app in ((newest, True), (newest, True), (earlier, False), (earlier, False)):
        assert visitor.post(link)["Location"] == link
        assert (left.filter(type="totp").exists(), left.exists()) == (has_app, has_app)
        assert "Your sign-in is blocked" in visible_text(visitor.get(link))
    second, first = TakeoverReport.objects.order_by("-reported_at")
    assert (blocks(), second.covered_until, first.covered_until) == (2, first.changed_at, first.reported_at)


def test_link_of_another_purpose_person_age_or_restore_does_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    vilma, at, visitor = world.vilma.user, clock.now(), BrowserClient()
    good = not_me_links.make(user=vilma, changed_at=at)
    facts, _, signature = good.rpartition(".")
    olli = facts.replace(vilma.pk.hex, world.olli.user_id.hex)
    forged = [
        f"{olli}.{signature}",
        signing.Signer(salt="keyholder.device", sep=".").sign(facts),
        signing.Signer(salt="keyholder.not-me", sep=".").sign(facts),
        good[:-1],
        "x",
    ]
    for token in forged:
        for answer in (visitor.get(f"/account/not-me/{token}/"), visitor.post(f"/account/not-me/{token}/")):
            assert (answer.status_code, NO_LINK in visible_text(answer)) == (404, True), token
    signed_link = f"/account/not-me/{good}/"
    assert visitor.get(signed_link).status_code == 200
    with monkeypatch.context() as restored:
        restored.setattr(installation, "load", lambda: SimpleNamespace(incarnation=99))
        assert visitor.post(signed_link).status_code == 404
    move_clock(14 * DAY)
    assert visitor.post(signed_link).status_code == 404
    assert blocks() == 0


def test_link_works_for_a_person_who_was_removed_meanwhile(world: World) -> None:
    link = address(world.mikko_at_pohjola.user, clock.now())
    world.remove(world.mikko)
    world.remove(world.mikko_at_pohjola, by=world.tiina)
    visitor = BrowserClient()
    assert visitor.post(link).status_code == 302
    assert "Your sign-in is blocked" in visible_text(visitor.get(link))
    assert Event.objects.filter(verb="takeover.report").count() == 1, "no organization is concerned any more"


def test_requests_of_links_are_limited(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        rate_limits, "REQUESTS", rate_limits.Limit("requests-few", "requests", "network", 2, 3600)
    )
    link, visitor = address(world.vilma.user, clock.now()), BrowserClient()
    assert [visitor.get(link).status_code for _ in range(3)] == [200, 200, 429]
