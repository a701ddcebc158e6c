"""A question that no admin answered in time is the ground of a case; an admin who is there again stops it."""

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.absence_claims import commands as claims
from delegation.absence_claims.models import AbsenceClaim
from delegation.authorization import policy
from delegation.authorization.errors import HasAdmin, InvalidInput, InvitationGone, NotFound
from delegation.invitations import links as invitation_links
from delegation.invitations.commands import accept as invitations
from delegation.orphan_cases import case_steps, request_list
from delegation.orphan_cases.commands import opening, outcome, request_decisions
from delegation.orphan_cases.models import OrphanCase
from identity.organizations.models import Organization
from identity.people.models import User
from tests.fixtures import orphaned
from tests.fixtures.orphaned import DAY, SYSTEM, TEEMU, Rescue
from tests.fixtures.world import World, actor_of, bypassing_commands, hashed, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rescue(world: World) -> Rescue:
    """Pohjola with its admin Tiina, whose mail arrives again."""
    made = Rescue(world)
    with bypassing_commands():
        User.objects.filter(id=world.tiina.user_id).update(mail_bounced_at=None)
    return made


def sign_in(world: World) -> None:
    with bypassing_commands():
        User.objects.filter(id=world.tiina.user_id).update(last_login=clock.now())


def opened(world: World, rescue: Rescue, cause: str = "claim") -> OrphanCase:
    made = opening.open_case(
        actor=rescue.sanna, organization=world.pohjola, cause=cause, person=TEEMU, note="Stina asked in May"
    )
    return OrphanCase.objects.get(id=made.result.case)


def joined(link: str) -> None:
    invitation = invitation_links.invitation_of_link(link)
    assert invitation is not None
    newcomer = invitations.Newcomer("Teemu Aalto", hashed(), "fi")
    invitations.accept(actor=SYSTEM, invitation=invitation, link=link, accepted_by=newcomer)


def test_case_rests_on_questions_without_an_answer_alone(world: World, rescue: Rescue) -> None:
    with pytest.raises(InvalidInput):
        opened(world, rescue)
    asked = claims.claim(actor=actor_of(world.stina), admin=world.tiina, reason="left")
    move_clock(6 * DAY)
    with pytest.raises(InvalidInput):
        opened(world, rescue)
    move_clock(7 * DAY + 1)
    with pytest.raises(HasAdmin):
        opened(world, rescue, "support")
    with pytest.raises(NotFound):
        opening.open_case(actor=actor_of(world.stina), organization=world.pohjola, cause="claim")
    sign_in(world)
    with pytest.raises(InvalidInput):
        opened(world, rescue)
    claims.close(actor=actor_of(world.tiina), claim=AbsenceClaim.objects.get(id=asked.result.claim))
    assert not OrphanCase.objects.exists()


def test_request_page_counts_the_admins_as_the_command_does(world: World, rescue: Rescue) -> None:
    with bypassing_commands():
        Organization.objects.filter(id=world.pohjola.id).update(register_id="7654321-0")
    claims.claim(actor=actor_of(world.stina), admin=world.tiina, reason="left")
    request = orphaned.request_of("7654321-0")
    own = policy.staff_authorities(actor=rescue.sanna, at=clock.now())
    view = request_list.get(own=own, request=request.id)
    assert request_list.has_working_admin(view=view, at=clock.now())
    move_clock(8 * DAY)
    case = opened(world, rescue)
    assert not request_list.has_working_admin(view=view, at=clock.now())
    request_decisions.connect(
        actor=rescue.sanna, request=request, organization=world.pohjola, reason="Called"
    )
    assert list(case.requests.all()) == [request]


@pytest.mark.parametrize("back", ["signs in", "answers"])
def test_admin_who_is_back_stops_each_further_step(world: World, rescue: Rescue, back: str) -> None:
    asked = claims.claim(actor=actor_of(world.stina), admin=world.tiina, reason="left")
    move_clock(8 * DAY)
    case = opened(world, rescue)
    facts = Event.objects.filter(verb="orphan_case.open", subject_kind="supplier").get()
    assert str(asked.result.claim).encode() in bytes(facts.body)
    rescue.prove(case, "register", "call_back")
    rescue.propose(case)
    assert world.tiina.id in rescue.notices, (
        "the admin who did not answer gets a notice with a link to object"
    )
    rescue.approve(case)
    move_clock(10 * DAY)
    link = rescue.invite(case)
    invitation = invitation_links.invitation_of_link(link)
    assert invitation is not None
    if back == "signs in":
        sign_in(world)
    else:
        claims.close(actor=actor_of(world.tiina), claim=AbsenceClaim.objects.get(id=asked.result.claim))
    newcomer = invitations.Newcomer("Teemu Aalto", hashed(), "fi")
    with pytest.raises(InvitationGone):
        invitations.accept(actor=SYSTEM, invitation=invitation, link=link, accepted_by=newcomer)
    case.refresh_from_db()
    assert case.state == "invited"


def test_admin_who_is_back_before_all_rights_leaves_the_new_one_the_limited_access(
    world: World, rescue: Rescue
) -> None:
    claims.claim(actor=actor_of(world.stina), admin=world.tiina, reason="left")
    move_clock(8 * DAY)
    case = opened(world, rescue)
    rescue.prove(case, "register", "call_back")
    rescue.propose(case)
    rescue.approve(case)
    move_clock(10 * DAY)
    joined(rescue.invite(case))
    sign_in(world)
    move_clock(15 * DAY)
    outcome.complete(actor=SYSTEM, case=case)
    case.refresh_from_db()
    assert (case.state, case.closed_at is not None) == ("closed", True)
    assert case.membership is not None
    roles = case.membership.assignments.filter(valid_until=None).values_list("role__key", flat=True)
    assert list(roles) == ["interim_admin"]
    assert next(one.verb for one in case_steps.of_case(case).listed) == "orphan_case.close"


def test_admin_who_never_comes_back_does_not_hinder_the_new_one(world: World, rescue: Rescue) -> None:
    claims.claim(actor=actor_of(world.stina), admin=world.tiina, reason="left")
    move_clock(8 * DAY)
    case = opened(world, rescue)
    rescue.prove(case, "register", "call_back")
    rescue.propose(case)
    rescue.approve(case)
    move_clock(10 * DAY)
    joined(rescue.invite(case))
    move_clock(15 * DAY)
    case.refresh_from_db()
    outcome.complete(actor=SYSTEM, case=case)
    case.refresh_from_db()
    assert case.state == "resolved"
