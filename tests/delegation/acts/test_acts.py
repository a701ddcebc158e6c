"""The guarantees of every act: authorized, locked, atomic, recorded, and done once per idempotency key."""

import datetime as dt
import functools
import time
import uuid
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from audit.foundation import ids as foundation_ids
from audit.foundation.actor import Actor, Channel
from audit.foundation.errors import Busy
from audit.log import ledger
from audit.log.ledger import Subject
from audit.models import Chain, Event
from audit.verification import verifier
from delegation.access import commands as access_commands
from delegation.acts import authorize, locks
from delegation.acts.acting import acting
from delegation.acts.models import IdempotencyRecord
from delegation.acts.subjects import EventChain, MembershipSet, OneChain, OrganizationSet
from delegation.authorization import errors as authorization_errors
from delegation.authorization import policy
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.verbs import On, Verb
from delegation.catalogue import ceilings
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.models import Invitation
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership, MembershipPeriod
from identity.organizations.models import Organization
from identity.people.models import User
from identity.sessions.models import Session
from tests.fixtures import concurrency
from tests.fixtures.events import body, recorded
from tests.fixtures.world import World, actor_of, bypassing_commands, hashed, move_clock

pytestmark = pytest.mark.django_db(transaction=True)


# Atomic


def test_act_inside_a_transaction_is_an_error(world: World) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        people_commands.remove(actor=actor_of(world.aino), memberships=[world.vilma])
    assert MembershipPeriod.objects.filter(membership=world.vilma, valid_until=None).exists()


def test_act_that_fails_midway_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise ZeroDivisionError

    events = Event.objects.count()
    monkeypatch.setattr(ledger, "append", fail)
    with pytest.raises(ZeroDivisionError):
        people_commands.remove(actor=actor_of(world.aino), memberships=[world.vilma], idempotency_key="k")
    monkeypatch.undo()
    assert Event.objects.count() == events
    assert not IdempotencyRecord.objects.exists()
    assert MembershipPeriod.objects.filter(membership=world.vilma, valid_until=None).exists()
    assert Membership.objects.get(id=world.vilma.id).epoch == world.vilma.epoch


# Locks


def test_stale_row_is_reloaded_under_the_lock(world: World) -> None:
    stale = Membership.objects.select_related("user", "organization").get(id=world.vilma.id)
    world.change(world.vilma, world.access("orderer", sites=[world.oulu], amount=10))
    stale.organization.name, stale.epoch = "stale", 99
    with acting(actor_of(world.aino), Verb.ACCESS_CHANGE, on=MembershipSet([stale])) as act:
        (fresh,) = act.on
    assert fresh is not stale
    assert (fresh.organization.name, fresh.epoch) == ("Rakennusliike Koskela Oy", world.vilma.epoch)


def test_row_with_a_forged_organization_is_not_found(world: World) -> None:
    forged = Membership.objects.get(id=world.stina.id)
    forged.organization_id = world.koskela.id
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.aino), memberships=[forged])
    forged_open = Membership.objects.get(id=world.vilma.id)
    forged_open.organization_id = world.pohjola.id
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.aino), memberships=[forged_open])


def test_set_of_two_organizations_and_empty_set_are_not_found(world: World) -> None:
    for some in ([], [world.mikko, world.mikko_at_pohjola]):
        with pytest.raises(authorization_errors.NotFound):
            people_commands.remove(actor=actor_of(world.aino), memberships=some)


@pytest.mark.parametrize(("channel", "patience"), [(Channel.WEB, 3.0), (Channel.SCIM, 0.25)])
def test_lock_timeout_of_each_channel_is_busy(world: World, channel: Channel, patience: float) -> None:
    def hold(seconds: float) -> None:
        with transaction.atomic():
            ledger.lock_chains(chains=[world.koskela.id])
            time.sleep(seconds)

    def remove() -> float:
        time.sleep(0.2)
        began = time.monotonic()
        with pytest.raises(Busy) as refusal:
            people_commands.remove(actor=actor_of(world.aino, channel=channel), memberships=[world.vilma])
        assert refusal.value.data == {"seconds": 1}
        return time.monotonic() - began

    _, waited = concurrency.run_concurrently(lambda: hold(patience + 1.5), remove)
    assert patience * 0.9 < float(str(waited)) < patience + 1.2
    assert not Event.objects.filter(outcome="refused").exists()


