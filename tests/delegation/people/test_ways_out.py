"""Every way out ends in the same effect: on the page, of a list, by the API, and on the planned day."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from audit.foundation import clock
from audit.models import Event
from delegation.authorization import entitlements
from delegation.invitations.models import Invitation
from delegation.people import planned_ends
from delegation.people.commands import planned_removals
from identity.memberships.models import Membership
from identity.service_users import queries as service_users_queries
from identity.sessions.models import Session, SignIn
from provisioning.removals.models import Removal
from tests.fixtures import deliveries, grants, service_users, signed_in
from tests.fixtures.pages import KOSKELA, person_path
from tests.fixtures.rest_api import Program
from tests.fixtures.world import World, actor_of, move_clock_to

pytestmark = pytest.mark.django_db(transaction=True)


def by_page(world: World, leaver: Membership) -> None:
    form = {"reason": "left", "idempotency_key": "w1"}
    assert signed_in.browser(world.aino).post(person_path(leaver, "remove"), form).status_code == 302


def by_list(world: World, leaver: Membership) -> None:
    form = {"m": [str(leaver.id), str(world.vilma.id)], "reason": "left", "idempotency_key": "w2"}
    assert signed_in.browser(world.aino).post(f"{KOSKELA}/people/remove", form).status_code == 302


def by_api(world: World, leaver: Membership) -> None:
    assert Program(world.aino).post(f"people/{leaver.id}/remove", {"reason": "left"}).status_code == 200


def on_the_planned_day(world: World, leaver: Membership) -> None:
    ends_at = clock.now() + dt.timedelta(minutes=10)
    planned_removals.plan(actor=actor_of(world.aino), memberships=[leaver], ends_at=ends_at)
    move_clock_to(ends_at)
    assert planned_ends.carry_out_next() == 1


def test_every_way_out_ends_the_same(world: World) -> None:
    ways: list[Callable[[World, Membership], None]] = [by_page, by_list, by_api, on_the_planned_day]
    found: dict[str, Mapping[str, Any]] = {}
    for number, way in enumerate(ways):
        leaver = world.member(world.koskela, f"Leaver{number} Salo", "organization_admin")
        issued = grants.token_pair(leaver, session=f"browser{number}")
        signed_in.browser(leaver)
        program = service_users.create(leaver, name=f"ERP {number}")
        world.invite(
            world.koskela, f"n{number}@koskela.example", world.access("viewer"), actor=actor_of(leaver)
        )
        way(world, leaver)
        deliveries.plan_all()
        event = Event.objects.get(verb="member.remove", outcome="done", subject=leaver.id)
        at = clock.now()
        found[way.__name__] = {
            "rights": entitlements.rights_of(memberships=[leaver.id], at=at)[leaver.id],
            "tokens": grants.are_valid(issued),
            "sign-ins": SignIn.objects.filter(membership=leaver, ended_at=None).count(),
            "sessions": Session.objects.filter(user=leaver.user).count(),
            "program": service_users_queries.in_force(service_user=program.service_user, at=at),
            "invitations": Invitation.objects.filter(
                invited_by=leaver.user_id, accepted_at=None, cancelled_at=None
            ).count(),
            "assignments": leaver.assignments.filter(valid_until=None).count(),
            "epoch": Membership.objects.values_list("epoch", flat=True).get(id=leaver.id),
            "verbs": sorted(
                Event.objects.filter(act=event.act, outcome="done")
                .exclude(subject=world.vilma.id)
                .values_list("verb", flat=True)
            ),
            "followed": Removal.objects.filter(act=event.act).count(),
        }
    expected = {
        "rights": [],
        "tokens": (False, False),
        "sign-ins": 0,
        "sessions": 0,
        "program": None,
        "invitations": 0,
        "assignments": 0,
        "epoch": 2,
        "verbs": ["invitation.cancel", "member.remove", "service_user.end"],
        "followed": 1,
    }
    assert found == {way.__name__: expected for way in ways}
