"""A customer's people, two systems on the other side, and a deliverer in this process."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connections

from audit.foundation.actor import system
from identity.clients.models import Application
from provisioning.accounts.models import Account
from provisioning.deliverer import Deliverer
from provisioning.logout.models import Logout
from provisioning.mail.models import Mail
from provisioning.targets import commands as targets_commands
from provisioning.targets.models import Target
from tests.fixtures import fake_target as far
from tests.fixtures.world import World


@pytest.fixture
def shop(settings: LazySettings) -> Iterator[far.Server]:
    """The web shop's SCIM end point."""
    with far.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, server.address]
        yield server


@pytest.fixture
def crm(settings: LazySettings) -> Iterator[far.Server]:
    """The CRM's."""
    with far.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, server.address]
        yield server


def register(application: str, server: far.Server, **more: Any) -> Target:
    """Take a system into provisioning."""
    found = Application.objects.get(key=application)
    made = targets_commands.register(
        actor=system(), application=found, base_url=server.scim, token=far.TOKEN, **more
    )
    return Target.objects.get(id=made.result.target)


@pytest.fixture
def ordering(world: World, shop: far.Server) -> Target:
    return register("ordering", shop)


@pytest.fixture
def contacts(world: World, crm: far.Server) -> Target:
    return register("crm", crm)


@pytest.fixture
def deliverer(world: World) -> Iterator[Callable[[], Deliverer]]:
    """Start deliverers in threads; they are stopped at the end."""
    running: list[tuple[Deliverer, threading.Thread]] = []

    def start() -> Deliverer:
        one = Deliverer()
        thread = threading.Thread(target=_run, args=(one,), daemon=True)
        running.append((one, thread))
        thread.start()
        return one

    yield start
    for one, _ in running:
        one.stop()
    for _, thread in running:
        thread.join(20)
        assert not thread.is_alive()


def _run(one: Deliverer) -> None:
    try:
        one.run()
    finally:
        connections.close_all()


def eventually(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Wait until it holds; fail with what it said last."""
    until = time.monotonic() + within
    while not (said := condition()):
        assert time.monotonic() < until, said
        time.sleep(0.01)


def settled() -> bool:
    """Whether nothing is due any more."""
    return not (
        Account.objects.filter(due_at__isnull=False).exists()
        or Logout.objects.filter(due_at__isnull=False).exists()
        or Mail.objects.filter(due_at__isnull=False).exists()
    )
