"""An access and its limits survive JSON unchanged, and have the form of the log."""

import datetime as dt
import json
import uuid
from decimal import Decimal

import pytest

from delegation.authorization.values import AccessSpec, AmountLimit

SITES = frozenset({uuid.UUID(int=1), uuid.UUID(int=2)})
LIMITS = {"shop:b": AmountLimit(None), "shop:a": AmountLimit(Decimal("20.50"), "SEK", "month")}


@pytest.mark.parametrize(
    "access",
    [
        AccessSpec("viewer", all_sites=True),
        AccessSpec("orderer", sites=SITES, limits=LIMITS, until=dt.datetime(2030, 1, 1, tzinfo=dt.UTC)),
    ],
)
def test_access_after_json_is_equal(access: AccessSpec) -> None:
    assert AccessSpec.from_json(json.loads(json.dumps(access.to_json()))) == access


@pytest.mark.parametrize(
    "limit", [*LIMITS.values(), AmountLimit(Decimal(0)), AmountLimit(Decimal("99999999999.99"))]
)
def test_limit_after_json_is_equal(limit: AmountLimit) -> None:
    assert AmountLimit.from_json(json.loads(json.dumps(limit.to_json()))) == limit


def test_json_has_two_places_sorted_keys_and_null_for_no_limit() -> None:
    access = AccessSpec("orderer", sites=SITES, limits={**LIMITS, "shop:c": AmountLimit(Decimal(5))})
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
