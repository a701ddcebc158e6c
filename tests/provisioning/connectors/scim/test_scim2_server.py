"""Against somebody else's SCIM server: the demo's shop runs scim2-server in a process of its own."""

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings

from provisioning.connectors.scim import endpoint, sync_record
from provisioning.connectors.scim.sync_record import Result, Task
from provisioning.http.pool import Pool
from tests.demo import processes
from tests.provisioning.connectors.scim.test_schema import OULU, TAMPERE, right, user


@pytest.fixture
def service(tmp_path: pathlib.Path, settings: LazySettings) -> Iterator[processes.Service]:
    """The shop; it does not need its provider for this."""
    running = processes.Service("ordering", tmp_path, "http://127.0.0.1:9")
    settings.ALLOWED_INTERNAL_HOSTS = [f"localhost:{running.port}", f"127.0.0.1:{running.port}"]
    yield running
    running.stop()


def test_a_whole_life(service: processes.Service) -> None:
    base, pool = f"{service.url}/scim/v2", Pool()

    def tell(record: dict[str, Any], **more: Any) -> Result:
        task = Task(**{"base_url": base, "token": processes.TOKEN, "record": record, **more})
        return sync_record.carry_out(task=task, pool=pool)

    made = tell(user(right(5000, TAMPERE)))
    assert made.wrote
    again = tell(user(right(5000, TAMPERE)))
    assert again.remote_id == made.remote_id, "found again after a lost answer"
    changed = tell(user(right(700, TAMPERE), right(20, OULU)), remote_id=made.remote_id)
    assert changed.patches, "its PATCH is understood, read back to be sure"
    assert not tell(user(right(700, TAMPERE), right(20, OULU)), remote_id=made.remote_id, look=True).wrote
    gone = tell(user(active=False), remote_id=made.remote_id)
    assert gone.patches
    (listed,), total = endpoint.ScimEndpoint(base, processes.TOKEN, pool).page(1)
    assert (listed["active"], total) == (False, 1)
    back = tell(user(right(1)), remote_id=made.remote_id)
    assert back.remote_id == made.remote_id
    pool.close()
