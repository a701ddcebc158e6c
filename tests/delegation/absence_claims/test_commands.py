"""A colleague asks admins and says that one has left; nothing changes but the claim, which is closed once."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.foundation import clock
from audit.foundation.actor import system
from audit.models import Event
from delegation.absence_claims import commands, queries
from delegation.absence_claims.models import AbsenceClaim
from delegation.absence_claims.queries import ClaimView
from delegation.authorization.errors import (
    AlreadyExists,
    AnsweredRecently,
    ClaimClosed,
    Denied,
    InvalidInput,
    NotFound,
)
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
DAY = 24 * 3600


def claimed(by: Membership, about: Membership, reason: str = "left") -> ClaimView:
    made = commands.claim(actor=actor_of(by), admin=about, reason=reason, message="Moved in May")
    return queries.get(organization=about.organization_id, claim=made.result.claim)


def state(claim: ClaimView) -> str:
    return AbsenceClaim.objects.get(id=claim.id).state


def names(world: World, who: Membership) -> list[str]:
    found = queries.admins_of(organization=world.koskela.id, user=who.user_id, at=clock.now())
    return [one.name.split()[0] for one in found]


def test_admins_are_those_of_all_sites_and_of_the_own_ones(world: World) -> None:
    assert names(world, world.mikko) == ["Aino", "Päivi", "Ulla"], "Sami manages Oulu, Mikko works at Tampere"
    assert names(world, world.olli) == ["Aino", "Päivi", "Sami", "Ulla"]


def test_strangers_and_other_organizations_reach_no_admin(world: World, staff: Staff) -> None:
    sanna = staff.hire("Sanna Heikkilä", "support", unit=staff.kivisalo)
    for stranger in (actor_of(world.stina), actor_of(world.tiina), sanna, system()):
        with pytest.raises(NotFound):
            commands.ask(actor=stranger, admin=world.aino, message="Hello")
        with pytest.raises(NotFound):
            commands.claim(actor=stranger, admin=world.aino, reason="left")
    for not_admin in (world.olli, world.sami):
        with pytest.raises(NotFound):
            commands.ask(actor=actor_of(world.mikko), admin=not_admin, message="Hello")
    with pytest.raises(NotFound):
        commands.ask(actor=actor_of(world.mikko_at_pohjola), admin=world.stina, message="Hello")
    with pytest.raises(Denied):
        commands.claim(actor=actor_of(world.aino), admin=world.aino, reason="left")
    with pytest.raises(InvalidInput):
        commands.ask(actor=actor_of(world.mikko), admin=world.aino, message="  ")
    with pytest.raises(InvalidInput):
        commands.claim(actor=actor_of(world.mikko), admin=world.aino, reason="dead")
    commands.ask(actor=actor_of(world.mikko), admin=world.aino, message="Please add me to the site of Oulu")
    event = Event.objects.get(verb="admin.ask", outcome="done")
    assert (event.subject, event.chain) == (world.aino.id, world.koskela.id)
    assert b"Please add me to the site of Oulu" not in bytes(event.body)


@pytest.mark.parametrize(
    ("closer", "expected"), [("paivi", "here"), ("mikko", "withdrawn"), ("aino", "dismissed")]
)
def test_claim_is_closed_once_by_who_may(world: World, closer: str, expected: str) -> None:
    claim = claimed(world.mikko, world.paivi)
    rights = list(world.paivi.assignments.values_list("id", "valid_until"))
    for stranger in (world.vilma, world.sami, world.tiina):
        with pytest.raises(NotFound):
            commands.close(actor=actor_of(stranger), claim=claim.row)
    with pytest.raises(AlreadyExists):
        claimed(world.vilma, world.paivi)
    done = commands.close(actor=actor_of(getattr(world, closer)), claim=claim.row)
    assert (done.result.state, state(claim)) == (expected, expected)
    for again in (world.paivi, world.mikko, world.aino):
        with pytest.raises(ClaimClosed):
            commands.close(actor=actor_of(again), claim=claim.row)
    assert list(world.paivi.assignments.values_list("id", "valid_until")) == rights
    if expected == "withdrawn":
        claimed(world.vilma, world.paivi)
        return
    with pytest.raises(AnsweredRecently):
        claimed(world.mikko, world.paivi)
    move_clock(8 * DAY)
    claimed(world.mikko, world.paivi)


def test_unanswered_claim_reaches_support_and_a_removal_closes_it(world: World, staff: Staff) -> None:
    sanna = staff.hire("Sanna Heikkilä", "support", unit=staff.kivisalo)
    elsewhere = staff.hire("Kadri Tamm", "support", unit=staff.eesti)
    about_paivi, about_ulla = claimed(world.mikko, world.paivi), claimed(world.mikko, world.ulla, "unsure")
    customers = Organization.objects.all()
    assert queries.unanswered(organizations=customers, at=clock.now()) == []
    move_clock(8 * DAY)
    waiting = queries.unanswered(organizations=customers, at=clock.now())
    assert [one.id for one in waiting] == [about_paivi.id, about_ulla.id]
    assert queries.unanswered(organizations=customers.filter(key="pohjola"), at=clock.now()) == []
    with pytest.raises(NotFound):
        commands.close(actor=elsewhere, claim=about_paivi.row)
    world.remove(world.paivi)
    assert state(about_paivi) == "removed"
    commands.close(actor=sanna, claim=about_ulla.row, note="Aino says she works")
    assert (state(about_ulla), queries.unanswered(organizations=customers, at=clock.now())) == (
        "dismissed",
        [],
    )


def test_database_keeps_what_was_said_and_who_may_close_it(world: World) -> None:
    claim = claimed(world.mikko, world.paivi)
    rows, at = AbsenceClaim.objects.filter(id=claim.id), clock.now()
    closed = {"closed_at": at}
    wrong: list[dict[str, Any]] = [
        {"reason": "away"},
        {"answer_by": at + dt.timedelta(days=90)},
        {"state": "here", "closed_by": world.mikko.user_id, **closed},
        {"state": "withdrawn", "closed_by": world.paivi.user_id, **closed},
        {"state": "dismissed", "closed_by": world.mikko.user_id, **closed},
        {"state": "removed"},
    ]
    with bypassing_commands():
        for change in wrong:
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()
    with pytest.raises(DatabaseError, match="event"), transaction.atomic():
        rows.update(state="dismissed", closed_by=world.aino.user_id, closed_at=at)
    assert rows.get().state == "open"


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)
