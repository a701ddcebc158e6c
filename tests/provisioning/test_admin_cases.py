"""Cases of missing admins open by themselves once, and the new admin’s rights grow when the further time is over."""

import pytest

from audit.foundation import clock
from delegation.authorization.errors import CaseWaits
from delegation.orphan_cases import queries
from delegation.orphan_cases.commands import opening, outcome
from delegation.orphan_cases.models import OrphanCase
from provisioning import admin_cases
from tests.fixtures.orphaned import SYSTEM, Rescue
from tests.fixtures.world import World, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
MONTH = 31 * 24 * 3600


def test_case_opens_by_itself_once_and_not_against_a_recent_decision(world: World) -> None:
    assert admin_cases.open_missing() == 0, "every customer has an admin"
    rescue = Rescue(world)
    assert (admin_cases.open_missing(), admin_cases.open_missing()) == (1, 0)
    case = OrphanCase.objects.get()
    assert (case.organization_id, case.cause, case.email) == (world.pohjola.id, "no_admin", "")
    opening.close(actor=rescue.sanna, case=case, reason="The customer has closed its business")
    assert admin_cases.open_missing() == 0
    move_clock(MONTH)
    assert admin_cases.open_missing() == 1


def test_rights_grow_only_when_the_further_time_is_over(world: World) -> None:
    rescue = Rescue(world)
    case = rescue.joined()
    assert (queries.due(at=clock.now()), admin_cases.complete_due()) == ([], 0)
    with pytest.raises(CaseWaits):
        outcome.complete(actor=SYSTEM, case=case)
    move_clock(MONTH)
    assert (admin_cases.complete_due(), admin_cases.complete_due()) == (1, 0)
    case.refresh_from_db()
    assert case.state == "resolved"
