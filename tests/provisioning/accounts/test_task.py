"""When an account needs a call: each reason alone, and none."""

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest

from provisioning.accounts.desired_state import NO_RECORD
from provisioning.accounts.models import Account
from provisioning.accounts.task import AccountUpdate
from provisioning.targets.models import Target

AT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
SAME = {"acknowledged_digest": "digest", "acknowledged_active": True, "remote_id": "r1"}
"""An account whose target has acknowledged the desired record."""
GONE = SAME | {"acknowledged_active": False}
OBSERVED = {"active": True, "rights": {}}


def update(account: dict[str, Any], *, active: bool = True) -> AccountUpdate:
    desired = replace(NO_RECORD, digest="digest", active=active)
    return AccountUpdate(Account(user_id=uuid.uuid4(), **account), Target(), desired)


@pytest.mark.parametrize(
    ("account", "active", "expected"),
    [
        (SAME, True, False),
        (SAME | {"acknowledged_digest": "another"}, True, True),
        (SAME | {"uncertain_until": AT}, True, True),
        (SAME | {"observed": OBSERVED}, True, True),
        (SAME | {"last_error": "refused"}, True, True),
        ({}, True, True),
        (SAME, False, True),
        (SAME | {"acknowledged_active": None}, False, True),
        (SAME | {"acknowledged_active": None, "remote_id": ""}, False, True),
        (SAME | {"acknowledged_active": None, "acknowledged_digest": ""}, False, True),
        (GONE, False, False),
        (GONE | {"acknowledged_digest": "another"}, False, False),
        (GONE | {"uncertain_until": AT}, False, True),
        (GONE | {"last_error": "lost"}, False, True),
        ({}, False, False),
    ],
)
def test_account_needs_a_call_where_its_target_may_differ(
    *, account: dict[str, Any], active: bool, expected: bool
) -> None:
    assert update(account, active=active).needs_call is expected


@pytest.mark.parametrize("account", [SAME, SAME | {"uncertain_until": AT}, SAME | {"last_error": "lost"}, {}])
def test_account_whose_record_cannot_be_computed_needs_no_call(account: dict[str, Any]) -> None:
    assert not replace(update(account), computed=False).needs_call


@pytest.mark.parametrize(
    ("last_error", "attempts", "unconfirmed"),
    [("not_applied", 3, 3), ("not_applied", 1, 1), ("lost", 3, 0), ("refused", 1, 0), ("", 0, 0)],
)
def test_only_writes_that_were_not_shown_count_as_unconfirmed(
    last_error: str, attempts: int, unconfirmed: int
) -> None:
    one = update(SAME | {"last_error": last_error, "attempts": attempts})
    assert (one.unconfirmed, one.is_uncertain) == (unconfirmed, unconfirmed > 0)
