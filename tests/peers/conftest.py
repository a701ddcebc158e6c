"""The provider runs where Node is there; KEYHOLDER_TEST_REQUIRE_NODE makes its absence a failure."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.fixtures import node_provider
from tests.fixtures.node_provider import Peer


@pytest.fixture(scope="session")
def peer() -> Iterator[Peer]:
    if shutil.which("node") is None or shutil.which("npm") is None:
        if os.environ.get("KEYHOLDER_TEST_REQUIRE_NODE"):
            pytest.fail("KEYHOLDER_TEST_REQUIRE_NODE is set, and node or npm is missing.")
        pytest.skip("node or npm is missing")
    node_provider.install()
    running = Peer()
    yield running
    running.close()
