"""Accepting an invitation, from the link in the mail to the start page."""

import datetime as dt
from collections import Counter
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from audit.foundation import clock
from delegation.invitations import links
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from identity.memberships import queries as memberships_queries
from identity.memberships.models import Membership
from identity.people.models import User
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.recovery import NEW_PASSWORD, recovery_link
from tests.fixtures.world import World

ADDRESS = "ida@koskela.example"
GOOD = {"name": "Ida Ranta", "password": "violet lamps on water"}


def invite(
    world: World, address: str = ADDRESS, role: str = "orderer", **more: object
) -> tuple[Invitation, str]:
    wanted = world.access(role, sites=[world.tampere], amount=5000)
    invitation, link = world.invite(
        world.koskela, address, wanted, actor=worlds.actor_of(world.aino), name="Ida"
    )
    return invitation, reverse("invitation_accept", kwargs={"token": link})


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_invitation_page_shows_the_sender_and_the_offered_access(world: World) -> None:
    _, path = invite(world)
    page = BrowserClient().get(path)
    assert page.status_code == 200
    for said in ("Aino Virtanen invites you", "Rakennusliike Koskela Oy", ADDRESS, "Accept invitation"):
        assert said in text(page)
    assert (
        "order in the web shop, up to 5\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}€ an order, at Tampere"
        in text(page)
    )
    assert 'value="Ida"' in text(page)
    assert page["Referrer-Policy"] == "same-origin"
    chosen = BrowserClient()
    chosen.cookies["kh-language-choice"] = "fi"
    assert "tilata verkkokaupasta" in text(chosen.get(path))


def test_newcomer_with_a_strong_role_continues_to_the_second_factor(world: World) -> None:
    invitation, path = invite(world)
    browser = BrowserClient()
    done = browser.post(path, GOOD)
    assert done.status_code == 302, text(done)
    assert done["Location"] == reverse("mfa_index")
    step = text(browser.get(done["Location"]))
    assert "You have joined Rakennusliike Koskela Oy. Add a second sign-in method" in step
    assert not [
        one for one in ('class="kh-nav"', "kh-back", reverse("account_change_password")) if one in step
    ]
    assert browser.get(reverse("mfa_activate_totp")).status_code == 200  # not asked for the password again
    ida = User.objects.get(email=ADDRESS)
    assert ida.name == "Ida Ranta"
    assert Membership.objects.get(user=ida).organization == world.koskela
    assert Invitation.objects.get(pk=invitation.pk).accepted_at is not None


def test_newcomer_with_a_weak_role_continues_to_the_start_page(world: World) -> None:
    _, path = invite(world, role="viewer")
    assert BrowserClient().post(path, GOOD)["Location"] == "/"