def test_actor_removed_while_waiting_is_refused_under_the_lock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ulla is authorized; before she gets the lock, Aino's removal of her commits."""
    hold = locks.acquire

    def late(**how: Any) -> Any:
        monkeypatch.setattr(locks, "acquire", hold)
        concurrency.run_concurrently(lambda: world.remove(world.ulla))
        return hold(**how)

    monkeypatch.setattr(locks, "acquire", late)
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=actor_of(world.ulla), memberships=[world.vilma])
    assert MembershipPeriod.objects.filter(membership=world.vilma, valid_until=None).exists()


def test_locks_are_taken_in_ascending_order_with_the_actor_among_them(world: World) -> None:
    """The actor is in the set, below it or above it; no two acts wait in a circle."""
    everyone = sorted([world.aino.user_id, world.vilma.user_id, world.olli.user_id, world.ulla.user_id])
    for actor in everyone:
        for users in (set(everyone), set(everyone) - {actor}):
            with CaptureQueriesContext(connection) as seen, transaction.atomic():
                locks.acquire(
                    chains=[world.koskela.id], users=users, actor=actor_of(User.objects.get(id=actor))
                )
            taken = [query["sql"] for query in seen if " FOR " in query["sql"]]
            assert "audit_chain" in taken[0]
            named = [str(one) for sql in taken[1:] for one in everyone if str(one) in sql or one.hex in sql]
            assert named == [str(one) for one in everyone]
            assert all("ORDER BY" in sql or "FOR SHARE" in sql for sql in taken)


def test_removals_of_the_same_people_in_two_organizations_do_not_deadlock(world: World) -> None:
    """Twenty people in both; each organization removes them at the same time, in opposite orders."""
    both = [world.member(world.koskela, f"P{n:02} Both", "viewer", factor=False) for n in range(8)]
    there = [world.member(world.pohjola, one.user.name, "viewer", user=one.user) for one in both]
    outcomes = concurrency.run_concurrently(
        lambda: people_commands.remove(actor=actor_of(world.aino), memberships=both),
        lambda: people_commands.remove(actor=actor_of(world.tiina), memberships=there[::-1]),
    )
    assert [type(one).__name__ for one in outcomes] == ["Outcome", "Outcome"]
    assert set(User.objects.filter(memberships__in=both).values_list("epoch", flat=True)) == {2}


def test_last_memberships_ended_at_the_same_time_end_the_sessions(world: World) -> None:
    for _ in range(5):
        Session.objects.create(
            session_key=str(foundation_ids.uuid7()),
            session_data="",
            expire_date=clock.now() + dt.timedelta(days=1),
            user=world.mikko.user,
            epoch=1,
            created_at=clock.now(),
            last_seen_at=clock.now(),
        )
    outcomes = concurrency.run_concurrently(
        lambda: world.remove(world.mikko), lambda: world.remove(world.mikko_at_pohjola, by=world.tiina)
    )
    assert [type(one).__name__ for one in outcomes] == ["Outcome", "Outcome"]
    assert not Session.objects.filter(user=world.mikko.user).exists()
    assert User.objects.get(id=world.mikko.user_id).epoch == world.mikko.user.epoch + 1


# Events and notifications


def test_act_on_a_set_has_one_event_per_subject(world: World) -> None:
    outcome = people_commands.remove(
        actor=actor_of(world.aino), memberships=[world.vilma, world.olli], reason="Shop closed"
    )
    events = recorded(Verb.MEMBER_REMOVE)
    assert {event.act for event in events} == {outcome.act}
    assert [event.subject for event in events] == [world.vilma.id, world.olli.id]
    assert {event.at for event in events} == {outcome.at}
    assert body(events[1])["before"]["state"] == "active"
    assert body(events[1])["before"]["access"][0]["limits"]["ordering:orders.place"]["amount"] == "500.00"
    assert body(events[1])["after"] == {"state": "ended", "everywhere": True}


