"""Each business unit offers an organization something; the ceiling is the highest, and a change is counted first."""

import functools
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.models import Event
from delegation.authorization import entitlements
from delegation.authorization.errors import Denied, DifferenceChanged, InvalidInput, NotFound
from delegation.authorization.models.ceilings import Ceiling
from delegation.authorization.values import AmountLimit
from delegation.catalogue import catalog_file, ceiling_difference, ceilings, checked_file, unit_ceilings
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.catalog_file import InvalidCatalogue
from delegation.catalogue.ceiling_difference import CeilingDifference
from delegation.catalogue.models import CeilingTemplate, UnitCeiling
from delegation.organizations import commands as organizations_commands
from delegation.organizations.new_organization import NewOrganization
from demo import ports_and_paths
from identity.memberships.models import Membership
from identity.organizations.models import Organization
from tests.fixtures.events import body
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import APPROVE, CATALOGUE, PLACE, World, bypassing_commands

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
SEE = "ordering:orders.see"
INVOICES = "ordering:invoices.see"


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


def limit(amount: int | None) -> AmountLimit:
    return AmountLimit(None if amount is None else Decimal(amount))


def of_two_units(staff: Staff) -> Organization:
    """A customer of both units; it is offered nothing."""
    new = NewOrganization(key="both", name="Both Oy", numbers={"kivisalo": "K-9", "eesti": "E-9"})
    made = organizations_commands.create_organization(actor=staff.world.system, new=new)
    return Organization.objects.get(id=made.subjects[0])


def offered(organization: Organization) -> dict[str, Decimal | None]:
    offer = ceilings.current_offer(organization=organization, at=clock.now())
    return {key: one.amount for key, one in offer.items()}


def check(
    organization: Organization, offer: dict[str, AmountLimit | None], unit: str = ""
) -> CeilingDifference:
    units = unit_ceilings.chosen_units(organization=organization.id, unit=unit)
    return ceiling_difference.check(organization=organization.id, units=units, offer=offer, at=clock.now())


def rights(member: Membership) -> dict[str, Decimal | None]:
    found = entitlements.rights_of(memberships=[member.id], at=clock.now())[member.id]
    return {right.entitlement: right.amount for right in found}


def test_ceiling_is_the_highest_of_the_units_and_falls_back_to_the_other_one(staff: Staff) -> None:
    both, system = of_two_units(staff), staff.world.system

    def offer(unit: str, amount: AmountLimit | None) -> dict[str, Decimal | None]:
        ceilings.set_ceiling(actor=system, organization=both, offer={PLACE: amount}, unit=unit)
        return offered(both)

    assert offer("kivisalo", limit(5000)) == {PLACE: 5000}
    assert offer("eesti", limit(9000)) == {PLACE: 9000}
    rows, noted = (
        Ceiling.objects.filter(organization=both),
        Event.objects.filter(subject=both.id, verb="ceiling.set"),
    )
    before = (rows.count(), noted.count())
    assert offer("kivisalo", limit(4000)) == {PLACE: 9000}
    assert (rows.count(), noted.count()) == before, (
        "an offer below the highest changes no ceiling and is no event of the customer"
    )
    assert offer("kivisalo", limit(None)) == {PLACE: None}
    assert offer("kivisalo", None) == {PLACE: 9000}
    event = Event.objects.filter(verb="ceiling.set", subject_kind="supplier").latest("seq")
    assert body(event)["facts"] == {
        "organization": str(both.id),
        "offer": {PLACE: {"amount": "9000.00", "currency": "EUR"}},
        "unit_offers": {"kivisalo": {PLACE: None}},
    }
    with pytest.raises(InvalidInput) as refusal:
        offer("kivisalo", AmountLimit(Decimal(1), "SEK"))
    assert refusal.value.data == {"field": "limit", "problem": "currency"}
    assert offer("", limit(100)) == {PLACE: 100}, "without a unit, every unit offers it"


def test_right_for_one_unit_changes_what_this_unit_offers_alone(staff: Staff) -> None:
    both = of_two_units(staff)
    kivisalo = staff.hire("Maarja Kuusk", "account_manager", unit=staff.kivisalo)
    whole = staff.hire("Leena Aho", "catalogue_owner")
    of_customer = staff.hire("Pia Pohjola", "account_manager", organization=both)
    support = staff.hire("Sanna Heikkilä", "support", unit=staff.kivisalo)

    def offer(actor: Actor, unit: str, organization: Organization = both) -> None:
        ceilings.set_ceiling(actor=actor, organization=organization, offer={PLACE: limit(10)}, unit=unit)

    for actor, unit in ((kivisalo, "kivisalo"), (whole, "eesti"), (of_customer, "eesti"), (of_customer, "")):
        offer(actor, unit)
    for actor, unit in ((kivisalo, "eesti"), (kivisalo, ""), (support, "kivisalo")):
        with pytest.raises(Denied):
            offer(actor, unit)
    with pytest.raises(NotFound):
        offer(kivisalo, "eesti", staff.tamm)
    for unit in ("eesti", "nothing", "%"):
        with pytest.raises(InvalidInput):
            offer(whole, unit, staff.world.koskela)


