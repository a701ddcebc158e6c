"""docs/access-matrix.md says who may open what, as the portal answers now. `make access-matrix` writes it."""

import os

import pytest

from tests.fixtures import access_matrix, staff_desk
from tests.fixtures.staff_desk import Desk
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


def test_file_of_who_may_open_what_is_current(world: World) -> None:
    with staff_desk.configured():
        text = access_matrix.text(Desk(world))
    if os.environ.get("KEYHOLDER_TEST_ACCESS_MATRIX") == "write":
        access_matrix.FILE.write_text(text, encoding="utf-8")
    assert access_matrix.FILE.read_text(encoding="utf-8") == text, (
        "run `make access-matrix`, and look at what differs"
    )
