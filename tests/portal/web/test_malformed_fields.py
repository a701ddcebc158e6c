"""Every field and parameter of the portal with all six kinds of bad input; `test_bad_input` tries some in every run."""

import pytest

from tests.fixtures import bad_input, url_map
from tests.fixtures.url_map import PortalWithData
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

PARTS = 4


@pytest.mark.parametrize("number", range(PARTS))
def test_every_form_field_with_every_kind_of_bad_input_causes_no_error(world: World, number: int) -> None:
    addresses = url_map.addresses()[number::PARTS]
    assert "\n".join(bad_input.wrong_forms(PortalWithData(world), addresses, bad_input.kinds)) == ""


@pytest.mark.parametrize("number", range(PARTS))
def test_every_query_and_path_with_every_kind_of_bad_input_causes_no_error(world: World, number: int) -> None:
    addresses = url_map.addresses()[number::PARTS]
    assert "\n".join(bad_input.wrong_addresses(PortalWithData(world), addresses, bad_input.kinds)) == ""
