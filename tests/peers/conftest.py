"""The provider runs where Node is there; KEYHOLDER_TEST_REQUIRE_NODE makes its absence a failure."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.fixtures import node_provider
from tests.fixtures.node_provider import Peer


def require_node() -> None:
    """Skip where Node is missing, or fail where it is required."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("KEYHOLDER_TEST_REQUIRE_NODE"):
            pytest.fail("KEYHOLDER_TEST_REQUIRE_NODE is set, and node or npm is missing.")
        pytest.skip("node or npm is missing")


@pytest.fixture(scope="session")
def node() -> None:
    """Node and npm are there."""
    require_node()


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    require_node()
    node_provider.install()
    running = Peer()
    yield running
    running.close()
