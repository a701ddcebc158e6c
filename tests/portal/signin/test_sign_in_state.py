"""Everything that people do to their own sign-in is stated by events.

After each test, `state_checked` compares the tables with the log.
"""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.models import Event
from delegation.invitations.commands import accept as invitations_accept
from delegation.people.commands import members as people_commands
from delegation.people.commands import self_service
from identity.memberships.models import Membership
from identity.organizations.models import Site
from identity.people.models import User
from identity.sessions.models import Session
from portal.signin.customers import event_transaction
from provisioning.mail import bounces
from provisioning.mail.models import Mail
from tests.fixtures import events, oidc_browser, state_check
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient, code_from
from tests.fixtures.hashers import CheapArgon2id
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.world import World, actor_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]


def facts_of(user: User, verb: str) -> Mapping[str, Any]:
    """The facts of the newest event of this type in the person's chain."""
    event = Event.objects.filter(chain=user.id, verb=verb).latest("at")
    facts: Mapping[str, Any] = events.body(event)["facts"]
    return facts


def connect_app(browser: BrowserClient) -> None:
    page = browser.get(reverse("mfa_activate_totp"))
    code = code_from(page.context["form"].secret)
    assert browser.post(reverse("mfa_activate_totp"), {"code": code})["Location"] == reverse(
        "mfa_view_recovery_codes"
    )


def test_view_within_another_one_fails_instead_of_adding_to_its_events(world: World) -> None:
    request: Any = SimpleNamespace(context=SimpleNamespace(actor=world.system))
    with (
        event_transaction.event_transaction(request) as batch,
        pytest.raises(RuntimeError, match="durable"),
        event_transaction.event_transaction(request),
    ):
        pass
    assert event_transaction.current_batch() is None
    assert batch.drafts == []


def test_sign_in_names_the_session_and_its_epoch(world: World) -> None:
    olli = world.olli.user
    BrowserClient().sign_in(olli)
    session = Session.objects.get(user=olli)
    facts = facts_of(olli, "sign_in.succeeded")
    assert (facts["session"], facts["epoch"]) == (session.session_key, session.epoch) == (session.pk, 1)


def test_sign_out_names_the_session_that_ended(world: World) -> None:
    olli = world.olli.user
    browser = BrowserClient().sign_in(olli)
    key = Session.objects.get(user=olli).session_key
    browser.post(reverse("account_logout"))
    assert facts_of(olli, "session.ended")["ended_session"] == key


def test_end_of_a_session_clears_the_browser_s_storage_and_keeps_it_known(world: World) -> None:
    browser = BrowserClient().sign_in(world.olli.user)
    during = browser.get(reverse("mfa_index"))
    after = browser.post(reverse("account_logout"))
    assert ("Clear-Site-Data" in during, after["Clear-Site-Data"]) == (False, '"storage"')


def test_sessions_ended_one_by_one_and_together_leave_no_difference(world: World) -> None:
    olli = world.olli.user
    browsers = [BrowserClient().sign_in(olli)]
    for _ in range(2):
        worlds.move_clock(120 * len(browsers))
        browsers.append(BrowserClient().sign_in(olli))
    key = Session.objects.filter(user=olli).latest("created_at").session_key
    self_service.sign_out(actor=actor_of(olli), person=olli, session=key)
    assert Session.objects.filter(user=olli).count() == 2
    assert state_check.differences() == []
    self_service.sign_out(actor=actor_of(olli), person=olli)
    assert User.objects.get(id=olli.id).epoch == 2


def test_second_person_in_one_browser_leaves_no_difference(world: World) -> None:
    browser = BrowserClient().sign_in(world.olli.user)
    browser.post(reverse("account_logout"))
    browser.sign_in(world.vilma.user)
    assert Session.objects.get(user__isnull=False).user_id == world.vilma.user_id


def test_first_factor_new_codes_and_removal_leave_no_difference(world: World) -> None:
    ida = world.member(world.koskela, "Ida Ranta", "viewer", factor=False).user
    browser = BrowserClient().sign_in(ida)
    connect_app(browser)
    added = Authenticator.objects.get(user=ida, type="totp").pk
    assert state_check.differences() == []
    browser.post(reverse("mfa_generate_recovery_codes"))
    assert state_check.differences() == []
    browser.post(reverse("mfa_deactivate_totp"))
    assert facts_of(ida, "factor.removed")["removed"] in {added, added + 1, added + 2}
    assert not Authenticator.objects.filter(user=ida, type="totp").exists()


