import pathlib
from collections.abc import Iterator

import pytest

from tests.demo import cast, fake_op, processes


@pytest.fixture(scope="session")
def op() -> Iterator[fake_op.FakeOp]:
    running = fake_op.FakeOp()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _truthful(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "op" in request.fixturenames:
        running = request.getfixturevalue("op")
        running.error, running.lie = "", fake_op.Lie()


@pytest.fixture(scope="session")
def shop(op: fake_op.FakeOp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Service]:
    service = processes.Service("ordering", tmp_path_factory.mktemp("ordering"), op.url)
    yield service
    assert service.stop() == 0


@pytest.fixture(scope="session")
def crm(op: fake_op.FakeOp, tmp_path_factory: pytest.TempPathFactory) -> Iterator[processes.Service]:
    service = processes.Service("crm", tmp_path_factory.mktemp("crm"), op.url)
    yield service
    assert service.stop() == 0


@pytest.fixture
def own_shop(op: fake_op.FakeOp, tmp_path: pathlib.Path) -> Iterator[processes.Service]:
    """Give a shop for one test, that may be killed."""
    service = processes.Service("ordering", tmp_path, op.url)
    yield service
    service.stop()


@pytest.fixture
def sub(shop: processes.Service) -> str:
    """Give somebody who is known in the shop and orders up to 5,000 € for Tampere."""
    grants, limits = cast.orderer()
    created = cast.new_sub()
    assert shop.scim("POST", "/Users", cast.user(created, grants=grants, limits=limits)).status_code == 201
    return created


@pytest.fixture
def seat(shop: processes.Service) -> processes.Seat:
    return processes.Seat(shop)
