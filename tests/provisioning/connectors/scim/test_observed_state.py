"""What a page shows of a record that differs, whatever the target wrote."""

from typing import Any

import pytest

from provisioning.connectors.scim import compare
from provisioning.connectors.scim import schema as scim_schema
from tests.fixtures import processor_time

SECONDS = 30
"""Of processor time, of which the script needs about 4. Each grant with each limit would be 10,000,000,000 pairs."""
SCRIPT = """
import django
django.setup()
from provisioning.connectors.scim import compare, schema

grants = [{"site": str(place)} for place in range(20_000)]
limits = [{"site": str(place)} for place in range(480_000)] + [{"site": "19999", "amount": 1}, {"amount": 2}] * 10_000
state = compare.observed_state({"active": True, schema.EXTENSION: {"grants": grants, "limits": limits}})
print(sum(len(rights) for rights in state["rights"].values()))
"""


def amounts(grants: list[Any], limits: list[Any]) -> list[str | None]:
    """The amount that is shown for each grant of an organization."""
    record = {"active": True, scim_schema.EXTENSION: {"grants": grants, "limits": limits}}
    return [
        right["amount"] for rights in compare.observed_state(record)["rights"].values() for right in rights
    ]


def test_record_with_many_grants_and_limits_is_read_in_proportion_to_their_number() -> None:
    done = processor_time.run(SCRIPT, seconds=SECONDS)
    assert (done.returncode, done.stdout.strip()) == (0, "20000"), done.stderr


def test_first_limit_with_the_scope_of_a_grant_is_shown() -> None:
    scope = {"organization": "o", "entitlement": "orders.place", "site": "s"}
    limits = [
        {**scope, "site": "t", "amount": 1},
        {**scope, "amount": 2},
        {**scope, "amount": 3},
        {"organization": "o", "entitlement": "orders.place", "amount": 4},
    ]
    assert amounts([scope, {**scope, "site": None}, {**scope, "site": "u"}], limits) == ["2.00", "4.00", None]


@pytest.mark.parametrize("value", [[], {}, [1], {"a": [None]}, 7, True, False, None, "", "\ud800"], ids=repr)
def test_scope_of_any_json_value_finds_the_limit_with_the_same(value: object) -> None:
    limits = [
        {"organization": "o", "site": "s", "amount": 1},
        {"organization": "o", "site": value, "amount": 2},
    ]
    assert amounts([{"organization": "o", "site": value}], limits) == ["2.00"]
