"""Synchronization of one record with the shop, in the test's thread."""

from typing import Any

import pytest

from provisioning.connectors.connector import SyncResult, SyncTask, TargetProfile
from provisioning.connectors.scim import sync_record
from provisioning.http.pool import Pool
from tests.fixtures import fake_target


@pytest.fixture
def synchronize(shop: fake_target.Server, pool: Pool) -> Any:
    """Synchronize one record; further arguments are settings of the target's profile."""

    def run(
        record: dict[str, Any],
        *,
        remote_id: str = "",
        read_first: bool = False,
        unconfirmed: int = 0,
        **profile: Any,
    ) -> SyncResult:
        settings = TargetProfile(**{"base_url": shop.scim, "token": fake_target.TOKEN, **profile})
        task = SyncTask(settings, record, remote_id, read_first, unconfirmed)
        return sync_record.run(task=task, pool=pool)

    return run
