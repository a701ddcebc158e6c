"""One half of a conflict comes by an invitation at the moment in which the other half comes by an admin."""

import datetime as dt
import functools
from collections import Counter
from collections.abc import Callable

import pytest

from audit.foundation import clock
from delegation.access import commands as access_commands
from delegation.authorization.models.assignments import Assignment
from delegation.invitations.commands import accept as invitations_accept
from delegation.invitations.commands import send as invitations_send
from delegation.invitations.commands.send import cancel
from tests.fixtures import concurrency, duties, measurements
from tests.fixtures.world import World, actor_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
    pytest.mark.usefixtures("state_checked"),
]
Race = Callable[..., list[object]]
MAILS_TO_ONE = 5
"""The most mails a day from one sender to one address."""


def later(days: int) -> dt.datetime:
    return clock.now() + dt.timedelta(days=days + 1)


def test_two_halves_at_once_are_never_both_held(
    world: World, race: Race, report_figure: measurements.ReportFigure
) -> None:
    """Each looks only, at Tampere; the site admin of Oulu does not see them, and invites them to approve there."""
    duties.declare(world)
    seen: Counter[tuple[str, ...]] = Counter()
    people = [
        world.member(world.koskela, f"Person{number} Salo", "viewer", sites=[world.tampere])
        for number in range(concurrency.ROUNDS_WITHOUT // MAILS_TO_ONE + 1)
    ]
    rounds = concurrency.ROUNDS_WITHOUT
    for number in range(rounds):
        person = people[number // MAILS_TO_ONE]
        world.change(person, world.access("viewer", sites=[world.tampere], until=later(number)))
        sent = invitations_send.invite(
            actor=actor_of(world.sami),
            organization=world.koskela,
            email=person.user.email or "",
            access=duties.checker(world.oulu),
        ).result
        approve = functools.partial(
            invitations_accept.accept,
            actor=actor_of(person),
            invitation=world.invitation(sent.invitation),
            link=sent.link,
            accepted_by=person.user,
        )
        order = functools.partial(
            access_commands.change,
            actor=actor_of(world.aino),
            memberships=[person],
            access=world.access("orderer", sites=[world.oulu]),
        )
        seen[tuple(map(concurrency.outcome_of, race(approve, order)))] += 1
        if world.invitation(sent.invitation).accepted_at is None:
            cancel(actor=actor_of(world.aino), invitations=[world.invitation(sent.invitation)])
        held = Assignment.objects.filter(membership=person, valid_until=None)
        assert sorted(held.values_list("role__key", flat=True)) == ["orderer"]
    report_figure(f"both halves of a conflict at once, {rounds} rounds: {dict(seen)}")
    assert set(seen) <= {("conflicting_access", "done"), ("done", "done")}, seen
