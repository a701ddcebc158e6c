"""A customer without a working admin gets one by proofs, two people and time; the database keeps the steps too."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import DatabaseError, transaction

from audit.foundation import clock, ids
from audit.foundation.actor import Actor
from delegation import continuity
from delegation.authorization import policy
from delegation.authorization.errors import CaseStep, CaseStopped, CaseWaits, Denied, InvitationGone, OwnCase
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.invitations import links as invitation_links
from delegation.invitations.commands import accept as invitations
from delegation.invitations.models import Invitation
from delegation.orphan_cases import letters
from delegation.orphan_cases.commands import decisions, objections, opening, outcome
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanProof, OrphanVerdict
from identity.memberships.models import Membership
from tests.fixtures.orphaned import DAY, SYSTEM, TEEMU, Rescue
from tests.fixtures.world import World, actor_of, bypassing_commands, hashed, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]


@pytest.fixture
def rescue(world: World) -> Rescue:
    return Rescue(world)


def joined(case: OrphanCase, link: str) -> Membership:
    invitation = invitation_links.invitation_of_link(link)
    assert invitation is not None
    done = invitations.accept(
        actor=SYSTEM,
        invitation=invitation,
        link=link,
        accepted_by=invitations.Newcomer("Teemu Aalto", hashed(), "fi"),
    )
    return Membership.objects.get(id=done.result.membership)


def verbs_of(member: Membership) -> set[str]:
    own = policy.organization_abilities(
        actor=actor_of(member), organization=member.organization_id, at=clock.now()
    )
    return {verb.value for verb in own}


def test_admin_starts_with_inviting_and_viewing_after_proofs_two_people_and_the_wait(
    world: World, rescue: Rescue
) -> None:
    case = rescue.approved()
    assert set(rescue.notices) == {world.tiina.id, world.stina.id, world.mikko_at_pohjola.id}
    with pytest.raises(CaseWaits):
        outcome.invite(actor=rescue.sanna, case=case)
    move_clock(DAY + 1)
    link = rescue.invite(case)
    with pytest.raises(CaseStep):
        outcome.invite(actor=rescue.sanna, case=case)
    teemu = joined(case, link)
    assert {"member.invite", "member.view"} <= verbs_of(teemu)
    assert not verbs_of(teemu) & {"access.change", "member.remove", "member.suspend"}
    assert continuity.working_admins(organization=world.pohjola.id, at=clock.now()) == []
    with pytest.raises(CaseWaits):
        outcome.complete(actor=SYSTEM, case=case)
    move_clock(5 * DAY)
    outcome.complete(actor=SYSTEM, case=case)
    world.factor(teemu.user)
    admins = continuity.working_admins(organization=world.pohjola.id, at=clock.now())
    assert [one.id for one in admins] == [teemu.id]
    case.refresh_from_db()
    assert (case.state, Verb.ACCESS_CHANGE.value in verbs_of(teemu)) == ("resolved", True)


def test_objection_stops_the_clock_until_it_is_decided_and_voids_the_approval(
    world: World, rescue: Rescue
) -> None:
    case = rescue.approved()
    notice = rescue.notices[world.stina.id]
    letter = letters.find(notice.link)
    assert letter is not None
    move_clock(DAY / 2)
    objections.object_to(actor=SYSTEM, letter=letter, link=notice.link, text="Teemu left in August")
    case.refresh_from_db()
    until = case.waits_until
    assert (case.state, case.approved_by) == ("proposed", None)
    with pytest.raises(CaseStopped):
        rescue.approve(case)
    with pytest.raises(CaseStep):
        objections.object_to(actor=SYSTEM, letter=letter, link=notice.link)
    move_clock(2 * DAY)
    objections.go_on(actor=rescue.sanna, case=case, letter=letter, reason="Spoke with Stina")
    with pytest.raises(CaseStep):
        objections.go_on(actor=rescue.sanna, case=case, letter=letter, reason="Again")
    rescue.approve(case)
    case.refresh_from_db()
    assert until is not None
    assert case.waits_until is not None
    assert case.waits_until - until > dt.timedelta(days=1, hours=11)
    with pytest.raises(CaseWaits):
        rescue.invite(case)
    move_clock(3 * DAY)
    link = rescue.invite(case)
    other = letters.find(rescue.notices[world.tiina.id].link)
    assert other is not None
    objections.object_to(actor=SYSTEM, letter=other, link=rescue.notices[world.tiina.id].link)
    with pytest.raises(InvitationGone):
        joined(case, link)
    kalle = rescue.staff.hire("Kalle Support", "support", unit=rescue.staff.kivisalo)
    for one, refusal in ((rescue.otto, OwnCase), (rescue.sanna, OwnCase), (kalle, Denied)):
        with pytest.raises(refusal):
            objections.go_on(actor=one, case=case, letter=other, reason="In spite of it")
    notices = OrphanLetter.objects.filter(id=other.id)
    refused(
        lambda: notices.update(decided_by=rescue.otto.id, decided_at=clock.now()),
        lambda: notices.update(decided_by=rescue.sanna.id, decided_at=clock.now()),
    )
    objections.go_on(actor=rescue.anna, case=case, letter=other, reason="Spoke with Tiina")
    opening.close(actor=rescue.anna, case=case, reason="Tiina is here")
    with pytest.raises(InvitationGone):
        joined(case, link)
    for again in (
        lambda: rescue.prove(case, "domain"),
        lambda: rescue.propose(case),
        lambda: rescue.invite(case),
    ):
        with pytest.raises(CaseStep):
            again()


def test_database_keeps_the_steps_the_two_people_and_the_time(world: World, rescue: Rescue) -> None:
    case = rescue.approved()
    rows, at = OrphanCase.objects.filter(id=case.id), clock.now()
    proof = OrphanProof.objects.filter(case=case)
    changes = (
        {"waits_until": at},
        {"approved_by": rescue.sanna.id},
        {"email": "mallory@evil.example"},
        {"state": "resolved", "closed_at": at},
        {"state": "invited", "invited_at": at},
        {"threshold": 1},
        {"proposed_by": rescue.anna.id},
    )
    with bypassing_commands():
        for change in changes:
            with pytest.raises(DatabaseError), transaction.atomic():
                rows.update(**change)
        for write in (
            rows.delete,
            proof.delete,
            lambda: proof.update(weight=9),
            lambda: OrphanVerdict.objects.update(accepted=False),
            lambda: OrphanLetter.objects.update(hash="x"),
            lambda: OrphanProof.objects.create(
                case=case,
                organization=world.pohjola,
                kind="domain",
                source="domain",
                weight=9,
                added_by=rescue.sanna.id,
                added_by_kind="staff",
                added_at=at,
                act=ids.uuid7(),
            ),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                write()
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        rows.update(stopped_at=at)
    decisions.withdraw(actor=rescue.sanna, case=case, reason="One more proof")
    case.refresh_from_db()
    assert (case.state, case.email, case.waits_until) == ("open", TEEMU.email, None)
    with bypassing_commands(), pytest.raises(DatabaseError), transaction.atomic():
        rows.update(
            state="proposed", proposed_by=rescue.sanna.id, proposed_at=at, proposed_act=ids.uuid7(),
            digest="x", waits_until=at + dt.timedelta(days=1),
        )  # fmt: skip


def test_who_named_the_person_is_not_the_second_one(rescue: Rescue) -> None:
    case = rescue.open(by=SYSTEM, person=None)
    opening.name_person(actor=rescue.otto, case=case, person=TEEMU)
    rescue.prove(case, "register", "call_back")
    rescue.propose(case)
    with pytest.raises(OwnCase):
        rescue.approve(case)
    act = ids.uuid7()

    def approve() -> None:
        given = {"judged_by": rescue.otto.id, "judged_at": clock.now(), "accepted": True}
        for one in case.proofs.all():
            OrphanVerdict.objects.create(proof=one, act=act, **given)
        approved = {"approved_by": rescue.otto.id, "approved_at": clock.now(), "approved_act": act}
        OrphanCase.objects.update(state="approved", **approved)

    refused(approve)
    rescue.approve(case, by=rescue.anna)


def test_database_dates_each_step_by_its_clock_and_lets_it_write_its_own_columns_alone(
    world: World, rescue: Rescue
) -> None:
    case = rescue.open()
    rescue.prove(case, "register", "call_back")
    rows, now = OrphanCase.objects.filter(id=case.id), clock.now()
    past, soon, act = now - dt.timedelta(days=400), now + dt.timedelta(days=1), ids.uuid7()
    fresh = {"organization": world.koskela, "opened_by": SYSTEM.id, "opened_by_kind": "system"}
    judged = {"state": "proposed", "proposed_by": rescue.sanna.id, "proposed_act": act, "digest": "x"}
    proof = {"added_by": rescue.sanna.id, "added_by_kind": "staff", "added_at": now, "act": act, "weight": 9}

    def propose(judge: Actor, at: dt.datetime) -> None:
        for one in case.proofs.all():
            OrphanVerdict.objects.create(proof=one, act=act, judged_by=judge.id, judged_at=at, accepted=True)
        rows.update(proposed_at=at, waits_until=at + dt.timedelta(days=1), **judged)

    refused(
        lambda: OrphanCase.objects.create(opened_at=now, threshold=4, full_from=past, **fresh),
        lambda: OrphanCase.objects.create(opened_at=past, threshold=4, **fresh),
        lambda: OrphanCase.objects.create(opened_at=now, threshold=1, **fresh),
        lambda: OrphanProof.objects.create(
            case=case, organization=world.pohjola, kind="letter", source="register", **proof
        ),
        lambda: rows.update(named_by=rescue.anna.id),
        lambda: rows.update(full_from=past),
        lambda: propose(rescue.sanna, past),
        lambda: propose(rescue.anna, now),
    )
    rescue.propose(case)
    rescue.approve(case)
    given, _secret = world.invite(
        world.pohjola, "eve@else.example", AccessSpec(role="viewer", all_sites=True)
    )
    refused(
        lambda: rows.update(membership=world.stina),
        lambda: rows.update(state="invited", invited_at=soon + dt.timedelta(days=1), invitation=given),
    )
    move_clock(2 * DAY)
    refused(lambda: rows.update(state="invited", invited_at=clock.now(), invitation=given))
    link = rescue.invite(case)
    invitation = Invitation.objects.filter(id__in=rows.values("invitation"))

    def join(member: Membership, full_from: dt.datetime) -> None:
        invitation.update(accepted_at=clock.now(), membership=world.tiina)
        rows.update(state="joined", membership=member, full_from=full_from)

    refused(
        lambda: join(world.stina, clock.now() + dt.timedelta(days=3)),
        lambda: join(world.tiina, clock.now()),
    )
    joined(case, link)
    case.refresh_from_db()
    refused(
        lambda: rows.update(membership=world.stina),
        lambda: rows.update(invitation=given),
        lambda: rows.update(invited_at=past),
        lambda: rows.update(state="resolved", closed_at=case.full_from),
    )


def refused(*writes: Callable[[], object]) -> None:
    """The database refuses each write, also one by SQL as the application's role."""
    taken = []
    for number, write in enumerate(writes):
        with bypassing_commands(), suppress(DatabaseError), transaction.atomic():
            write()
            taken.append(number)
            transaction.set_rollback(True)
    assert taken == []