def test_removal_of_a_suspended_member_records_the_state(world: World) -> None:
    at = clock.now()
    with bypassing_commands():
        MembershipPeriod.objects.filter(membership=world.olli).update(valid_until=at)
        MembershipPeriod.objects.create(membership=world.olli, state="suspended", valid_from=at)
    world.remove(world.olli)
    (event,) = recorded(Verb.MEMBER_REMOVE)
    assert body(event)["before"]["state"] == "suspended"
    assert not MembershipPeriod.objects.filter(membership=world.olli, valid_until=None).exists()


def test_removal_cancels_sent_invitations_but_not_one_resent_by_another(world: World) -> None:
    ulla = actor_of(world.ulla)
    gone, link = world.invite(world.koskela, "gone@koskela.example", world.access("viewer"), actor=ulla)
    resent, _ = world.invite(world.koskela, "kept@koskela.example", world.access("viewer"), actor=ulla)
    move_clock(61)
    again = invitations_send.resend(actor=actor_of(world.paivi), invitation=resent).result.link
    outcome = world.remove(world.ulla)
    (followed,) = recorded(Verb.INVITATION_CANCEL)
    assert (followed.subject, followed.act, body(followed)["cause"]) == (
        gone.id,
        outcome.act,
        "member.remove",
    )
    newcomer = invitations_accept.Newcomer("New Colleague", "!", "en")
    with pytest.raises(authorization_errors.InvitationGone) as refusal:
        invitations_accept.accept(actor=world.system, invitation=gone, link=link, accepted_by=newcomer)
    assert refusal.value.data == {"state": "cancelled"}
    done_by = invitations_accept.accept(
        actor=world.system, invitation=resent, link=again, accepted_by=newcomer
    )
    given = Assignment.objects.get(membership=done_by.result.membership)
    assert given.assigned_by == world.paivi.user_id


def test_consequence_that_is_not_implied_is_authorized(world: World) -> None:
    other = Subject("membership", world.paivi.id)
    with (
        pytest.raises(authorization_errors.Denied),
        acting(actor_of(world.ulla), Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma])) as act,
    ):
        act.also(Verb.ACCESS_CHANGE, other, cause=Verb.MEMBER_REMOVE)
    with (
        pytest.raises(authorization_errors.Denied),
        acting(actor_of(world.ulla), Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma])) as act,
    ):
        act.also(Verb.SITE_CREATE, Subject("organization", world.koskela.id), cause=Verb.MEMBER_REMOVE)
    with acting(actor_of(world.ulla), Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma])) as act:
        act.also(Verb.ACCESS_CHANGE, Subject("membership", world.olli.id), cause=Verb.MEMBER_REMOVE)
    (event,) = recorded(Verb.ACCESS_CHANGE)
    assert (event.act, event.subject) == (act.id, world.olli.id)


def test_verb_on_a_set_of_another_kind_is_an_error(world: World) -> None:
    events = Event.objects.count()
    aino = actor_of(world.aino)
    with (
        pytest.raises(
            TypeError, match=r"^member\.remove applies to membership, not to organization: pass that"
        ),
        acting(aino, Verb.MEMBER_REMOVE, on=OrganizationSet(world.koskela)),
    ):
        pass
    with (
        pytest.raises(TypeError, match=r"^site\.create applies to organization, not to membership"),
        acting(aino, Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma])) as act,
    ):
        act.also(Verb.SITE_CREATE, Subject("membership", world.vilma.id), cause=Verb.MEMBER_REMOVE)
    with (
        pytest.raises(TypeError, match=r"^invitation\.resend cannot be authorized .* imply it"),
        acting(aino, Verb.MEMBER_REMOVE, on=MembershipSet([world.vilma])) as act,
    ):
        act.also(Verb.INVITATION_RESEND, Subject("invitation", world.somewhere), cause=Verb.MEMBER_REMOVE)
    assert Event.objects.count() == events


def test_act_notifies_on_commit_and_not_on_refusal(world: World, database_urls: dict[str, str]) -> None:
    with psycopg.connect(database_urls["keyholder_app"], autocommit=True) as listening:
        listening.execute("LISTEN keyholder_chain")
        with pytest.raises(authorization_errors.Denied):
            people_commands.remove(actor=actor_of(world.ulla), memberships=[world.aino])
        world.remove(world.vilma)
        notices = [notice.payload for notice in listening.notifies(timeout=0.5)]
    assert notices == [str(world.koskela.id)]


