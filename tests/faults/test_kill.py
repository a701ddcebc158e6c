"""`kill -9` of real deliverers at ten moments with at least one call under way, during two hundred removals.

The target's own store and journal decide: lost 0.
"""

import contextlib
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.conf import LazySettings

from delegation.people.commands import members as people_commands
from identity.memberships.models import Membership
from identity.people.models import User
from identity.people.names import sort_key
from provisioning.accounts.models import Account, Delivery
from tests.fixtures import fake_target
from tests.fixtures.deliveries import eventually, register
from tests.fixtures.fake_target import Fault
from tests.fixtures.world import World, actor_of, bypassing_commands

REPOSITORY = pathlib.Path(__file__).parents[2]
LEAVERS = 200
KILLS = 10
SLOW = Fault(before=0.02, after=0.03)
"""Every call takes time before and after its execution, so that a kill finds some in both."""


@dataclass
class Figures:
    """The figures that the test prints."""

    in_flight: list[int] = field(default_factory=list)

    def text(self, seed: int, delivered: int, duplicates: int, lost: int) -> str:
        return (
            f"kill -9 of deliver: seed {seed}, kills {len(self.in_flight)}, in flight at each {self.in_flight}, "
            f"delivered {delivered}, duplicates {duplicates}, lost {lost}"
        )


class Process:
    """`manage.py deliver`, started again after every kill."""

    def __init__(self, allowed: str) -> None:
        self.environment = {**os.environ, "KEYHOLDER_ALLOWED_INTERNAL_HOSTS": allowed}
        self.running = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(REPOSITORY / "manage.py"), "deliver", "--skip-checks"]
        environment = {**self.environment, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        nowhere = subprocess.DEVNULL
        return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=nowhere, stderr=nowhere)

    def kill(self) -> None:
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()
        self.running = self._start()

    def end(self) -> int:
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(30)


@contextlib.contextmanager
def delivering(allowed: str) -> Iterator[Process]:
    process = Process(allowed)
    try:
        yield process
    finally:
        process.running.kill()
        process.running.wait()


def crowd(world: World) -> list[Membership]:
    """Viewers of Koskela, copied from one that a command created: two hundred invitations would only take time."""
    model = world.vilma
    assignment = model.assignments.get()
    period = model.periods.get()
    with bypassing_commands():
        members = []
        for number in range(LEAVERS):
            name = f"Leaver {number:03}"
            user = User.objects.create(
                email=f"leaver{number}@koskela.example",
                name=name,
                sort_key=sort_key(name),
                created_at=model.created_at,
            )
            members.append(
                Membership(
                    organization=world.koskela, user=user, sort_key=user.sort_key, created_at=model.created_at
                )
            )
        Membership.objects.bulk_create(members)
        for one in members:
            one.periods.create(state="active", valid_from=period.valid_from)
            one.assignments.create(
                role=assignment.role,
                all_sites=True,
                valid_from=assignment.valid_from,
                assigned_by=world.aino.user_id,
                assigned_by_kind="person",
                act=assignment.act,
            )
    return members


@pytest.fixture
def shop(settings: LazySettings) -> Iterator[fake_target.Server]:
    with fake_target.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [server.address]
        yield server


@pytest.mark.timeout(300)
def test_killed_deliverers_lose_no_removal(
    world: World, shop: fake_target.Server, capsys: pytest.CaptureFixture[str]
) -> None:
    seed = int(os.environ.get("KILL_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    chance, figures = random.Random(seed), Figures()  # noqa: S311 - moments, not secrets
    leavers = crowd(world)
    register("ordering", shop)
    with delivering(shop.address) as process:
        theirs = Account.objects.filter(user__in=[one.user_id for one in leavers], state="up_to_date")
        eventually(lambda: theirs.count() == LEAVERS, within=60)
        before = len(shop.journal)
        shop.be.always = SLOW
        for start in range(0, LEAVERS, LEAVERS // KILLS):
            batch = leavers[start : start + LEAVERS // KILLS]
            people_commands.remove(actor=actor_of(world.aino), memberships=batch, reason="left")
            eventually(lambda: shop.open, within=20)
            time.sleep(chance.uniform(0, 0.06))
            eventually(lambda: shop.open, within=20)
            figures.in_flight.append(shop.open)
            process.kill()
        eventually(lambda: not Delivery.objects.filter(done_at=None).exists(), within=60)
        shop.be.always = None
        assert process.end() == 0
    _judge(shop, leavers, shop.journal[before:], figures, seed, capsys)


def _judge(
    shop: fake_target.Server,
    leavers: list[Membership],
    written: list[fake_target.Written],
    figures: Figures,
    seed: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    times = Counter(one.external_id for one in written if not one.active)
    lost = [one for one in leavers if shop.record_of(one.user_id)["active"]]
    duplicates = sum(count - 1 for count in times.values())
    with capsys.disabled():
        print(f"\n{figures.text(seed, len(times), duplicates, len(lost))}")  # noqa: T201 - the figure asked for
    assert min(figures.in_flight) >= 1
    assert len(times) == LEAVERS
    assert lost == []
    assert duplicates <= sum(figures.in_flight), "only a call in flight at a kill may come twice"
    assert all(len(shop.by_external_id(one.user_id)) == 1 for one in leavers)
