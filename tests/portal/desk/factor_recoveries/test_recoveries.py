"""Support opens a request, another person agrees, and the person replaces the lost factor at the sign-in."""

import pytest
from django.urls import reverse

from delegation.factor_recoveries.models import FactorRecovery
from identity.people.models import User
from portal.desk.factor_recoveries.context import OpenRecoveryPage, RecoveryPage
from portal.desk.home.context import DeskHomePage
from provisioning.mail import stored
from provisioning.mail.models import Mail
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.pages import page_model, visible_text
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
REPLACE = "Replace lost sign-in methods"
FORM = {"recognition": "called_back", "proof": "Called +358 40 0118", "idempotency_key": "k1"}


def opening(world: World) -> str:
    return f"/staff/organizations/koskela/people/{world.vilma.id}/recovery"


def mails() -> list[str]:
    rows = Mail.objects.filter(purpose="factor_recovery")
    names = dict(User.objects.values_list("email", "name"))
    return sorted(names[stored.recipient(row=row)].split()[0] for row in rows)


def test_lost_factor_is_replaced_after_two_people_and_a_wait(desk: Desk) -> None:
    world = desk.world
    support, senior = desk.browser("support"), desk.browser("senior_support")
    assert page_model(support.get(opening(world)), OpenRecoveryPage).name == world.vilma.user.name
    assert support.post(opening(world), {"proof": ""}).status_code == 200
    assert FactorRecovery.objects.count() == 0
    urls = {support.post(opening(world), FORM)["Location"] for _ in range(2)}
    (url,) = urls
    assert senior.post(opening(world), {**FORM, "idempotency_key": "k9"})["Location"] == url
    mailed = mails()
    assert ("Vilma" in mailed, "Aino" in mailed, len(mailed)) == (True, True, len(set(mailed)))

    own = page_model(support.get(url), RecoveryPage)
    assert (own.agrees, own.is_own, own.refuses) == (False, True, True)
    support.post(url, {"step": "agree", "note": "", "idempotency_key": "k2"})
    assert FactorRecovery.objects.get().state == "open"
    (line,) = page_model(senior.get("/staff/"), DeskHomePage).recoveries
    assert (line.url, line.opened_by) == (url, "Sanna Heikkilä")
    seen = page_model(senior.get(url), RecoveryPage)
    assert (seen.agrees, seen.proof) == (True, "Called +358 40 0118")
    senior.post(url, {})
    for _ in range(2):
        assert senior.post(url, {"step": "agree", "note": "", "idempotency_key": "k3"})["Location"] == url
    assert FactorRecovery.objects.get().state == "agreed"
    assert mails().count("Vilma") == 2

    replace = reverse("mfa_replace_lost")
    browser = BrowserClient()
    assert browser.get(replace)["Location"] == reverse("account_login")
    browser.password(world.vilma.user)
    assert REPLACE not in visible_text(browser.get(reverse("mfa_authenticate")))
    assert browser.post(replace)["Location"] == reverse("mfa_authenticate")
    move_clock(3601)
    other = BrowserClient()
    other.password(world.aino.user)
    assert REPLACE not in visible_text(other.get(reverse("mfa_authenticate")))
    assert other.post(replace)["Location"] == reverse("mfa_authenticate")
    browser = BrowserClient()
    browser.password(world.vilma.user)
    assert REPLACE in visible_text(browser.get(reverse("mfa_authenticate")))
    assert "vilma" in visible_text(browser.get(replace))
    assert FactorRecovery.objects.get().state == "agreed"
    assert browser.post(replace)["Location"] == f"{reverse('account_login')}?next={reverse('mfa_index')}"
    assert (FactorRecovery.objects.get().state, browser.is_signed_in) == ("used", False)
    assert (mails().count("Vilma"), mails().count("Aino")) == (3, 2)
    assert browser.post(replace)["Location"] == reverse("account_login")
    browser.password(world.vilma.user)
    assert browser.is_signed_in, "the password alone, until a new method is added"


def test_request_is_withdrawn_and_a_password_changed_meanwhile_counts_for_nothing(desk: Desk) -> None:
    world = desk.world
    support, senior = desk.browser("support"), desk.browser("senior_support")
    url = support.post(opening(world), FORM)["Location"]
    senior.post(url, {"step": "agree", "note": "", "idempotency_key": "k3"})
    move_clock(3601)
    browser = BrowserClient()
    browser.password(world.vilma.user)
    pending = browser.session
    pending["account_login"]["state"]["stages"]["recheck"]["data"]["epoch"] = 7
    pending.save()
    replace = reverse("mfa_replace_lost")
    assert browser.post(replace)["Location"] == reverse("mfa_authenticate")
    desk.browser("support").post(url, {"step": "refuse", "note": "", "idempotency_key": "k4"})
    browser = BrowserClient()
    browser.password(world.vilma.user)
    assert browser.post(replace)["Location"] == reverse("mfa_authenticate")
    assert FactorRecovery.objects.get().state == "withdrawn"
    unknown = f"/staff/organizations/pohjola/recoveries/{FactorRecovery.objects.get().id}/"
    assert desk.browser("senior_support").get(unknown).status_code == 404
