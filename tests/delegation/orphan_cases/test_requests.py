"""Staff connect requests without a case to a customer, or close them; each is erased when its time is over."""

import datetime as dt
import uuid
from collections.abc import Collection

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, transaction

from audit import personal_data
from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.models import Event, PersonKey
from audit.verification import verifier
from delegation.authorization import policy
from delegation.authorization.errors import (
    CaseStep,
    Denied,
    HasAdmin,
    InvalidInput,
    NotFound,
    OwnCase,
    ProofsMissing,
)
from delegation.organizations import commands as organizations
from delegation.organizations.new_organization import NewOrganization
from delegation.orphan_cases import request_list
from delegation.orphan_cases.commands import opening, request_decisions
from delegation.orphan_cases.models import OrphanCase, OrphanRequest
from identity.organizations.models import Organization
from identity.people.models import User
from provisioning import retention
from tests.fixtures import orphaned, state_check
from tests.fixtures.orphaned import DAY, TEEMU, Rescue
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]


def waiting_for(actor: Actor) -> list[uuid.UUID]:
    own = policy.staff_authorities(actor=actor, at=clock.now())
    assert request_list.count(own=own) == len(request_list.page(own=own).rows)
    return [one.id for one in request_list.page(own=own).rows]


def test_request_of_an_unknown_company_opens_the_case_of_the_customer_that_staff_found(world: World) -> None:
    rescue = Rescue(world)
    request = orphaned.request_of("no such number")
    far = rescue.staff.hire("Fia Far", "support", unit=rescue.staff.eesti)
    manager = rescue.staff.hire("Minna Manager", "account_manager", unit=rescue.staff.kivisalo)
    assert (waiting_for(rescue.sanna), waiting_for(far), waiting_for(manager)) == (
        [request.id],
        [request.id],
        [],
    )
    tries = (
        (rescue.sanna, world.koskela, "Called them", HasAdmin),
        (rescue.sanna, world.pohjola, " ", InvalidInput),
        (far, world.pohjola, "Called them", NotFound),
        (manager, world.pohjola, "Called them", Denied),
        (actor_of(world.stina), world.pohjola, "Called them", NotFound),
    )
    for actor, organization, reason, refusal in tries:
        with pytest.raises(refusal):
            request_decisions.connect(actor=actor, request=request, organization=organization, reason=reason)
    done = request_decisions.connect(
        actor=rescue.sanna, request=request, organization=world.pohjola, reason="The number was of 2019"
    )
    case = OrphanCase.objects.get()
    assert (done.result.case, case.cause, case.email) == (case.id, "request", TEEMU.email)
    assert (case.opened_by, case.named_by) == (rescue.sanna.id, rescue.sanna.id), "another one approves"
    assert waiting_for(rescue.sanna) == []
    own = policy.staff_authorities(actor=far, at=clock.now())
    with pytest.raises(NotFound):
        request_list.get(own=own, request=request.id)
    with pytest.raises(CaseStep):
        request_decisions.close(actor=rescue.sanna, request=request, reason="Again")
    with pytest.raises(CaseStep):
        request_decisions.connect(
            actor=rescue.sanna, request=request, organization=world.pohjola, reason="Again"
        )
    rescue.prove(case, "register", "call_back")
    rescue.propose(case, by=rescue.otto)
    case.refresh_from_db()
    with pytest.raises((OwnCase, Denied)):
        rescue.approve(case, by=rescue.sanna)
    rescue.approve(case, by=rescue.anna)
    assert Event.objects.filter(verb="orphan_request.connect", outcome="done").count() == 2, "in both logs"


