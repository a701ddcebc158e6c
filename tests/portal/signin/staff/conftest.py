"""The supplier's identity provider for tests of staff sign-in."""

from collections.abc import Iterator

import pytest

from tests.fixtures import staff_provider
from tests.fixtures.fake_provider import FakeProvider


@pytest.fixture
def op() -> Iterator[FakeProvider]:
    with staff_provider.running() as running:
        yield running