@pytest.mark.parametrize("is_signed_in", [True, False], ids=["changed", "reset by mail"])
def test_new_password_leaves_no_difference(world: World, is_signed_in: bool) -> None:  # noqa: FBT001
    olli = world.olli.user
    browser = BrowserClient()
    if is_signed_in:
        browser.sign_in(olli)
        body = {"oldpassword": worlds.PASSWORD, "password1": NEW_PASSWORD}
        assert browser.post(reverse("account_change_password"), body).status_code == 302
    else:
        form = browser.get(recovery_link(browser, olli))["Location"]
        assert browser.post(form, {"password1": NEW_PASSWORD}).status_code == 302
    worlds.move_clock(120)
    assert User.objects.get(id=olli.id).epoch == 2
    BrowserClient().sign_in_with(olli, NEW_PASSWORD)


def test_rehashed_password_leaves_no_difference(world: World) -> None:
    hasher = CheapArgon2id()
    hasher.memory_cost *= 2
    older = hasher.encode(worlds.PASSWORD, hasher.salt())
    with worlds.bypassing_commands():
        User.objects.filter(pk=world.olli.user_id).update(password=older)
    assert [one.column for one in state_check.differences()] == ["password"]
    BrowserClient().sign_in(world.olli.user)


def test_sign_in_to_a_service_reauthentication_and_removal_leave_no_difference(world: World) -> None:
    browser = BrowserClient().sign_in(world.olli.user)
    oidc_browser.redeem(world, oidc_browser.code(browser))
    browser.post(reverse("account_reauthenticate"), {"password": worlds.PASSWORD})
    assert state_check.differences() == []
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.olli])
    assert state_check.differences() == []
    people_commands.restore(
        actor=actor_of(world.aino), memberships=[world.olli], access=world.access("viewer")
    )


def test_person_of_two_organizations_keeps_the_epoch_at_the_first_removal(world: World) -> None:
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko])
    assert User.objects.get(id=world.mikko.user_id).epoch == 1
    assert state_check.differences() == []
    people_commands.remove(actor=actor_of(world.tiina), memberships=[world.mikko_at_pohjola])
    assert User.objects.get(id=world.mikko.user_id).epoch == 2


def test_bounced_mail_and_a_reset_leave_no_difference(world: World) -> None:
    olli = world.olli.user
    link = recovery_link(BrowserClient(), olli)
    mails = [Mail.objects.latest("created_at")]
    with bounces.recording_under_locks(mails=mails) as batch:
        bounces.mark_undeliverable(batch=batch, mails=mails, at=clock.now())
    assert User.objects.get(id=olli.id).mail_bounced_at is not None
    assert state_check.differences() == []
    browser = BrowserClient()
    browser.post(browser.get(link)["Location"], {"password1": NEW_PASSWORD})
    assert User.objects.get(id=olli.id).mail_bounced_at is None


def accept(world: World, who: Membership, *, sender: Actor, sites: list[Site] | None = None) -> None:
    """Invite this person again and accept as them."""
    access = world.access("viewer", sites=sites)
    invitation, link = world.invite(world.koskela, who.user.email, access, actor=sender)
    invitations_accept.accept(actor=actor_of(who), invitation=invitation, link=link, accepted_by=who.user)


def test_acceptance_by_a_leaver_leaves_no_difference(world: World) -> None:
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.vilma])
    accept(world, world.vilma, sender=world.system)


def test_acceptance_by_a_member_hidden_from_the_sender_leaves_no_difference(world: World) -> None:
    accept(world, world.mikko, sender=actor_of(world.sami), sites=[world.oulu])
    assert world.mikko.assignments.count() == 2
    assert state_check.differences() == []
    world.change(world.mikko, world.access("viewer"))
    assert state_check.differences() == []
    people_commands.remove(actor=actor_of(world.aino), memberships=[world.mikko])
