"""What a worker makes of a message: the job that the product sends, and a refusal of everything else."""

import json
import uuid
from typing import Any

import pytest

from portal.jobs import messages
from portal.jobs.messages import MAX_BYTES, Unreadable

TASKS = {"provisioning.reconcile_one"}
ID = "0198c2f0-0000-7000-8000-000000000001"
TARGET = "0198c2f0-0000-7000-8000-000000000002"
HEADERS = {"task": "provisioning.reconcile_one", "id": ID, "expires": None}
EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def parse(headers: object = HEADERS, content: object = ([TARGET], {}, EMBED)) -> messages.Job:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return messages.parse(headers=headers, body=body, tasks=TASKS)


def test_message_of_the_product_is_read_and_written_with_nothing_else() -> None:
    chain = EMBED | {"chain": [{"task": "provisioning.tidy"}], "callbacks": [{"task": "provisioning.tidy"}]}
    more = {"compression": "zlib", "eta": "x", "timelimit": [0, 0], "group": "g", "retries": "many"}
    job = parse(HEADERS | more | {"expires": "2026-11-28T13:07:00+00:00"}, [[TARGET], {}, chain])
    assert job.task == "provisioning.reconcile_one"
    assert job[1:] == (uuid.UUID(ID), [TARGET], "2026-11-28T13:07:00+00:00")
    assert json.loads(job.body()) == [[TARGET], {}, EMBED]
    written = job.headers()
    assert "compression" not in written
    assert (written["eta"], written["timelimit"], written["group"], written["retries"]) == (
        None, [None, None], None, 0,
    )  # fmt: skip


@pytest.mark.parametrize("headers", [None, [], "task", 3, {}])
def test_message_without_headers_is_refused(headers: object) -> None:
    with pytest.raises(Unreadable):
        parse(headers)


@pytest.mark.parametrize(
    "change",
    [
        {"task": "os.system"}, {"task": ["provisioning.reconcile_one"]}, {"task": {}}, {"task": None}, {"task": ""},
        {"id": None}, {"id": 3}, {"id": "x"}, {"id": []},
        {"expires": "soon"}, {"expires": "2026-11-28T13:07:00"}, {"expires": 3}, {"expires": [1]},
    ],
)  # fmt: skip
def test_message_with_another_header_is_refused(change: dict[str, Any]) -> None:
    parse()
    with pytest.raises(Unreadable):
        parse(HEADERS | change)


@pytest.mark.parametrize(
    "content",
    [
        None, {}, [], "x", [[TARGET]], [[TARGET], {}], [[TARGET], {}, EMBED, 1], [TARGET, {}, EMBED],
        [[TARGET], {"target": TARGET}, EMBED], [[3], {}, EMBED], [[["x"]], {}, EMBED], [["x"] * 5, {}, EMBED],
        [["x" * 101], {}, EMBED], b"", b"\xff\xfe", b"{", b"NaN", b"1" * 5000, b"[" * MAX_BYTES, b"[" * (MAX_BYTES + 1),
        b'{"a":' * 3000, b" " * (MAX_BYTES + 1),
    ],
    ids=lambda content: repr(content)[:30],
)  # fmt: skip
def test_message_with_another_body_is_refused(content: object) -> None:
    with pytest.raises(Unreadable):
        parse(content=content)