def test_request_of_a_known_customer_without_a_case_is_for_staff_of_that_customer_who_close_it(
    world: World,
) -> None:
    rescue = Rescue(world)
    request = orphaned.request_of("E-1")  # of Tamm, which never had an admin
    assert (request.organization, request.case) == (rescue.staff.tamm, None)
    far = rescue.staff.hire("Fia Far", "support", unit=rescue.staff.eesti)
    assert (waiting_for(rescue.sanna), waiting_for(far)) == ([], [request.id])
    for actor in (rescue.sanna, actor_of(world.aino)):
        with pytest.raises(NotFound):
            request_decisions.close(actor=actor, request=request, reason="No")
    with pytest.raises(InvalidInput):
        request_decisions.close(actor=far, request=request, reason="")
    request_decisions.close(actor=far, request=request, reason="Not a person of theirs")
    assert waiting_for(far) == []
    with pytest.raises(CaseStep):
        request_decisions.close(actor=far, request=request, reason="Again")
    (event,) = Event.objects.filter(verb="orphan_request.close", outcome="done")
    assert event.actor == far.id
    rows = OrphanRequest.objects.filter(id=request.id)
    with bypassing_commands():
        for write in (
            lambda: rows.update(decided_by=rescue.otto.id),
            lambda: rows.update(decided_at=None, decided_by=None),
            rows.delete,
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                write()


def test_earlier_request_that_joins_a_case_makes_a_domain_of_between_no_proof(world: World) -> None:
    rescue = Rescue(world)
    request = orphaned.request_of("no such number", "mallory@evil.example")
    move_clock(60)
    orphaned.verify_domain(world)
    move_clock(120)
    case = rescue.open()
    rescue.prove(case, "domain", "call_back")
    request_decisions.connect(
        actor=rescue.otto, request=request, organization=world.pohjola, reason="Same company"
    )
    case.refresh_from_db()
    assert case.email == TEEMU.email, "the person who was named stays"
    with pytest.raises(ProofsMissing):
        rescue.propose(case)
    rescue.prove(case, "register")
    rescue.propose(case)


def test_customer_is_found_by_the_number_of_the_readers_business_units_alone(world: World) -> None:
    rescue = Rescue(world)
    kivisalo, eesti, tamm = rescue.staff.kivisalo, rescue.staff.eesti, rescue.staff.tamm
    made = []
    for new in (
        NewOrganization(key="uno", name="Uno", numbers={"kivisalo": "E-1"}),
        NewOrganization(key="duo", name="Duo", numbers={"kivisalo": "K-9", "eesti": "K-koskela"}),
    ):
        done = organizations.create_organization(actor=world.system, new=new)
        made.append(Organization.objects.get(id=done.subjects[0]))
    uno, duo = made
    far = rescue.staff.hire("Fia Far", "support", unit=eesti)
    both = rescue.staff.hire("Bea Both", "support", unit=kivisalo)
    rescue.staff.give(User.all_directories.get(id=both.id), "support", unit=eesti)
    every = rescue.staff.hire("Eve Every", "support")
    manager = rescue.staff.hire("Minna Manager", "account_manager", unit=kivisalo)

    def found(actor: Actor) -> list[Organization | None]:
        own = policy.staff_authorities(actor=actor, at=clock.now())
        return [
            request_list.find_customer(own=own, text=one) for one in ("E-1", "K-koskela", " TAMM ", "nowhere")
        ]

    assert found(rescue.sanna) == [uno, world.koskela, None, None]
    assert found(far) == [tamm, duo, tamm, None]
    assert found(both) == found(every) == [None, None, tamm, None]
    assert found(manager) == [None] * 4


def test_confirmation_is_dated_by_the_database_so_that_it_keeps_the_request(world: World) -> None:
    del world
    request = orphaned.request_of("1", confirmed=False)
    rows = OrphanRequest.objects.filter(id=request.id)
    with bypassing_commands():
        for days in (-32, 1):
            at = clock.now() + dt.timedelta(days=days)
            with pytest.raises(DatabaseError, match="kept"), transaction.atomic():
                rows.update(confirmed_at=at)


def test_request_that_cannot_be_erased_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    del world
    first, second, third = (orphaned.request_of(str(number), confirmed=False) for number in range(3))
    destroy = personal_data.destroy

    def failing(*, people: Collection[uuid.UUID]) -> list[uuid.UUID]:
        if second.id in people:
            raise RuntimeError
        return list(destroy(people=people))

    monkeypatch.setattr(personal_data, "destroy", failing)
    move_clock(DAY + 60)
    retention.purge()
    assert list(OrphanRequest.objects.values_list("id", flat=True)) == [second.id]
    monkeypatch.undo()
    retention.purge()
    assert not OrphanRequest.objects.filter(id__in=[first.id, second.id, third.id]).exists()


def test_requests_and_their_keys_are_erased_when_their_time_is_over_and_the_log_verifies(
    world: World, settings: LazySettings
) -> None:
    settings.ERASURE_AFTER = dt.timedelta(days=31)
    rescue = Rescue(world)
    never = orphaned.request_of("1", confirmed=False)
    closed, undecided, open_one = orphaned.request_of("2"), orphaned.request_of("3"), orphaned.request_of("4")
    request_decisions.close(actor=rescue.sanna, request=closed, reason="No such company")
    done = request_decisions.connect(
        actor=rescue.sanna, request=open_one, organization=world.pohjola, reason="Called"
    )
    kept = {one.id for one in (never, closed, undecided, open_one)}

    def erased_at(seconds: float) -> None:
        move_clock(seconds)
        retention.purge()
        retention.purge()
        rows = set(OrphanRequest.objects.values_list("id", flat=True))
        keys = dict(PersonKey.objects.filter(id__in=everyone).values_list("id", "wrapped"))
        assert rows == kept
        assert {one for one, key in keys.items() if bytes(key)} == kept, (
            "the keys of the others are destroyed"
        )
        assert verifier.verify().findings == []
        assert [str(one) for one in state_check.differences()] == []

    everyone = set(kept)
    erased_at(DAY - 60)
    kept.remove(never.id)
    erased_at(DAY + 60)
    with bypassing_commands(), pytest.raises(DatabaseError, match="kept"), transaction.atomic():
        OrphanRequest.objects.filter(id=undecided.id).delete()
    kept -= {closed.id, undecided.id}
    erased_at(32 * DAY)
    opening.close(actor=rescue.anna, case=OrphanCase.objects.get(id=done.result.case), reason="Tiina is back")
    erased_at(40 * DAY)
    kept.clear()
    erased_at(64 * DAY)
    events = Event.objects.filter(verb="orphan_request.erase", outcome="done")
    assert (events.count(), {one.actor_kind for one in events}) == (3, {"system"})
