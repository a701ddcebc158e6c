"""A customer is onboarded in one act, by staff whose right covers its business units, and by no other."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from audit.foundation import clock
from audit.foundation.actor import Actor, ActorKind, Channel
from audit.log import ledger
from audit.models import Chain, Event
from delegation.authorization.errors import (
    AlreadyExists,
    Denied,
    HasMembers,
    InvalidInput,
    InvitationGone,
    NotFound,
)
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.staff_roles import StaffRole
from delegation.authorization.values import AccessSpec, AmountLimit
from delegation.catalogue import ceilings
from delegation.invitations import links
from delegation.invitations import queries as invitations_queries
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from delegation.onboarding import commands, queries
from delegation.onboarding.new_customer import FirstAdmin, NewCustomer
from delegation.organizations.new_organization import NewOrganization
from delegation.staff import commands as staff_commands
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from tests.fixtures.concurrency import run_concurrently
from tests.fixtures.events import body
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import OFFER, World, actor_of, hashed, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
LIISA = FirstAdmin("liisa@rauma.example", "Liisa Rauma", "fi")
SECOND = FirstAdmin("ossi@rauma.example", "Ossi Rauma", "en")


def customer(**changed: Any) -> NewCustomer:
    admins = changed.pop("admins", [LIISA])
    offer: Mapping[str, AmountLimit] = changed.pop("offer", OFFER)
    new = NewOrganization(
        key="rauma",
        name="Rauman Rakennus Oy",
        register_id="2345678-9",
        language="fi",
        sites=[("Rauma", "RAU"), ("Pori", "")],
        numbers={"kivisalo": "20881"},
        mail_domains=["rauma.example"],
    )
    return NewCustomer(dataclasses.replace(new, **changed), admins, offer)


@pytest.fixture
def maarja(staff: Staff) -> Actor:
    return staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)


def joined(link: str) -> Membership:
    """Liisa, who accepted as a newcomer behind the link."""
    found = links.invitation_of_link(link)
    assert found is not None
    done = invitations_accept.accept(
        actor=Actor(kind=ActorKind.SYSTEM, id=found.id, channel=Channel.WEB),
        invitation=found,
        link=link,
        accepted_by=invitations_accept.Newcomer(name="Liisa Rauma", password=hashed(), language="en"),
    )
    return Membership.objects.select_related("user", "organization").get(id=done.result.membership)


def rauma() -> Organization:
    return Organization.objects.get(key="rauma")


def test_one_act_creates_the_organization_its_offer_and_the_invitations(staff: Staff, maarja: Actor) -> None:
    done = commands.onboard(actor=maarja, customer=customer(admins=[LIISA, SECOND]))
    assert dict(rauma().sites.values_list("name", "external_id")) == {"Rauma": "RAU", "Pori": ""}
    assert ceilings.current_offer(organization=rauma(), at=clock.now()).keys() == OFFER.keys()
    invited = Invitation.objects.filter(organization=rauma()).order_by("email")
    assert [(row.email, row.name, row.language, row.role.key, row.all_sites) for row in invited] == [
        ("liisa@rauma.example", "Liisa Rauma", "fi", "organization_admin", True),
        ("ossi@rauma.example", "Ossi Rauma", "en", "organization_admin", True),
    ]
    assert len(done.result.links) == 2
    events = Event.objects.filter(act=done.act).order_by("chain", "seq")
    assert [(row.verb, row.chain, row.organization, row.actor_kind, row.actor) for row in events] == [
        ("ceiling.set", ledger.SUPPLIER, None, "staff", maarja.id),
        *[
            (verb, rauma().id, rauma().id, "staff", maarja.id)
            for verb in ("organization.create", "ceiling.set", "member.invite", "member.invite")
        ],
    ]


def test_events_of_the_consequences_state_what_the_acts_alone_state(world: World, maarja: Actor) -> None:
    done = commands.onboard(actor=maarja, customer=customer())
    _, by_itself = world.invite(world.koskela, "uusi@koskela.example", world.access("organization_admin"))
    alone = ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer=dict.fromkeys(OFFER))
    for verb, other in (("ceiling.set", alone.act), ("member.invite", None)):
        for event in Event.objects.filter(act=done.act, verb=verb):
            like = Event.objects.filter(verb=verb, subject_kind=event.subject_kind)
            expected = body((like.filter(act=other) if other else like.exclude(act=done.act)).latest("at"))
            found = body(event)
            for part in ("before", "after", "facts"):
                assert found[part].keys() == expected[part].keys(), (verb, part)
            assert found["personal"].keys() >= {"actor.label"}
    assert by_itself


@pytest.mark.parametrize("role", sorted(set(StaffRole) - {"account_manager"}))
def test_other_roles_onboard_nothing(staff: Staff, role: str) -> None:
    actor = staff.hire(f"{role.capitalize()} Person", role)
    with pytest.raises(Denied):
        commands.onboard(actor=actor, customer=customer())
    assert not Organization.objects.filter(key="rauma").exists()


@pytest.mark.parametrize("numbers", [{"eesti": "1"}, {"kivisalo": "1", "eesti": "1"}, {}])
def test_right_must_cover_every_unit_of_the_customer(
    staff: Staff, maarja: Actor, numbers: dict[str, str]
) -> None:
    chains = Chain.objects.count()
    with pytest.raises(Denied):
        commands.onboard(actor=maarja, customer=customer(numbers=numbers))
    assert (Organization.objects.filter(key="rauma").exists(), Chain.objects.count()) == (False, chains)
    boss = staff.hire("Maarit Kaikki", "account_manager")
    commands.onboard(actor=boss, customer=customer(numbers=numbers))


def test_customers_admin_onboards_nothing(world: World) -> None:
    with pytest.raises(NotFound):
        commands.onboard(actor=actor_of(world.aino), customer=customer())


def test_first_admin_accepts_and_invites_a_colleague(world: World, maarja: Actor) -> None:
    done = commands.onboard(actor=maarja, customer=customer())
    liisa = joined(done.result.links[0])
    sent = invitations_send.invite(
        actor=actor_of(liisa),
        organization=rauma(),
        email="kaisa@rauma.example",
        access=world.access("viewer"),
    )
    assert Invitation.objects.get(id=sent.result.invitation).invited_by == liisa.user_id


def test_invitation_stays_acceptable_when_the_staff_member_has_left(staff: Staff, maarja: Actor) -> None:
    done = commands.onboard(actor=maarja, customer=customer(admins=[LIISA, SECOND]))
    staff_commands.end(
        actor=staff.owner, rights=list(StaffRight.objects.filter(user=maarja.id)), reason="left the supplier"
    )
    assert [
        row.email for row in invitations_queries.pending_admins(organization=rauma().id, at=clock.now())
    ] == [
        LIISA.email,
        SECOND.email,
    ]
    assert joined(done.result.links[0]).organization == rauma()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"key": "koskela"}, "key"),
        ({"key": "onboard"}, "key"),
        ({"numbers": {"kivisalo": "K-koskela"}}, "number"),
        ({"sites": [("Pori", ""), ("Pori", "")]}, "site"),
        ({"admins": [LIISA, dataclasses.replace(SECOND, email="LIISA@rauma.example")]}, "second_email"),
    ],
)
def test_value_that_exists_is_refused_with_its_field(
    world: World, maarja: Actor, changed: dict[str, Any], field: str
) -> None:
    before = Event.objects.count(), Chain.objects.count()
    with pytest.raises(AlreadyExists) as raised:
        commands.onboard(actor=maarja, customer=customer(**changed))
    assert raised.value.data == {"field": field}
    assert (Event.objects.count(), Chain.objects.count()) == before


def test_business_id_is_refused_in_its_unit_and_says_nothing_of_other_units(
    staff: Staff, maarja: Actor
) -> None:
    commands.onboard(actor=maarja, customer=customer())
    again = customer(key="rauma-2", numbers={"kivisalo": "20882"})
    with pytest.raises(AlreadyExists) as raised:
        commands.onboard(actor=maarja, customer=again)
    assert raised.value.data == {"field": "register_id"}
    tiiu = staff.hire("Tiiu Eesti", "account_manager", unit=staff.eesti)
    commands.onboard(actor=tiiu, customer=customer(key="rauma-ee", numbers={"eesti": "20881"}))


def test_same_business_id_at_the_same_moment_is_onboarded_once(world: World, maarja: Actor) -> None:
    def onboard(number: str) -> str:
        try:
            commands.onboard(
                actor=maarja, customer=customer(key=f"rauma-{number}", numbers={"kivisalo": number})
            )
        except AlreadyExists as refusal:
            return str(refusal.data["field"])
        return "done"

    assert sorted(map(str, run_concurrently(lambda: onboard("1"), lambda: onboard("2")))) == [
        "done",
        "register_id",
    ]


def test_repeated_request_onboards_once_and_gets_no_link(maarja: Actor) -> None:
    first, again = (
        commands.onboard(actor=maarja, customer=customer(), idempotency_key="once") for _ in range(2)
    )
    assert (first.act, first.result.key, len(first.result.links)) == (again.act, "rauma", 1)
    assert (again.result.key, again.result.links) == ("rauma", ())


@pytest.mark.parametrize("admins", [[], [LIISA, SECOND, FirstAdmin("three@rauma.example")]])
def test_number_of_first_admins_is_one_or_two(maarja: Actor, admins: list[FirstAdmin]) -> None:
    with pytest.raises(InvalidInput):
        commands.onboard(actor=maarja, customer=customer(admins=admins))


def invited(maarja: Actor) -> tuple[Invitation, str]:
    done = commands.onboard(actor=maarja, customer=customer())
    return Invitation.objects.select_related("organization").get(organization=rauma()), done.result.links[0]


def test_new_link_replaces_the_first_one(maarja: Actor) -> None:
    row, old = invited(maarja)
    done = commands.invite_again(actor=maarja, invitation=row, admin=LIISA)
    with pytest.raises(InvitationGone) as raised:
        joined(old)
    assert raised.value.data == {"state": "cancelled"}
    joined(done.result.links[0])
    assert [event.verb for event in Event.objects.filter(act=done.act).order_by("seq")] == [
        "first_admin.invite",
        "invitation.cancel",
        "member.invite",
    ]


def test_another_person_is_invited_instead(staff: Staff, maarja: Actor) -> None:
    row, _ = invited(maarja)
    colleague = staff.hire("Mart Tamm", "account_manager", unit=staff.kivisalo)
    commands.invite_again(actor=colleague, invitation=row, admin=SECOND)
    pending = Invitation.objects.filter(organization=rauma(), cancelled_at=None)
    assert [(one.email, one.invited_by) for one in pending] == [(SECOND.email, colleague.id)]


def test_staff_invite_no_one_once_a_person_has_joined(maarja: Actor) -> None:
    done = commands.onboard(actor=maarja, customer=customer(admins=[LIISA, SECOND]))
    liisa = joined(done.result.links[0])
    row = Invitation.objects.get(email=SECOND.email)
    with pytest.raises(HasMembers):
        commands.invite_again(actor=maarja, invitation=row, admin=SECOND)
    with pytest.raises(Denied):
        invitations_send.invite(
            actor=maarja, organization=rauma(), email="me@rauma.example",
            access=AccessSpec(role="organization_admin", all_sites=True),
        )  # fmt: skip
    assert liisa.organization == rauma()


def test_staff_invite_no_one_to_a_customer_that_has_members(world: World, maarja: Actor) -> None:
    row, _ = world.invite(world.koskela, "uusi@koskela.example", world.access("organization_admin"))
    with pytest.raises(HasMembers):
        commands.invite_again(actor=maarja, invitation=row, admin=LIISA)


def test_staff_of_another_unit_or_role_invites_no_first_admin(staff: Staff, maarja: Actor) -> None:
    row, _ = invited(maarja)
    with pytest.raises(NotFound):
        commands.invite_again(
            actor=staff.hire("Tiiu Eesti", "account_manager", unit=staff.eesti), invitation=row, admin=SECOND
        )
    with pytest.raises(Denied):
        commands.invite_again(
            actor=staff.hire("Sanna Tuki", "support", unit=staff.kivisalo), invitation=row, admin=SECOND
        )


def test_closed_invitation_is_not_replaced(maarja: Actor) -> None:
    row, _ = invited(maarja)
    commands.invite_again(actor=maarja, invitation=row, admin=SECOND)
    with pytest.raises(InvitationGone):
        commands.invite_again(actor=maarja, invitation=row, admin=LIISA)


def test_expired_invitation_is_replaced(maarja: Actor) -> None:
    row, _ = invited(maarja)
    move_clock(links.VALIDITY.total_seconds() + 1)
    done = commands.invite_again(actor=maarja, invitation=row, admin=LIISA)
    assert joined(done.result.links[0]).organization == rauma()


def test_expired_invitation_of_the_other_first_admin_is_replaced(maarja: Actor) -> None:
    commands.onboard(actor=maarja, customer=customer(admins=[LIISA, SECOND]))
    move_clock(links.VALIDITY.total_seconds() + 1)
    row = Invitation.objects.select_related("organization").get(email=LIISA.email)
    commands.invite_again(actor=maarja, invitation=row, admin=SECOND)
    pending = Invitation.objects.get(organization=rauma(), cancelled_at=None)
    assert (pending.email, pending.expires_at > clock.now()) == (SECOND.email, True)


@pytest.mark.usefixtures("maarja")
def test_key_proposed_for_a_name_is_neither_taken_nor_reserved() -> None:
    names = ("Koskela", "Onboard", "Ää & Öö Oy")
    assert [queries.free_key(name=name) for name in names] == ["koskela-2", "onboard-2", "aa-oo-oy"]
