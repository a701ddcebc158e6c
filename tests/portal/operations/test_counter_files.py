"""Counters of several processes, containers and hosts that share a home."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.test import Client

from portal.operations import counter_files, metrics, readiness
from portal.operations.counter_files import CounterFiles, Family

READY, METRICS, LIVE = "/health/ready", "/metrics", "/health/live"
ROOT = Path(__file__).parents[3]


def client() -> Client:
    return Client(headers={"host": "localhost"})


def counted(value: float) -> list[Family]:
    return [
        (
            "keyholder_sign_ins",
            "counter",
            "Sign-ins.",
            [("keyholder_sign_ins_total", {"outcome": "x"}, value)],
        )
    ]


def process(home: Path, *, server: str, value: float = 1.0) -> CounterFiles:
    """Give one web process that has written its counters."""
    files = CounterFiles(home, lambda: counted(value), server=server)
    files.write()
    return files


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CounterFiles:
    """Let this process share its counters, without the thread."""
    files = CounterFiles(tmp_path / "metrics", metrics.own_counters, server="this")
    monkeypatch.setattr(metrics, "_files", [files])
    monkeypatch.setattr(readiness, "FRESH_SECONDS", -1.0)
    files.write()
    return files


def spoil(case: str, files: CounterFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the folder away, in one of the ways in which that happens."""
    if case == "deleted":
        shutil.rmtree(files.folder)
        return
    if case == "no folder":
        shutil.rmtree(files.folder)
        files.folder.write_text("a file where the folder was")
        return
    number = {"full": errno.ENOSPC, "read-only": errno.EROFS}[case]

    def refuse(_path: Path, *_args: object, **_kwargs: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_text", refuse)


@pytest.mark.parametrize("case", ["deleted", "no folder", "full", "read-only"])
def test_request_without_a_usable_folder_is_answered(
    db: None, shared: CounterFiles, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    spoil(case, shared, monkeypatch)
    assert client().get(LIVE).status_code == 200
    assert client().get("/account/login/").status_code == 200
    shared.write()
    assert client().get(METRICS).status_code == 200
    ready = client().get(READY)
    assert (ready.status_code, ready.json()["metrics"]) == (200, "ok" if case == "deleted" else "degraded")
    assert (b"keyholder_metrics_degraded 1.0" in client().get(METRICS).content) is (case != "deleted")


def test_problem_is_logged_once_and_ends_by_itself(
    shared: CounterFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs() as lines, monkeypatch.context() as patch:
        spoil("full", shared, patch)
        shared.write()
        shared.write()
    assert [(line["event"], line["log_level"], line["error"]) for line in lines] == [
        ("metrics.degraded", "warning", "OSError: No space left on device")
    ]
    shared.write()
    assert shared.problem == ""


def test_library_in_mapped_files_is_not_used(tmp_path: Path) -> None:
    """In a process of its own: the library decides at its import."""
    steps = ["from portal.operations import metrics", "metrics.record_sign_in(outcome='done')"]
    script = "; ".join([*steps, "print(metrics.own_counters()[1][3])"])
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "missing")}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[('keyholder_sign_ins_total', {'outcome': 'done'}, 1.0)]"


def test_processes_of_one_server_are_added_and_ended_ones_still_count(tmp_path: Path) -> None:
    process(tmp_path, server="a", value=2.0)
    process(tmp_path, server="a", value=3.0)
    third = process(tmp_path, server="a", value=5.0)
    assert sorted(family[3][0][2] for family in third.read_others()) == [2.0, 3.0]


def test_servers_that_share_a_home_are_neither_mixed_nor_deleted(tmp_path: Path) -> None:
    """As two containers whose processes have the same numbers."""
    first = process(tmp_path, server="a", value=2.0)
    second = process(tmp_path, server="b", value=3.0)
    first.write()
    assert (first.read_others(), second.read_others()) == ([], [])
    assert {folder.name for folder in tmp_path.iterdir()} == {"a", "b"}


def test_server_that_ended_an_hour_ago_is_removed(tmp_path: Path) -> None:
    ended = process(tmp_path, server="ended")
    paused = process(tmp_path, server="paused")
    living = process(tmp_path, server="living")
    for files, age in ((ended, counter_files.STALE_SECONDS + 60), (paused, counter_files.STALE_SECONDS - 60)):
        for path in (tmp_path / files.server / f"{files.process}.json", tmp_path / files.server):
            now = path.stat().st_mtime
            os.utime(path, (now - age, now - age))
    living.write()
    assert {folder.name for folder in tmp_path.iterdir()} == {"paused", "living"}
    ended.write()
    assert (tmp_path / "ended" / f"{ended.process}.json").exists(), "a server that slept counts on"


def test_server_name_is_that_of_the_parent_process() -> None:
    """Two children of this process are one server, and this process is a child of another."""
    script = "from portal.operations import counter_files; print(counter_files.server_name())"
    names = [
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert names[0] == names[1] != counter_files.server_name()
    assert len(names[0]) == 16


@pytest.mark.parametrize("missing", ["/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"])
def test_server_name_without_proc_is_distinct(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    read, stat = Path.read_text, Path.stat

    def hidden(path: Path) -> Path:
        if str(path) == missing:
            raise FileNotFoundError(missing)
        return path

    monkeypatch.setattr(Path, "read_text", lambda path, **how: read(hidden(path), **how))
    monkeypatch.setattr(Path, "stat", lambda path, **how: stat(hidden(path), **how))
    assert counter_files.server_name() != counter_files.server_name()


@pytest.mark.parametrize(
    "content", ["", "{", '"text"', '[["name"]]', '[[1, 2, 3, [["x", {}, "many"]]]]', "7"]
)
def test_file_that_is_not_ours_degrades_and_fails_nothing(
    db: None, shared: CounterFiles, content: str
) -> None:
    (shared.folder / "this" / "other.json").write_text(content)
    assert client().get(METRICS).status_code == 200
    assert client().get(READY).json()["metrics"] == "degraded"


def test_counters_of_other_processes_are_in_the_text(db: None, shared: CounterFiles) -> None:
    (shared.folder / "this" / "other.json").write_text(json.dumps(counted(41.0)))
    text = client().get(METRICS).content.decode()
    assert 'keyholder_sign_ins_total{outcome="x"} 41.0' in text
    assert "_created" not in text


def test_server_name_differs_by_container_and_by_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every container has a process 1, and two machines may give a namespace the same number."""
    own, read, stat = counter_files.server_name(), Path.read_text, Path.stat
    assert counter_files.server_name() == own

    def other_namespace(path: Path, **how: Any) -> os.stat_result:
        found = stat(path, **how)
        values = (found[0], found[1] + 1, *found[2:])
        return os.stat_result(values) if str(path) == "/proc/self/ns/pid" else found

    def other_boot(path: Path, **how: Any) -> str:
        return "another boot" if path.name == "boot_id" else read(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", other_namespace)
        assert counter_files.server_name() != own
    monkeypatch.setattr(Path, "read_text", other_boot)
    assert counter_files.server_name() != own
