import pytest

from tests.portal.door import CODE, Visitor
from tests.world import World


@pytest.fixture
def world(transactional_db: None) -> World:
    return World()


def test_password_and_code_sign_in(world: World) -> None:
    visitor = Visitor()
    assert visitor.password(world.aino.user)["Location"] == CODE
    assert not visitor.is_signed_in
    assert visitor.code(world.aino.user)["Location"] == "/"
    assert visitor.is_signed_in
