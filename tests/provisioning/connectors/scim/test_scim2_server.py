"""Synchronization with an independent SCIM server: the demo's shop runs scim2-server in its own process."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from provisioning.connectors.connector import SyncResult, SyncTask, TargetProfile
from provisioning.connectors.scim import endpoint, sync_record
from provisioning.http.pool import Pool
from tests.fixtures import demo_services
from tests.fixtures.scim_users import OULU, TAMPERE, right, user


@pytest.fixture
def service(tmp_path: pathlib.Path, settings: LazySettings) -> Iterator[demo_services.Service]:
    """The shop, without its OpenID provider."""
    running = demo_services.Service("ordering", tmp_path, "http://127.0.0.1:9")
    settings.ALLOWED_INTERNAL_HOSTS = [f"localhost:{running.port}", f"127.0.0.1:{running.port}"]
    yield running
    running.stop()


@pytest.mark.parametrize("media_type", ["application/scim+json", "application/json"])
def test_record_is_created_found_changed_deactivated_and_reactivated(
    service: demo_services.Service, media_type: str
) -> None:
    base, pool = f"{service.url}/scim/v2", Pool()
    profile = TargetProfile(base, demo_services.TOKEN, media_type=media_type)

    def synchronize(record: dict[str, Any], **more: Any) -> SyncResult:
        return sync_record.run(task=SyncTask(profile, record, **more), pool=pool)

    created = synchronize(user(right(5000, TAMPERE)))
    assert created.wrote
    again = synchronize(user(right(5000, TAMPERE)))
    assert again.remote_id == created.remote_id, "the record is found again after a lost response"
    changed = synchronize(user(right(700, TAMPERE), right(20, OULU)), remote_id=created.remote_id)
    assert changed.supports_patch, "the target supports PATCH, as reading back shows"
    assert not synchronize(
        user(right(700, TAMPERE), right(20, OULU)), remote_id=created.remote_id, read_first=True
    ).wrote
    deactivated = synchronize(user(active=False), remote_id=created.remote_id)
    assert deactivated.supports_patch
    (listed,), total = endpoint.ScimEndpoint(profile, pool).page(1)
    assert (listed["active"], total) == (False, 1)
    back = synchronize(user(right(1)), remote_id=created.remote_id)
    assert back.remote_id == created.remote_id
    assert synchronize(user(active=False)).wrote, "a removed person is found without an id"
    absent = user(active=False) | {"externalId": "p-2", "userName": "eve@koskela.example"}
    assert not synchronize(absent, remote_id="gone", read_first=True).wrote
    pool.close()