def test_ceiling_has_an_event_in_the_organizations_chain(world: World) -> None:
    outcome = ceilings.set_ceiling(
        actor=world.system, organization=world.koskela, offer={"crm:contacts.see": None}
    )
    first, second = Event.objects.filter(act=outcome.act).order_by("organization")
    assert {first.chain, second.chain} == {ledger.SUPPLIER, world.koskela.id}
    assert verifier.verify().findings == []


class TwoOrganizations(OneChain):
    """Two organizations in one act, as in a merge."""

    kind = On.ORGANIZATION

    def __init__(self, first: Organization, second: Organization) -> None:
        super().__init__(first.id, [first, second])

    @property
    def ids(self) -> list[uuid.UUID]:
        return [row.id for row in self.rows]

    def event_chain(self, one: uuid.UUID) -> EventChain:
        return EventChain(one, one)

    def chains(self) -> list[uuid.UUID]:
        return self.ids

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> policy.Decision:
        found = [policy.OrganizationId(one).decide(actor=actor, verb=verb, at=at) for one in self.ids]
        return next((one for one in found if not one), policy.YES)


def test_act_on_two_organizations_has_one_event_in_each_chain(world: World) -> None:
    both = TwoOrganizations(world.koskela, world.pohjola)
    with acting(world.system, Verb.SITE_CREATE, on=both) as act:
        act.record_change(world.pohjola.id, before={}, after={"sites": []})
        with pytest.raises(authorization_errors.NotFound):
            assert act.organization
    events = Event.objects.filter(act=act.id).order_by("chain")
    assert [(one.chain, one.organization, one.subject) for one in events] == sorted(
        (one, one, one) for one in both.ids
    )
    assert {body(one).get("after") is not None for one in events if one.chain == world.pohjola.id} == {True}
    with (
        pytest.raises(authorization_errors.NotFound),
        acting(actor_of(world.aino), Verb.SITE_CREATE, on=both),
    ):
        pass
    assert verifier.verify().findings == []


# Idempotency


def test_repeated_request_gets_the_same_outcome_and_does_nothing(world: World) -> None:
    events, aino = Event.objects.count(), actor_of(world.aino)
    first = people_commands.remove(
        actor=aino, memberships=[world.mikko, world.olli], reason="left", idempotency_key="k-1"
    )
    between = Event.objects.count()
    second = people_commands.remove(
        actor=aino, memberships=[world.olli, world.mikko], reason="left", idempotency_key="k-1"
    )
    assert (second.act, second.at, second.subjects, second.result) == (
        first.act,
        first.at,
        first.subjects,
        first.result,
    )
    assert (first.replayed, second.replayed) == (False, True)
    assert Event.objects.count() == between == events + 2


def test_idempotency_key_reused_for_another_request_is_refused(world: World) -> None:
    aino, system = actor_of(world.aino), world.system
    access_commands.change(
        actor=aino, memberships=[world.vilma], access=world.access("orderer", amount=1), idempotency_key="a"
    )
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        access_commands.change(
            actor=aino,
            memberships=[world.vilma],
            access=world.access("orderer", amount=2),
            idempotency_key="a",
        )
    people_commands.remove(actor=actor_of(world.paivi), memberships=[world.olli], idempotency_key="a")
    organizations_commands.add_sites(
        actor=system, organization=world.koskela, sites=[("Turku", "")], idempotency_key="s"
    )
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        organizations_commands.add_sites(
            actor=system, organization=world.koskela, sites=[("Vaasa", "")], idempotency_key="s"
        )
    ceilings.set_ceiling(actor=system, organization=world.koskela, offer={}, idempotency_key="c")
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        ceilings.set_ceiling(
            actor=system, organization=world.koskela, offer={"crm:contacts.see": None}, idempotency_key="c"
        )
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        ceilings.set_ceiling(actor=system, organization=world.pohjola, offer={}, idempotency_key="c")


