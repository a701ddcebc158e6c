"""A customer's people, two targets, and deliverers in threads of this process."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.db import connections

from provisioning import deliverer as provisioning_deliverer
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.delivery.engine import Engine
from provisioning.http.pool import Pool
from provisioning.targets.models import Target
from tests.fixtures import fake_target
from tests.fixtures.deliveries import register
from tests.fixtures.world import World


@pytest.fixture
def shop(settings: LazySettings) -> Iterator[fake_target.Server]:
    """The web shop's SCIM endpoint."""
    with fake_target.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, server.address]
        yield server


@pytest.fixture
def crm(settings: LazySettings) -> Iterator[fake_target.Server]:
    """The CRM's SCIM endpoint."""
    with fake_target.running() as server:
        settings.ALLOWED_INTERNAL_HOSTS = [*settings.ALLOWED_INTERNAL_HOSTS, server.address]
        yield server


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Give the connections of outgoing requests, closed at the end of the test."""
    shared = Pool()
    yield shared
    shared.close()


@pytest.fixture
def accounts(pool: Pool) -> AccountDeliveries:
    """Give the delivery kind of accounts, to lease and settle in the test's thread."""
    return AccountDeliveries(pool=pool)


@pytest.fixture
def ordering(world: World, shop: fake_target.Server) -> Target:
    return register("ordering", shop)


@pytest.fixture
def contacts(world: World, crm: fake_target.Server) -> Target:
    return register("crm", crm)


@pytest.fixture
def deliverer(world: World) -> Iterator[Callable[[], Engine]]:
    """Starts deliverers in threads, and stops them at the end of the test."""
    running: list[tuple[Engine, threading.Thread]] = []

    def start() -> Engine:
        one = provisioning_deliverer.create()
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


def _run(one: Engine) -> None:
    try:
        one.run()
    finally:
        connections.close_all()
