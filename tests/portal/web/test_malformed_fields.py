"""Every field and parameter of the portal with three of six kinds of bad input, the next one with the other three.

`test_bad_input` tries two of them in every run.
"""

import pytest

from tests.fixtures import bad_input, url_map
from tests.fixtures.url_map import PortalWithData
from tests.fixtures.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

PARTS = 4


@pytest.mark.parametrize("number", range(PARTS))
def test_every_form_field_with_bad_input_causes_no_error(world: World, number: int) -> None:
    addresses = url_map.addresses()[number::PARTS]
    assert "\n".join(bad_input.wrong_forms(PortalWithData(world), addresses, bad_input.half_of_kinds)) == ""


@pytest.mark.parametrize("number", range(PARTS))
def test_every_query_and_path_with_bad_input_causes_no_error(world: World, number: int) -> None:
    addresses = url_map.addresses()[number::PARTS]
    assert (
        "\n".join(bad_input.wrong_addresses(PortalWithData(world), addresses, bad_input.half_of_kinds)) == ""
    )
