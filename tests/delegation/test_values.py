"""An access and its limits are the same after a way through JSON, and look as they stand in the log."""

import datetime as dt
import json
import uuid
from decimal import Decimal

import pytest

from delegation.wanted import Access, Limit

SITES = frozenset({uuid.UUID(int=1), uuid.UUID(int=2)})
LIMITS = {"shop:b": Limit(None), "shop:a": Limit(Decimal("20.50"), "SEK", "month")}


@pytest.mark.parametrize(
    "access",
    [
        Access("viewer", all_sites=True),
        Access("orderer", sites=SITES, limits=LIMITS, until=dt.datetime(2030, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_access_after_json_is_equal(access: Access) -> None:
    assert Access.from_json(json.loads(json.dumps(access.to_json()))) == access


@pytest.mark.parametrize("limit", [*LIMITS.values(), Limit(Decimal(0)), Limit(Decimal("99999999999.99"))])
def test_limit_after_json_is_equal(limit: Limit) -> None:
    assert Limit.from_json(json.loads(json.dumps(limit.to_json()))) == limit


def test_json_has_two_places_sorted_keys_and_null_for_no_limit() -> None:
    access = Access("orderer", sites=SITES, limits={**LIMITS, "shop:c": Limit(Decimal(5))})
    assert access.to_json() == {
        "role": "orderer",
        "all_sites": False,
        "sites": [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))],
        "limits": {
            "shop:a": {"amount": "20.50", "currency": "SEK", "period": "month"},
            "shop:b": {"amount": None, "currency": "EUR", "period": "order"},
            "shop:c": {"amount": "5.00", "currency": "EUR", "period": "order"},
        },
        "until": None,
    }
    assert list(access.to_json()["limits"]) == ["shop:a", "shop:b", "shop:c"]
