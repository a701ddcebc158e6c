"""Logouts of sign-ins that ended without an act: which services get one, and which chains are planned first."""

import pytest

from audit.foundation import clock
from identity.clients.models import Client
from identity.sessions.models import SignIn
from provisioning.accounts import planner
from provisioning.accounts.models import Cursor
from provisioning.logout.models import Logout
from provisioning.targets.models import Target
from tests.fixtures.deliveries import plan_all, sign_in
from tests.fixtures.world import World, bypassing_commands


def test_sweep_adds_no_logout_for_a_service_that_is_not_notified(world: World, ordering: Target) -> None:
    plan_all()
    row, at = sign_in(world.mikko), clock.now()
    SignIn.objects.filter(id=row.id).update(ended_at=at)
    with bypassing_commands():
        Client.objects.update(backchannel_logout_uri="")
    assert planner.sweep(at=at) == 0


@pytest.mark.parametrize("has_cursor", [True, False])
def test_sweep_leaves_a_chain_with_unread_events_to_the_planner(
    *, world: World, ordering: Target, has_cursor: bool
) -> None:
    """Its act is the cause of the logout; an unread event of another customer holds up nothing."""
    plan_all()
    here, there, at = sign_in(world.mikko), sign_in(world.tiina), clock.now()
    SignIn.objects.filter(id__in=[here.id, there.id]).update(ended_at=at)
    world.remove(world.olli)
    if not has_cursor:
        Cursor.objects.filter(chain=world.koskela.id).delete()
    planner.sweep(at=at)
    assert [*Logout.objects.values_list("sign_in", flat=True)] == [there.id]
    plan_all()
    planner.sweep(at=at)
    assert {*Logout.objects.values_list("sign_in", flat=True)} == {here.id, there.id}