def test_idempotency_key_covers_texts_that_are_not_stored_in_clear(world: World) -> None:
    aino, viewer = actor_of(world.aino), world.access("viewer")
    people_commands.remove(actor=aino, memberships=[world.vilma], reason="left", idempotency_key="r")
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        people_commands.remove(
            actor=aino, memberships=[world.vilma], reason="long absence", idempotency_key="r"
        )
    invite = functools.partial(
        invitations_send.invite, actor=aino, organization=world.koskela, access=viewer, idempotency_key="i"
    )
    letter: dict[str, Any] = {"email": "canary@koskela.example", "name": "Canary Bird", "reason": "Sings"}
    made = invite(**letter)
    assert invite(**letter).act == made.act
    for other in ({"email": "c@koskela.example"}, {"name": "Other"}, {"reason": "x"}, {"language": "fi"}):
        with pytest.raises(authorization_errors.IdempotencyKeyReused):
            invite(**{**letter, **other})
    stored = " ".join(f"{row.fingerprint} {row.outcome}" for row in IdempotencyRecord.objects.all()).lower()
    assert not [text for text in letter.values() if text.lower() in stored]
    link = made.result.link
    accept = functools.partial(
        invitations_accept.accept,
        actor=world.system,
        invitation=world.invitation(made.result.invitation),
        link=link,
        idempotency_key="a",
    )
    accept(accepted_by=invitations_accept.Newcomer("Canary Bird", hashed(), "en"))
    assert accept(accepted_by=invitations_accept.Newcomer("Canary Bird", "another hash", "en")).replayed
    with pytest.raises(authorization_errors.IdempotencyKeyReused):
        accept(accepted_by=invitations_accept.Newcomer("Other Bird", hashed(), "en"))


def test_refused_request_can_be_repeated_and_stored_one_is_replayed_without_authority(world: World) -> None:
    ulla = actor_of(world.ulla)
    with pytest.raises(authorization_errors.Denied):
        people_commands.remove(actor=ulla, memberships=[world.sami, world.paivi], idempotency_key="k")
    first = people_commands.remove(actor=ulla, memberships=[world.vilma], idempotency_key="l")
    world.remove(world.ulla)
    assert people_commands.remove(actor=ulla, memberships=[world.vilma], idempotency_key="l").act == first.act
    with pytest.raises(authorization_errors.NotFound):
        people_commands.remove(actor=ulla, memberships=[world.sami], idempotency_key="k")


def test_concurrent_requests_under_one_key_are_done_once(world: World) -> None:
    aino = actor_of(world.aino)

    def change() -> Any:
        return access_commands.change(
            actor=aino, memberships=[world.vilma], access=world.access("orderer"), idempotency_key="k"
        )

    outcomes = concurrency.run_concurrently(change, change, change)
    assert len({one.act for one in outcomes}) == 1  # type: ignore[attr-defined]
    assert len(recorded(Verb.ACCESS_CHANGE)) == 1


def test_request_that_is_done_just_before_its_authorization_is_replayed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between this one's look at the key and its authorization, the same request commits and its sender leaves."""
    ulla, require_all = actor_of(world.ulla), authorize.require_all

    def remove() -> Any:
        return people_commands.remove(actor=ulla, memberships=[world.vilma], idempotency_key="k")

    first: list[Any] = []

    def authorize_after_the_other(**of: Any) -> None:
        monkeypatch.undo()
        first.extend(concurrency.run_concurrently(remove))
        world.remove(world.ulla)
        require_all(**of | {"at": clock.now()})

    monkeypatch.setattr(authorize, "require_all", authorize_after_the_other)
    assert remove().act == first[0].act
    assert len(recorded(Verb.MEMBER_REMOVE)) == 2


def test_concurrent_organization_creations_under_one_key_create_one(world: World) -> None:
    """Each has its own chain: they share no lock, and only the key separates them."""
    new = NewOrganization(key="uusi", name="Uusi Oy", sites=[("Espoo", "")])

    def found() -> Any:
        return organizations_commands.create_organization(actor=world.system, new=new, idempotency_key="k")

    outcomes = concurrency.run_concurrently(found, found, found)
    assert len({one.act for one in outcomes}) == 1  # type: ignore[attr-defined]
    assert organizations_commands.create_organization(
        actor=world.system, new=new, idempotency_key="k"
    ).replayed
    assert len(recorded(Verb.ORGANIZATION_CREATE)) == 3
    assert Chain.objects.filter(kind="organization").count() == 3
    assert verifier.verify().findings == []


