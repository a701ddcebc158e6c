"""Static files that are collected, forgotten, or of other code."""

from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from portal.http.static_files import Storage
from portal.operations import static_check


@pytest.fixture
def root(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of collected files, which production's storage reads."""
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "portal.http.static_files.Storage"}}
    settings.STATIC_ROOT = tmp_path  # last: Django creates its storage again after a change of this setting
    return tmp_path


def state_at_start(monkeypatch: pytest.MonkeyPatch) -> str:
    """Read the state as a process that starts now."""
    static_check.state.cache_clear()
    monkeypatch.setattr(static_check, "staticfiles_storage", Storage())
    try:
        return static_check.state()
    finally:
        static_check.state.cache_clear()


def test_static_files_are_missing_until_they_are_collected(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state_at_start(monkeypatch) == "missing"
    call_command("collectstatic", verbosity=0, interactive=False)
    assert state_at_start(monkeypatch) == "ok"


def test_static_files_of_other_code_are_old(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade or another brand without `collectstatic`."""
    call_command("collectstatic", verbosity=0, interactive=False)
    (root / "keyholder" / "keyholder.css").write_text("body { color: red }")
    assert state_at_start(monkeypatch) == "old"


def test_file_that_the_process_does_not_list_is_missing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("collectstatic", verbosity=0, interactive=False)
    (root / "staticfiles.json").unlink()
    assert state_at_start(monkeypatch) == "missing"
