"""Accepting, resending and inviting: each condition alone, with the row in place."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from audit.foundation import clock
from audit.foundation.errors import DomainError
from delegation.authorization import errors as authorization_errors
from delegation.invitations import links, queries
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation, InvitationToken
from identity import machine_secrets
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from tests.fixtures import world as worlds
from tests.fixtures.grant_conditions import changed
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "ida@koskela.example"
Case = tuple[Invitation, str]
Change = Callable[[World, Invitation], AbstractContextManager[None]]


def invited(world: World, email: str, *, by: Membership | None = None, role: str = "viewer") -> Case:
    """An invitation to Koskela and the secret of its link."""
    return world.invite(world.koskela, email, world.access(role), actor=actor_of(by or world.paivi))


def accept(world: World, case: Case, user: User | None) -> str:
    """The class and state of the refusal; empty for an acceptance."""
    invitation, link = case
    accepted_by = user or invitations_accept.Newcomer(
        name="Ida Ranta", password=worlds.hashed(), language="en"
    )
    actor = actor_of(user) if user else world.system
    try:
        invitations_accept.accept(actor=actor, invitation=invitation, link=link, accepted_by=accepted_by)
    except DomainError as refusal:
        return " ".join(filter(None, [type(refusal).__name__, str(refusal.data.get("state", ""))]))
    return ""


def _invitation(one: Invitation, **values: object) -> AbstractContextManager[None]:
    return changed(Invitation.objects.filter(id=one.id), **values)


def _user(who: Membership, **values: object) -> AbstractContextManager[None]:
    return changed(User.objects.filter(id=who.user_id), **values)


def _period(who: Membership, **values: object) -> AbstractContextManager[None]:
    return changed(MembershipPeriod.objects.filter(membership=who), **values)


def _now(one: Invitation) -> dt.datetime:
    return one.created_at


SHARED: dict[str, tuple[Change, str]] = {
    "used": (lambda _, i: _invitation(i, accepted_at=_now(i)), "InvitationGone used"),
    "cancelled": (lambda _, i: _invitation(i, cancelled_at=_now(i)), "InvitationGone cancelled"),
    "expired": (lambda _, i: _invitation(i, expires_at=_now(i)), "InvitationGone expired"),
    "sender removed": (
        lambda w, i: _period(w.paivi, valid_until=_now(i)),
        "InvitationGone sender_without_authority",
    ),
    "sender suspended": (
        lambda w, _: _period(w.paivi, state="suspended"),
        "InvitationGone sender_without_authority",
    ),
    "sender blocked": (
        lambda w, _: _user(w.paivi, is_active=False),
        "InvitationGone sender_without_authority",
    ),
    "sender of another organization": (
        lambda w, i: _invitation(i, invited_by=w.tiina.user_id),
        "InvitationGone sender_without_authority",
    ),
    "sender below the offered tier": (
        lambda w, i: _invitation(i, invited_by=w.vilma.user_id),
        "InvitationGone sender_without_authority",
    ),
    "organization closed": (
        lambda w, _: changed(Organization.objects.filter(id=w.koskela.id), status="closed"),
        "InvitationGone sender_without_authority",
    ),
}
OF_A_HOLDER: dict[str, tuple[Change, str]] = {
    "holder blocked": (lambda w, _: _user(w.stina, is_active=False), "WrongPerson"),
    "address of another holder": (
        lambda w, i: _invitation(i, email=w.tiina.user.email),
        "WrongPerson",
    ),
    "address of nobody": (lambda _, i: _invitation(i, email="nobody@koskela.example"), "WrongPerson"),
}
OF_A_NEWCOMER: dict[str, tuple[Change, str]] = {
    "address has a holder": (lambda w, i: _invitation(i, email=w.stina.user.email), "WrongPerson"),
    "address has a blocked holder": (
        lambda w, i: _invitation(i, email=w.olli.user.email),
        "WrongPerson",
    ),
}


def test_acceptance_by_an_address_owner_with_one_condition_changed_is_refused(
    world: World, subtests: pytest.Subtests
) -> None:
    """Each condition is restored, so that the invitation is accepted at the end."""
    case = invited(world, world.stina.user.email)
    for condition, (change, refusal) in (SHARED | OF_A_HOLDER).items():
        with subtests.test(condition), change(world, case[0]):
            assert accept(world, case, world.stina.user) == refusal
            assert not Membership.objects.filter(organization=world.koskela, user=world.stina.user).exists()
    assert accept(world, case, world.stina.user) == ""
    assert Membership.objects.filter(organization=world.koskela, user=world.stina.user).exists()


def test_acceptance_by_a_newcomer_with_one_condition_changed_is_refused(
    world: World, subtests: pytest.Subtests
) -> None:
    case, people = invited(world, ADDRESS), User.all_directories.count()
    for condition, (change, refusal) in (SHARED | OF_A_NEWCOMER).items():
        with subtests.test(condition), change(world, case[0]), _user(world.olli, is_active=False):
            assert accept(world, case, None) == refusal
            assert User.all_directories.count() == people
    assert accept(world, case, None) == ""
    assert User.objects.get(email=ADDRESS).name == "Ida Ranta"


def test_link_of_another_invitation_is_refused(world: World) -> None:
    mine, other = invited(world, world.stina.user.email), invited(world, ADDRESS)
    assert accept(world, (mine[0], other[1]), world.stina.user) == "InvitationGone unknown"
    assert accept(world, (other[0], mine[1]), None) == "InvitationGone unknown"
    for unknown in ("", "khi_unknown", mine[1][:-1], mine[1].upper()):
        assert accept(world, (mine[0], unknown), world.stina.user) == "InvitationGone unknown"
    assert accept(world, mine, world.stina.user) == ""
    assert accept(world, other, None) == ""


def test_link_leads_to_its_own_invitation_until_its_row_is_deleted(world: World) -> None:
    mine, other = invited(world, world.stina.user.email), invited(world, ADDRESS)
    for case in (mine, other):
        found = links.invitation_of_link(case[1])
        assert found is not None
        assert found.id == case[0].id
    for unknown in ("", "khi_unknown", mine[1].replace("khi_", "khc_"), mine[1].removeprefix("khi_")):
        assert links.invitation_of_link(unknown) is None
    with changed(InvitationToken.objects.filter(invitation=mine[0]), invitation=other[0].id):
        found = links.invitation_of_link(mine[1])
        assert found is not None
        assert found.id == other[0].id
        assert accept(world, mine, world.stina.user) == "InvitationGone unknown"
    assert accept(world, mine, world.stina.user) == ""


def test_stored_hash_is_found_only_under_the_link_s_own_prefix(world: World) -> None:
    """A secret with another prefix is not a link, even if its hash is stored here."""
    invitation, _ = invited(world, ADDRESS)
    with worlds.bypassing_commands():
        InvitationToken.objects.create(
            hash=machine_secrets.hash_secret("khr_secret"),
            invitation=invitation,
            created_at=invitation.created_at,
        )
    assert links.invitation_of_link("khr_secret") is None


def test_owner_of_a_further_address_is_accepted_only_when_it_is_verified(world: World) -> None:
    case = invited(world, "stina@home.example")
    assert accept(world, case, world.stina.user) == "WrongPerson"
    with worlds.bypassing_commands():
        EmailAddress.objects.create(user=world.stina.user, email="stina@home.example", verified=False)
    assert accept(world, case, world.stina.user) == "WrongPerson"
    with worlds.bypassing_commands():
        EmailAddress.objects.filter(email="stina@home.example").update(verified=True)
    assert accept(world, case, world.tiina.user) == "WrongPerson"
    assert accept(world, case, None) == "WrongPerson"
    assert accept(world, case, world.stina.user) == ""


PRESENT: dict[str, tuple[dict[str, object], str]] = {
    "active": ({}, ""),
    "suspended": ({"state": "suspended"}, "AlreadyMember"),
    "ended": ({"valid_until": None}, ""),
}


@pytest.mark.parametrize("state", PRESENT)
def test_acceptance_by_a_suspended_member_is_refused_and_by_an_active_or_former_one_is_not(
    world: World, state: str
) -> None:
    values, refusal = PRESENT[state]
    case = invited(world, "vilma@home.example")
    with worlds.bypassing_commands():
        EmailAddress.objects.create(user=world.vilma.user, email="vilma@home.example", verified=True)
    if state == "ended":
        values = {"valid_until": case[0].created_at}
    with worlds.bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.vilma).update(**values)
    assert accept(world, case, world.vilma.user) == refusal


def test_acceptance_by_a_member_who_left_after_the_last_sending_is_refused(world: World) -> None:
    invitation, link = invited(world, "sami@home.example")
    worlds.move_clock(60)
    world.remove(world.sami)
    with worlds.bypassing_commands():
        EmailAddress.objects.create(user=world.sami.user, email="sami@home.example", verified=True)
    assert accept(world, (invitation, link), world.sami.user) == "InvitationGone membership_ended"
    again = invitations_send.resend(actor=actor_of(world.aino), invitation=invitation)
    assert accept(world, (world.invitation(invitation.id), again.result.link), world.sami.user) == ""


@pytest.mark.parametrize(("column", "state"), [("accepted_at", "used"), ("cancelled_at", "cancelled")])
def test_resending_and_cancelling_a_closed_invitation_is_refused(
    world: World, column: str, state: str
) -> None:
    invitation, _ = invited(world, ADDRESS)
    actor = actor_of(world.aino)
    with _invitation(invitation, **{column: _now(invitation)}):
        with pytest.raises(authorization_errors.InvitationGone) as resent:
            invitations_send.resend(actor=actor, invitation=invitation)
        with pytest.raises(authorization_errors.InvitationGone) as cancelled:
            invitations_send.cancel(actor=actor, invitations=[invitation])
        assert (resent.value.data["state"], cancelled.value.data["state"]) == (state, state)
    invitations_send.cancel(actor=actor, invitations=[invitation])


def test_expired_invitation_can_be_resent_and_accepted_by_either_link(world: World) -> None:
    invitation, first = invited(world, ADDRESS)
    worlds.move_clock(8 * 24 * 3600)
    assert accept(world, (invitation, first), None) == "InvitationGone expired"
    again = invitations_send.resend(actor=actor_of(world.aino), invitation=invitation)
    fresh = world.invitation(invitation.id)
    assert fresh.invited_by == world.aino.user_id
    assert fresh.expires_at == again.at + dt.timedelta(days=7)
    assert accept(world, (fresh, first), None) == ""


FOREIGN: dict[str, Callable[[World], Membership]] = {
    "admin of another organization": lambda w: w.tiina,
    "member without the right": lambda w: w.vilma,
}


@pytest.mark.parametrize("who", FOREIGN)
def test_invitation_is_not_found_for_actors_who_could_not_have_sent_it(world: World, who: str) -> None:
    invitation, _ = invited(world, ADDRESS)
    actor = actor_of(FOREIGN[who](world))
    with pytest.raises(authorization_errors.NotFound):
        invitations_send.resend(actor=actor, invitation=invitation)
    with pytest.raises(authorization_errors.NotFound):
        invitations_send.cancel(actor=actor, invitations=[invitation])
    assert world.invitation(invitation.id).cancelled_at is None


def test_invitation_moved_to_another_organization_is_not_found_under_the_lock(world: World) -> None:
    """The passed object belongs to Koskela; the row under the lock to Pohjola."""
    case = invited(world, world.stina.user.email)
    with _invitation(case[0], organization=world.pohjola.id):
        assert accept(world, case, world.stina.user) == "NotFound"
        with pytest.raises(authorization_errors.NotFound):
            invitations_send.cancel(actor=actor_of(world.aino), invitations=[case[0]])
    assert accept(world, case, world.stina.user) == ""


def _refused(world: World, email: str) -> str:
    try:
        invited(world, email)
    except DomainError as refusal:
        return type(refusal).__name__
    return ""


def _members() -> QuerySet[Membership]:
    return Membership.objects.filter(organization__key="koskela")


def test_invitation_by_the_supplier_to_a_present_member_is_refused(world: World) -> None:
    with worlds.bypassing_commands():
        EmailAddress.objects.create(user=world.vilma.user, email="v@home.example", verified=True)
        MembershipPeriod.objects.filter(membership=world.olli).update(state="suspended")
    for email in (world.vilma.user.email, "v@home.example", world.olli.user.email):
        with pytest.raises(authorization_errors.AlreadyMember):
            world.invite(world.koskela, email, world.access("viewer"))
        assert queries.is_member(organization=world.koskela.id, email=email, at=clock.now())
    assert not queries.is_member(organization=world.koskela.id, email=ADDRESS, at=clock.now())
    world.invite(world.koskela, ADDRESS, world.access("viewer"))


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({}, "AlreadyInvited"),
        ({"expires_at": "now"}, ""),
        ({"accepted_at": "now"}, ""),
        ({"cancelled_at": "now"}, ""),
        ({"email": "other@koskela.example"}, ""),
        ({"organization": "pohjola"}, ""),
    ],
)
def test_second_invitation_is_refused_only_while_the_first_is_open(
    world: World, change: dict[str, str], refusal: str
) -> None:
    invitation, _ = invited(world, ADDRESS)
    known: dict[str, object] = {"now": _now(invitation), "pohjola": world.pohjola.id}
    with worlds.bypassing_commands():
        rows = Invitation.objects.filter(id=invitation.id)
        rows.update(created_at=_now(invitation), **{key: known.get(one, one) for key, one in change.items()})
    assert _refused(world, ADDRESS) == refusal


def test_invitation_to_a_members_primary_or_verified_address_is_refused(world: World) -> None:
    assert _members().count() == 7
    assert _refused(world, world.vilma.user.email) == "AlreadyMember"
    with worlds.bypassing_commands():
        consequences = EmailAddress.objects.create(
            user=world.vilma.user, email="v@home.example", verified=True
        )
    assert _refused(world, "v@home.example") == "AlreadyMember"
    with worlds.bypassing_commands():
        EmailAddress.objects.filter(id=consequences.id).update(verified=False)
    assert _refused(world, "v@home.example") == ""
    assert _refused(world, world.stina.user.email) == ""
    with worlds.bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.olli).update(state="suspended")
        MembershipPeriod.objects.filter(membership=world.sami).update(
            valid_until=Invitation.objects.latest("created_at").created_at
        )
    assert _refused(world, world.olli.user.email) == "AlreadyMember"
    assert _refused(world, world.sami.user.email) == ""


@pytest.mark.parametrize(
    ("address", "is_marked"), [("stina@pohjola.example", False), ("s@home.example", True)]
)
def test_acceptance_makes_only_the_address_deliverable_that_got_the_link(
    *, world: World, address: str, is_marked: bool
) -> None:
    """Mail to Stina and to Tiina bounced; Stina follows a link that was mailed to one of her addresses."""
    with worlds.bypassing_commands():
        EmailAddress.objects.create(user=world.stina.user, email="s@home.example", verified=True)
        both = User.objects.filter(id__in=[world.stina.user_id, world.tiina.user_id])
        both.update(mail_bounced_at=world.stina.user.created_at)
    assert accept(world, invited(world, address), User.objects.get(id=world.stina.user_id)) == ""
    marked = set(both.exclude(mail_bounced_at=None).values_list("id", flat=True))
    assert marked == {world.tiina.user_id} | ({world.stina.user_id} if is_marked else set())
