"""The grade follows from facts at an instant, and an admin confirms by an own act once a day at most."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from audit.foundation import clock
from audit.foundation.actor import system
from audit.models import Event
from delegation.authorization.errors import NotFound, Unchanged
from delegation.continuity_grades import commands, queries
from delegation.continuity_grades.models import AdminConfirmation
from delegation.continuity_grades.queries import Grade, GradeFacts
from delegation.customer_contacts import commands as contacts
from delegation.customer_contacts.new_contact import NewContact
from delegation.domain_verifications import commands as domains
from delegation.organizations import commands as organizations
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from identity.people.models import User
from tests.fixtures.world import World, actor_of, bypassing_commands, move_clock

pytestmark = pytest.mark.django_db(transaction=True)
DAY = 24 * 3600
SALO = NewContact("invoice", "Maija Salo", "invoices@koskela.example")


def facts(world: World) -> GradeFacts:
    return queries.facts_of(organization=world.koskela.id, at=clock.now())


def grade_and_numbers(world: World) -> tuple[str, int, int]:
    found = facts(world)
    return found.grade.value, found.admins, found.fresh


def bounce(who: Membership) -> None:
    with bypassing_commands():
        User.objects.filter(id=who.user_id).update(mail_bounced_at=clock.now())


def sign_in(who: Membership) -> None:
    with bypassing_commands():
        User.objects.filter(id=who.user_id).update(last_login=clock.now())


def test_grade_follows_from_each_fact(world: World) -> None:
    def add(new: NewContact) -> Callable[[], object]:
        return lambda: contacts.add(actor=world.system, organization=world.koskela, new=new)

    def verify() -> None:
        names = ["koskela.example"]
        organizations.set_mail_domains(actor=world.system, organization=world.koskela, domains=names)
        domains.verify(actor=world.system, organization=world.koskela, domain="koskela.example")

    def lapse() -> None:
        domains.lapse(actor=world.system, organization=world.koskela, domain="koskela.example")

    cases: list[tuple[Callable[[], object], tuple[str, int, int]]] = [
        (lambda: None, ("fair", 2, 2)),
        (verify, ("fair", 2, 2)),
        (add(replace(SALO, name="Aino", email=world.aino.user.email.upper())), ("fair", 2, 2)),
        (add(SALO), ("good", 2, 2)),
        (lapse, ("fair", 2, 2)),
        (lambda: bounce(world.paivi), ("weak", 1, 1)),
        (lambda: move_clock(91 * DAY), ("critical", 1, 0)),
        (lambda: sign_in(world.aino), ("weak", 1, 1)),
        (lambda: bounce(world.aino), ("none", 0, 0)),
    ]
    assert (facts(world).contact, facts(world).domain, facts(world).bounced) == ("", "", "")
    for number, (change, expected) in enumerate(cases):
        change()
        assert grade_and_numbers(world) == expected, number
    found = facts(world)
    assert (found.contact, found.domain, found.bounced) == ("Maija Salo", "", "Aino Virtanen")
    assert queries.facts_of(organization=world.pohjola.id, at=clock.now()).contact == ""


@pytest.mark.usefixtures("state_checked")
def test_confirmation_is_asked_for_yearly_and_made_by_the_admin_alone(world: World) -> None:
    move_clock(366 * DAY)
    for who in (world.aino, world.paivi):
        sign_in(who)
    assert grade_and_numbers(world) == ("critical", 2, 0), "signed in today, and not confirmed for a year"
    strangers = (world.paivi, world.ulla, world.mikko, world.tiina, world.stina)
    for other in [actor_of(one) for one in strangers] + [system()]:
        with pytest.raises(NotFound):
            commands.confirm(actor=other, membership=world.aino)
    with pytest.raises(NotFound):
        commands.confirm(actor=actor_of(world.ulla), membership=world.ulla)
    for _ in range(2):
        commands.confirm(actor=actor_of(world.aino), membership=world.aino, idempotency_key="k")
    with pytest.raises(Unchanged):
        commands.confirm(actor=actor_of(world.aino), membership=world.aino)
    assert AdminConfirmation.objects.count() == 1
    assert Event.objects.filter(verb="admin.confirm", outcome="done", subject=world.aino.id).count() == 1
    assert grade_and_numbers(world) == ("weak", 2, 1)
    first, second = queries.admins_of(organization=world.koskela.id, at=clock.now())
    assert [one.row.user.name for one in (first, second)] == ["Aino Virtanen", "Päivi Korhonen"]
    assert first.confirmed_at is not None
    assert (first.is_seen, second.is_seen, second.confirmed_at) == (True, True, None)
    assert second.confirm_by < clock.now() < first.confirm_by


def test_reader_is_listed_however_many_admins_come_before_by_name(world: World) -> None:
    reader = world.member(world.koskela, "Östen Åberg", "organization_admin")
    for number in range(6):
        world.member(
            world.koskela, f"Bertta B{number}", "organization_admin", email=f"b{number}@koskela.example"
        )
    at, first = clock.now(), ["Aino Virtanen", "Bertta B0", "Bertta B1", "Bertta B2"]

    def names(who: Membership | None) -> list[str]:
        found = queries.admins_of(organization=world.koskela.id, at=at, reader=who.id if who else None)
        return [one.row.user.name for one in found]

    assert names(None) == names(world.mikko) == names(world.aino) == [*first, "Bertta B3"]
    assert names(reader) == [*first, "Östen Åberg"]
    mailed = queries.mailable_admins(organizations=[world.koskela.id, world.pohjola.id], at=at)
    assert [len(mailed[one.id]) for one in (world.koskela, world.pohjola)] == [9, 1]


def test_worklist_has_the_worst_first_and_none_that_is_fair(world: World) -> None:
    bounce(world.tiina)
    bounce(world.paivi)
    organizations_of = Organization.objects.all()
    found = queries.at_risk(organizations=organizations_of, at=clock.now())
    assert [(one.organization.key, one.grade) for one in found] == [
        ("pohjola", Grade.NONE),
        ("koskela", Grade.WEAK),
    ]
