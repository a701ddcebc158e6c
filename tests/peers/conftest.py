"""Programs of others run where they are installed; KEYHOLDER_TEST_REQUIRE_NODE makes the absence of one a failure."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from playwright import sync_api
from pytest_django.live_server_helper import LiveServer

from tests.fixtures import browsing, node_provider
from tests.fixtures.node_provider import Peer
from tests.fixtures.peer_portal import PeerPortal
from tests.fixtures.world import World


def require(**programs: str | None) -> None:
    """Skip where a program is missing, or fail where all are required."""
    missing = [name for name, found in programs.items() if found is None]
    if missing and os.environ.get("KEYHOLDER_TEST_REQUIRE_NODE"):
        pytest.fail(f"KEYHOLDER_TEST_REQUIRE_NODE is set, and {', '.join(missing)} is missing.")
    if missing:
        pytest.skip(f"{', '.join(missing)} is missing")


@pytest.fixture(scope="session")
def node() -> None:
    """Node and npm are there."""
    require(node=shutil.which("node"), npm=shutil.which("npm"))


@pytest.fixture(scope="session")
def apache() -> None:
    """Apache and mod_auth_openidc are there."""
    program = shutil.which("apache2", path=f"{os.environ['PATH']}:/usr/sbin")
    module = "/usr/lib/apache2/modules/mod_auth_openidc.so"
    require(apache2=program, mod_auth_openidc=module if os.path.exists(module) else None)  # noqa: PTH110


@pytest.fixture(scope="session")
def peer(node: None) -> Iterator[Peer]:
    node_provider.install()
    running = Peer()
    yield running
    running.close()


@pytest.fixture
def portal(world: World, live_server: LiveServer, settings: LazySettings) -> PeerPortal:
    settings.ISSUER = live_server.url
    return PeerPortal(world, settings)


@pytest.fixture
def person(world: World, portal: PeerPortal, page: sync_api.Page) -> sync_api.Page:
    """Mikko's browser: he acts for two companies."""
    return browsing.sign_in(page, portal.issuer, world.mikko)