def test_people_who_lose_and_gain_are_counted_and_named_before_the_change(world: World) -> None:
    lowered = check(world.koskela, {PLACE: limit(1000), INVOICES: None})
    assert [(one.key, one.is_loss) for one in lowered.changes] == [(PLACE, True), (INVOICES, True)]
    assert (lowered.people.lose, lowered.people.gain) == (7, 0)
    assert lowered.people.lose_by_entitlement == {PLACE: 1, INVOICES: 7}
    people = ceiling_difference.losing(difference=lowered, at=clock.now())
    mikko = next(one for one in people if one.name == "Mikko Laine")
    assert {right.entitlement: right.amount for right in mikko.rights} == {PLACE: 5000, INVOICES: None}
    assert len(people) == 7
    raised = check(world.koskela, {PLACE: limit(50000), APPROVE: limit(20000)})
    assert ([one.key for one in raised.changes], raised.people.lose, raised.people.gain) == ([PLACE], 0, 0)
    assert check(world.koskela, {PLACE: limit(20000)}).is_empty
    with pytest.raises(InvalidInput):
        check(world.koskela, {"crm:nothing": None})


def test_change_is_refused_when_offers_or_people_differ_from_what_was_seen(world: World) -> None:
    offer: dict[str, AmountLimit | None] = {PLACE: limit(1000)}
    seen = check(world.koskela, offer).digest
    world.change(world.olli, world.access("orderer", sites=[world.oulu], amount=4000))
    lower = functools.partial(
        ceilings.set_ceiling, actor=world.system, organization=world.koskela, offer=offer
    )
    with pytest.raises(DifferenceChanged):
        lower(seen=seen)
    seen = check(world.koskela, offer).digest
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer={INVOICES: None})
    with pytest.raises(DifferenceChanged):
        lower(seen=seen)
    assert rights(world.mikko)[PLACE] == 5000
    lower(seen=check(world.koskela, offer).digest)
    assert rights(world.mikko)[PLACE] == 1000
    gained = check(world.koskela, {PLACE: limit(4500), INVOICES: limit(None)})
    assert gained.people.gain_by_entitlement == {PLACE: 2, INVOICES: 7}


def test_unit_offers_an_entitlement_once_at_a_time(world: World) -> None:
    row = UnitCeiling.objects.filter(organization=world.koskela).first()
    assert row is not None
    with (
        bypassing_commands(),
        pytest.raises(IntegrityError, match="unit_ceiling_no_overlap"),
        transaction.atomic(),
    ):
        UnitCeiling.objects.create(
            organization=row.organization,
            unit=row.unit,
            entitlement=row.entitlement,
            currency="EUR",
            valid_from=row.valid_from,
        )


def test_changed_template_is_shown_and_changes_no_ceiling(world: World) -> None:
    basic, *others = CATALOGUE.ceiling_templates
    file = replace(
        CATALOGUE, ceiling_templates=[replace(basic, offer={PLACE: Decimal(1)}, units=["kivisalo"])]
    )
    before = list(Ceiling.objects.values_list("id", flat=True))
    checked = checked_file.check(catalogue=file, at=clock.now())
    assert (checked.difference.changed_templates, checked.affected.total.lose) == (["basic"], 0)
    catalogue_commands.apply(actor=world.system, catalogue=file)
    row = CeilingTemplate.objects.get(key="basic")
    assert (row.units, row.offer) == (["kivisalo"], {PLACE: "1.00"})
    assert CeilingTemplate.objects.count() == len(others) + 1, "what the file does not name stays"
    assert list(Ceiling.objects.values_list("id", flat=True)) == before


def test_templates_of_a_file_name_units_and_entitlements_of_the_file() -> None:
    text = ports_and_paths.CATALOG.read_text(encoding="utf-8")
    wrong = (
        '[[ceiling_templates]]\nkey = "x"\nname = { en = "X", fi = "X" }\nunits = ["nowhere"]\n'
        f'offer = {{ "{SEE}" = 5, "{PLACE}" = -1, "a:b" = true }}\n'
    )
    with pytest.raises(InvalidCatalogue) as refusal:
        catalog_file.parse(text=f"{text}\n{wrong}")
    units, offer = str(refusal.value).splitlines()
    assert units.startswith(
        "ceiling_templates[4] “x”: units must be a list in which each is one of the units"
    )
    assert offer == f"ceiling_templates[4] “x”: offer must be true for {SEE}."
