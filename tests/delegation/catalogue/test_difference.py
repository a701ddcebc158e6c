"""What a file changes: each kind of change with its direction, and the people who lose or gain by it."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.foundation import clock
from delegation.authorization.verbs import Verb
from delegation.catalogue import affected_people, ceilings, checked_file, difference
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.defaults import Catalogue, EntitlementSpec, RoleSpec
from delegation.catalogue.difference import Change, Direction, Part
from delegation.catalogue.stored_catalogue import StoredCatalogue
from tests.fixtures.world import APPROVE, CATALOGUE, PLACE, World

pytestmark = pytest.mark.django_db(transaction=True)
LOSS, GAIN, NEITHER = Direction.LOSS, Direction.GAIN, Direction.NEITHER
INVOICES = "ordering:invoices.see"


def with_role(key: str, **fields: Any) -> Catalogue:
    """The sample catalogue with other contents of one role."""
    roles = [replace(role, **fields) if role.key == key else role for role in CATALOGUE.roles]
    return replace(CATALOGUE, roles=roles)


def role(key: str) -> RoleSpec:
    return next(one for one in CATALOGUE.roles if one.key == key)


def without(key: str, *entitlements: str) -> list[str]:
    return [one for one in role(key).entitlements if one not in entitlements]


def check(catalogue: Catalogue) -> CheckedFile:
    return checked_file.check(catalogue=catalogue, at=clock.now())


def test_every_change_of_a_role_has_its_direction(world: World) -> None:
    admin = role("site_admin")
    amounts = {PLACE: Decimal(5), APPROVE: None}
    cases: Sequence[tuple[dict[str, Any], list[tuple[Part, str, Direction, str, str]]]] = [
        ({"entitlements": without("site_admin", INVOICES)}, [(Part.ENTITLEMENT, INVOICES, LOSS, "yes", "")]),
        ({"entitlements": [*admin.entitlements, PLACE]}, [(Part.ENTITLEMENT, PLACE, GAIN, "", "yes")]),
        ({"verbs": list(admin.verbs)[1:]}, [(Part.VERB, "access.change", LOSS, "yes", "")]),
        ({"verbs": [*admin.verbs, Verb.ACTIVITY_VIEW]}, [(Part.VERB, "activity.view", GAIN, "", "yes")]),
        ({"assignable_roles": ["viewer", "orderer"]}, [(Part.ASSIGNABLE_ROLE, "approver", LOSS, "yes", "")]),
        (
            {"assignable_amounts": amounts},
            [
                (Part.ASSIGNABLE_AMOUNT, PLACE, LOSS, "10000.00", "5.00"),
                (Part.ASSIGNABLE_AMOUNT, APPROVE, GAIN, "10000.00", "ceiling"),
            ],
        ),
        ({"max_assignment_days": 30}, [(Part.ASSIGNABLE_DAYS, "", LOSS, "", "30")]),
        ({"is_admin": True}, [(Part.WORKING_ADMIN, "", GAIN, "", "yes")]),
        ({"mfa": False}, [(Part.SECOND_FACTOR, "", NEITHER, "yes", "")]),
        ({"name": {"en": "Boss", "fi": "Pomo"}}, [(Part.TEXTS, "site_admin", NEITHER, "", "")]),
        ({}, []),
    ]  # fmt: skip
    for fields, expected in cases:
        found = check(with_role("site_admin", **fields)).difference
        changes = [one for changed in found.roles for one in changed.changes]
        assert changes == [Change(*one) for one in expected], fields
        assert found.is_empty is not bool(expected)


def test_difference_names_new_and_changed_entitlements_and_what_the_file_leaves_alone(world: World) -> None:
    specs = [
        replace(spec, takes_amount=False) if spec.key == PLACE else spec
        for spec in CATALOGUE.entitlements
        if spec.key != INVOICES
    ]
    new = EntitlementSpec("crm:claims.create", {"en": "file claims", "fi": "tehdä reklamaatioita"})
    roles = [role("orderer"), RoleSpec("buyer", {"en": "Buyer", "fi": "Ostaja"}, {"en": "-", "fi": "-"})]
    found = check(replace(CATALOGUE, entitlements=[*specs, new], roles=roles)).difference
    assert found.new_entitlements == [new.key]
    assert found.changed_entitlements == [PLACE]
    assert set(found.not_in_file) == {
        INVOICES, "viewer", "approver", "site_admin", "user_admin", "organization_admin", "interim_admin",
        "security_admin",
    }  # fmt: skip
    assert {one.key: [change.part for change in one.changes] for one in found.roles} == {
        # Its line of invoices goes with the entitlement that the file does not name.
        "orderer": [Part.ENTITLEMENT, Part.TAKES_AMOUNT],
        "approver": [Part.TAKES_AMOUNT],
        "buyer": [],
    }
    (buyer,) = [one for one in found.roles if one.key == "buyer"]
    assert (buyer.number, buyer.next_number) == (None, 1)


def test_people_who_lose_are_counted_by_organization_and_by_change(world: World) -> None:
    affected = check(with_role("viewer", entitlements=without("viewer", INVOICES))).affected
    assert [(row.name, row.lose, row.gain) for row in affected.listed] == [
        ("Pohjolan Sähkö Oy", 2, 0),
        ("Rakennusliike Koskela Oy", 1, 0),
    ]
    assert (affected.total.lose, affected.total.gain, affected.holders) == (3, 0, 3)
    ((key, change), number), *rest = affected.by_change.items()
    assert (key, change.part, change.key, number, rest) == ("viewer", Part.ENTITLEMENT, INVOICES, 3, [])


def test_right_that_is_not_offered_is_not_lost(world: World) -> None:
    ceilings.set_ceiling(actor=world.system, organization=world.koskela, offer={INVOICES: None})
    changed = with_role("viewer", entitlements=without("viewer", INVOICES))
    assert check(changed).affected.total.lose == 2


def lose(held: list[str], before: Catalogue, after: Catalogue) -> int:
    """How many lose something of one person who holds these roles, by the counting of the database's signatures."""
    stored = StoredCatalogue(before, {}, {"ordering": {}, "crm": {}})
    counting = affected_people.Counting(difference.of_file(stored, after), before)
    counting.add(uuid.UUID(int=1), held, frozenset({INVOICES, PLACE}), 1)
    return sum(counting.lose_by_organization.values())


def test_right_that_another_role_gives_for_all_sites_without_end_is_not_lost() -> None:
    changed = with_role("viewer", entitlements=without("viewer", INVOICES))
    assert lose(["viewer*"], CATALOGUE, changed) == 1
    assert lose(["user_admin*", "viewer*"], CATALOGUE, changed) == 0
    assert lose(["user_admin", "viewer*"], CATALOGUE, changed) == 1, "that role is for some sites, or ends"
    limited = with_role("approver", entitlements=without("approver", PLACE))
    assert lose(["approver*", "orderer*"], CATALOGUE, limited) == 1, "amounts differ by role"
    both = replace(changed, roles=[replace(one, entitlements=[]) for one in changed.roles])
    assert lose(["user_admin*", "viewer*"], CATALOGUE, both) == 1, "both roles lose it"


def test_check_takes_the_same_statements_for_any_number_of_people_and_organizations(world: World) -> None:
    nothing = statements(lambda: check(CATALOGUE))
    one = statements(lambda: check(with_role("site_admin", entitlements=[])))
    many = statements(lambda: check(with_role("viewer", entitlements=[])))
    assert (nothing, one, many) == (9, 10, 10), "one of them reads the clock"


def statements(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)