BAD = [
    ({}, "name"),
    ({"name": ""}, "name"),
    ({"name": " \t "}, "name"),
    ({"name": "x" * 201}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": "a\x1fb"}, "name"),
    ({"password": ""}, "password"),
    ({"password": "short"}, "password"),
    ({"password": "x" * 1001}, "password"),
    ({"password": "violet\x00lamps on water"}, "password"),
    ({"password": ADDRESS}, "password"),
    ({"password": "ida ranta 123"}, "password"),
    ({"password": "qwerty123456"}, "password"),
]


def test_acceptance_with_invalid_input_names_the_field_and_keeps_the_name(world: World) -> None:
    _, path = invite(world)
    for wrong, field in BAD:
        page = BrowserClient().post(path, {**GOOD, **wrong} if wrong else {})
        assert page.status_code == 200, wrong
        assert field in page.context["form"].errors, wrong
        if field == "password":
            assert 'value="Ida Ranta"' in text(page)
            assert f'value="{wrong["password"]}"' not in text(page).replace('value=""', "").replace(
                f'autocomplete="username" value="{ADDRESS}"', ""
            )
    assert not User.objects.filter(email=ADDRESS).exists()


def test_address_organization_and_role_come_from_the_invitation_alone(world: World) -> None:
    _, path = invite(world, role="viewer")
    BrowserClient().post(
        path,
        {
            **GOOD,
            "email": "evil@x.example",
            "role": "organization_admin",
            "organization": str(world.pohjola.pk),
        },
    )
    (membership,) = Membership.objects.filter(user__email=ADDRESS)
    assert membership.organization == world.koskela
    assert [one.role.key for one in membership.assignments.all()] == ["viewer"]
    assert not User.objects.filter(email="evil@x.example").exists()


def test_unknown_used_cancelled_and_expired_links_are_refused(world: World) -> None:
    _invitation, path = invite(world)
    unknown = BrowserClient().get(path[:-1] + ("a" if path[-1] != "a" else "b"))
    assert (unknown.status_code, "does not work" in text(unknown)) == (404, True)
    assert ADDRESS not in text(unknown)
    for wrong in ("x", "khi_", "khi_" + "ä" * 50, "khi_" + "x" * 5000):
        assert BrowserClient().get(reverse("invitation_accept", kwargs={"token": wrong})).status_code == 404
    invited = BrowserClient()
    invited.post(path, GOOD)
    used = invited.get(path)
    assert (used.status_code, "has been accepted" in text(used)) == (410, True)
    assert BrowserClient().post(path, GOOD).status_code == 410
    other, path = invite(world, "two@koskela.example")
    invitations_send.cancel(actor=worlds.actor_of(world.aino), invitations=[other])
    assert BrowserClient().get(path).status_code == 410
    _, path = invite(world, "three@koskela.example")
    worlds.move_clock(7 * 24 * 3600 + 1)
    assert BrowserClient().get(path).status_code == 410
    assert BrowserClient().post(path, GOOD).status_code == 410
    assert not User.objects.filter(email__in=["two@koskela.example", "three@koskela.example"]).exists()


def test_closed_link_shows_its_state_to_the_invited_person_only(world: World) -> None:
    used, cancelled, late = (
        invite(world, f"{name}@koskela.example", "viewer") for name in ("one", "two", "three")
    )
    invited = BrowserClient()
    invited.post(used[1], GOOD)
    invitations_send.cancel(actor=worlds.actor_of(world.aino), invitations=[cancelled[0]])
    with worlds.bypassing_commands():
        Invitation.objects.filter(pk=late[0].pk).update(expires_at=late[0].created_at)
    strangers = [BrowserClient(), BrowserClient().sign_in(world.stina.user)]
    for stranger in strangers:
        pages = [text(stranger.get(path)) for _, path in (used, cancelled, late)]
        for page in pages:
            assert "This invitation is no longer valid" in page
            assert not [one for one in ("Aino", "Koskela", "koskela.example") if one in page]
    assert "has been accepted" in text(invited.get(used[1]))


def test_invitation_of_a_sender_without_authority_is_refused(world: World) -> None:
    _, path = invite(world)
    world.change(world.aino, world.access("viewer"), by=world.paivi)
    gone = BrowserClient().post(path, GOOD)
    assert (gone.status_code, "is no longer valid" in text(gone)) == (410, True)
    assert not User.objects.filter(email=ADDRESS).exists()


def test_invitation_from_before_the_removal_is_refused_to_the_leaver(world: World) -> None:
    stina = world.stina.user
    first, second = (invite(world, email, "viewer")[1] for email in (stina.email, "stina@home.example"))
    browser = BrowserClient().sign_in(stina, to=first)
    browser.post(first)
    worlds.move_clock(60)
    world.remove(Membership.objects.get(user=stina, organization=world.koskela))
    with worlds.bypassing_commands():
        EmailAddress.objects.create(user=stina, email="stina@home.example", verified=True)
    browser = BrowserClient().sign_in(stina)
    gone = browser.post(second)
    assert (gone.status_code, "This invitation was cancelled" in text(gone)) == (410, True)


def test_existing_person_signs_in_and_accepts(world: World) -> None:
    stina = world.stina.user
    _, path = invite(world, stina.email, role="viewer")
    browser = BrowserClient()
    page = browser.get(path)
    assert "Sign in to accept" in text(page)
    assert page.context["form"] is None
    assert browser.post(path, GOOD).status_code == 200  # an existing person sets no name and no password
    assert not Membership.objects.filter(user=stina, organization=world.koskela).exists()
    browser.sign_in(stina, to=path)
    assert "Accept invitation" in text(browser.get(path))
    assert browser.post(path)["Location"] == "/o/koskela/"
    assert Membership.objects.filter(user=stina, organization=world.koskela).exists()


def test_other_person_is_refused_and_can_sign_out(world: World) -> None:
    _, path = invite(world)
    browser = BrowserClient().sign_in(world.stina.user)
    other = browser.get(path)
    assert (other.status_code, "for another address" in text(other)) == (403, True)
    assert browser.post(path, GOOD).status_code == 403
    assert browser.get(path + "/sign-out").status_code == 405
    assert browser.post(path + "/sign-out")["Location"] == path
    assert browser.get(path).status_code == 200
    assert not browser.is_signed_in


def test_further_address_is_accepted_only_when_verified(world: World) -> None:
    """The link was mailed to that address only, so opening it proves that the person reads its mail."""
    tiina = world.tiina.user
    browser = BrowserClient().sign_in(tiina)
    _, path = invite(world, "tiina@home.example")
    with worlds.bypassing_commands():
        claimed = EmailAddress.objects.create(user=tiina, email="tiina@home.example", verified=False)
    assert browser.get(path).status_code == 403
    with worlds.bypassing_commands():
        EmailAddress.objects.filter(pk=claimed.pk).update(verified=True)
    assert BrowserClient().get(path).status_code == 200  # to sign in, not to become a second person
    assert BrowserClient().sign_in(world.stina.user).get(path).status_code == 403
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code == 302
    assert Membership.objects.filter(organization=world.koskela, user=tiina).exists()


def test_concurrent_acceptances_create_one_member(world: World) -> None:
    _, path = invite(world)

    def accept() -> int:
        return BrowserClient().post(path, GOOD).status_code

    assert Counter(run_concurrently(*[accept] * 4)) == {302: 1, 410: 3}
    assert Membership.objects.filter(user__email=ADDRESS).count() == 1


def left(world: World, *, invited_first: bool, by: str) -> tuple[User, str]:
    """Vilma leaves her only organization and is invited, before or afterwards. Returns the path of the link."""
    organization, sender = (world.koskela, world.aino) if by == "koskela" else (world.pohjola, world.tiina)
    user, access = world.vilma.user, world.access("viewer")

    def path() -> str:
        _, link = world.invite(organization, user.email, access, actor=worlds.actor_of(sender))
        return reverse("invitation_accept", kwargs={"token": link})

    if invited_first:
        early = path()
        world.remove(world.vilma)
        return user, early
    world.remove(world.vilma)
    return user, path()


@pytest.mark.parametrize(("by", "invited_first"), [("koskela", False), ("pohjola", False), ("pohjola", True)])
@pytest.mark.parametrize("password", ["known", "reset"])
def test_leaver_without_organization_accepts_a_new_invitation(
    world: World,
    by: str,
    invited_first: bool,  # noqa: FBT001 - a parameter of the test
    password: str,
) -> None:
    user, path = left(world, invited_first=invited_first, by=by)
    browser = BrowserClient()
    assert "Sign in to accept" in text(browser.get(path))
    if password == "reset":
        opened = browser.get(recovery_link(browser, user), follow=True)
        browser.post(opened.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
        browser.sign_in_with(user, NEW_PASSWORD)
    else:
        browser.sign_in(user, to=path)
    assert "Accept invitation" in text(browser.get(path))
    assert browser.post(path)["Location"] == f"/o/{by}/"
    organization = world.koskela if by == "koskela" else world.pohjola
    now = memberships_queries.active(at=clock.now()).filter(user=user)
    assert [row.organization for row in now] == [organization]


def test_leaver_with_an_invitation_reads_on_the_start_page_how_to_accept(world: World) -> None:
    user, _ = left(world, invited_first=False, by="koskela")
    browser = BrowserClient().sign_in(user)
    start = browser.get("/")
    assert (start.status_code, "open the link in the mail" in text(start)) == (403, True)
    former = browser.get(f"/o/{world.koskela.key}/")
    assert (former.status_code, "Your access has ended" in text(former)) == (403, True)


NOTHING, DAY = dt.timedelta(), dt.timedelta(days=1)
CLOSED: dict[str, dict[str, object]] = {
    "cancelled": {"cancelled_at": NOTHING},
    "accepted": {"accepted_at": NOTHING},
    "expired": {"expires_at": NOTHING},
    "to another address": {"email": "vilma@elsewhere.example"},
    "sent before leaving": {"expires_at": links.VALIDITY - DAY},
}
"""By state, the changed columns of the invitation; instants from now on."""


@pytest.mark.parametrize("case", CLOSED)
def test_leaver_without_an_acceptable_invitation_cannot_sign_in(world: World, case: str) -> None:
    user, _ = left(world, invited_first=False, by="koskela")
    invitation = Invitation.objects.get(email=user.email, accepted_at=None)
    changed = {
        column: clock.now() + value if isinstance(value, dt.timedelta) else value
        for column, value in CLOSED[case].items()
    }
    with worlds.bypassing_commands():
        Invitation.objects.filter(id=invitation.id).update(**changed)
    assert BrowserClient().password(user)["Location"] == reverse("account_inactive")


def test_leaver_without_an_invitation_cannot_sign_in(world: World) -> None:
    world.remove(world.vilma)
    browser = BrowserClient()
    assert browser.password(world.vilma.user)["Location"] == reverse("account_inactive")
    assert not browser.is_signed_in
