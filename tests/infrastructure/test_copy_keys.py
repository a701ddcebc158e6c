"""`deploy/copy-keys` gives the deliverer the same keys as the web's processes, and nothing else."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "copy-keys"
OWNER = "-o keyholder-deliver -g keyholder-deliver "


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script with folders below `tmp_path`, without the change of owner."""
    text = SCRIPT.read_text(encoding="utf-8")
    for old, new in {
        "/var/lib/keyholder/keys": str(tmp_path / "keys"),
        "/var/lib/keyholder-deliver/keys": str(tmp_path / "copy"),
        OWNER: "",
    }.items():
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "keys" / "signing").mkdir(parents=True)
    path = tmp_path / "copy-keys"
    path.write_text(text, encoding="utf-8")
    return path


def run(script: Path) -> int:
    return subprocess.run(["/bin/sh", script], check=False, timeout=60).returncode


def copied(script: Path) -> dict[str, str]:
    folder = script.parent / "copy"
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_copies_are_the_keys_without_drafts_and_without_withdrawn_keys(script: Path) -> None:
    keys = script.parent / "keys"
    (keys / "web.json").write_text("one")
    (keys / "signing" / "old.json").write_text("two")
    (keys / "signing" / ".new.json.7.0a1b2c3d").write_text("draft")
    assert run(script) == 0
    assert copied(script) == {"web.json": "one", "signing/old.json": "two"}
    (keys / "web.json").write_text("three")
    (keys / "signing" / "old.json").rename(keys / "signing" / "new.json")
    assert run(script) == 0
    assert copied(script) == {"web.json": "three", "signing/new.json": "two"}


def test_folder_without_keys_removes_no_copy(script: Path) -> None:
    keys = script.parent / "keys"
    (keys / "web.json").write_text("one")
    assert run(script) == 0
    (keys / "web.json").unlink()
    assert run(script) == 1
    assert copied(script) == {"web.json": "one"}