def test_idempotency_key_for_two_organizations_at_once_is_refused_as_reused(world: World) -> None:
    """The same actor and key in two organizations: different locks, one unique row."""
    outcomes = concurrency.run_concurrently(
        lambda: organizations_commands.add_sites(
            actor=world.system, organization=world.koskela, sites=[("Turku", "")], idempotency_key="k"
        ),
        lambda: organizations_commands.add_sites(
            actor=world.system, organization=world.pohjola, sites=[("Turku", "")], idempotency_key="k"
        ),
    )
    assert sorted(type(one).__name__ for one in outcomes) == ["IdempotencyKeyReused", "Outcome"]


# Invitations


def test_invitation_accepted_twice_at_the_same_time_makes_one_member(world: World) -> None:
    invitation, link = world.invite(world.koskela, "two@koskela.example", world.access("viewer"))

    def accept(name: str) -> Any:
        newcomer = invitations_accept.Newcomer(name, "!", "en")
        return invitations_accept.accept(
            actor=world.system, invitation=invitation, link=link, accepted_by=newcomer
        )

    outcomes = concurrency.run_concurrently(lambda: accept("First One"), lambda: accept("Second One"))
    assert sorted(type(one).__name__ for one in outcomes) == ["InvitationGone", "Outcome"]
    assert User.objects.filter(email="two@koskela.example").count() == 1


def test_newcomer_accepting_two_invitations_at_the_same_time_must_sign_in_for_the_second(
    world: World,
) -> None:
    both = [
        world.invite(one, "new@both.example", world.access("viewer"))
        for one in (world.koskela, world.pohjola)
    ]

    def accept(which: int) -> Any:
        invitation, link = both[which]
        newcomer = invitations_accept.Newcomer("New Colleague", "!", "en")
        return invitations_accept.accept(
            actor=world.system, invitation=invitation, link=link, accepted_by=newcomer
        )

    outcomes = concurrency.run_concurrently(lambda: accept(0), lambda: accept(1))
    names = sorted(type(one).__name__ for one in outcomes)
    assert names in (["Busy", "Outcome"], ["Outcome", "WrongPerson"])
    (user,) = User.objects.filter(email="new@both.example")
    left = 0 if not isinstance(outcomes[0], Exception) else 1
    with pytest.raises(authorization_errors.WrongPerson):
        accept(1 - left)
    invitation, link = both[1 - left]
    done_by = invitations_accept.accept(
        actor=actor_of(user), invitation=invitation, link=link, accepted_by=user
    )
    assert Membership.objects.get(id=done_by.result.membership).user == user


def test_invitation_of_a_sender_without_authority_is_refused_until_another_admin_resends_it(
    world: World,
) -> None:
    invitation, link = world.invite(
        world.koskela, "late@koskela.example", world.access("orderer", amount=900), actor=actor_of(world.ulla)
    )
    world.change(world.ulla, world.access("viewer"))
    newcomer = invitations_accept.Newcomer("Late Comer", "!", "en")
    with pytest.raises(authorization_errors.InvitationGone) as refusal:
        invitations_accept.accept(actor=world.system, invitation=invitation, link=link, accepted_by=newcomer)
    assert refusal.value.data == {"state": "sender_without_authority"}
    move_clock(61)
    again = invitations_send.resend(actor=actor_of(world.aino), invitation=invitation).result.link
    invitations_accept.accept(actor=world.system, invitation=invitation, link=again, accepted_by=newcomer)


def test_acceptance_of_a_closed_invitation_is_refused_with_its_state(world: World) -> None:
    aino = actor_of(world.aino)
    invitation, _ = world.invite(world.koskela, "x@koskela.example", world.access("viewer"), actor=aino)
    invitations_send.cancel(actor=aino, invitations=[invitation])
    with pytest.raises(authorization_errors.InvitationGone) as refusal:
        invitations_send.cancel(actor=aino, invitations=[invitation])
    assert refusal.value.data == {"state": "cancelled"}
    with pytest.raises(authorization_errors.InvitationGone) as refusal:
        invitations_send.resend(actor=aino, invitation=invitation)
    assert refusal.value.data == {"state": "cancelled"}
    with pytest.raises(authorization_errors.NotFound):
        invitations_send.cancel(actor=actor_of(world.tiina), invitations=[invitation])
    assert Invitation.objects.get(id=invitation.id).cancelled_at is not None
