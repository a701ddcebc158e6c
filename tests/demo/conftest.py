import pathlib
from collections.abc import Iterator

import pytest

from tests.demo import cast
from tests.fixtures import demo_services, fake_provider


@pytest.fixture(scope="session")
def op() -> Iterator[fake_provider.FakeProvider]:
    running = fake_provider.FakeProvider()
    running.metadata = {"end_session_endpoint": f"{running.url}/sign-out"}
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _truthful(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "op" in request.fixturenames:
        running = request.getfixturevalue("op")
        running.error, running.defect = "", fake_provider.Defect()


@pytest.fixture(scope="session")
def shop(
    op: fake_provider.FakeProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[demo_services.Service]:
    service = demo_services.Service("ordering", tmp_path_factory.mktemp("ordering"), op.url)
    yield service
    assert service.stop() == 0


@pytest.fixture(scope="session")
def crm(
    op: fake_provider.FakeProvider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[demo_services.Service]:
    service = demo_services.Service("crm", tmp_path_factory.mktemp("crm"), op.url)
    yield service
    assert service.stop() == 0


@pytest.fixture
def own_shop(op: fake_provider.FakeProvider, tmp_path: pathlib.Path) -> Iterator[demo_services.Service]:
    """Give a shop for one test, that may be killed."""
    service = demo_services.Service("ordering", tmp_path, op.url)
    yield service
    service.stop()


@pytest.fixture
def sub(shop: demo_services.Service) -> str:
    """Create a person in the shop who orders up to 5,000 € for Tampere."""
    grants, limits = cast.orderer()
    created = cast.new_sub()
    assert shop.scim("POST", "/Users", cast.user(created, grants=grants, limits=limits)).status_code == 201
    return created


@pytest.fixture
def service_browser(shop: demo_services.Service) -> demo_services.ServiceBrowser:
    return demo_services.ServiceBrowser(shop)
