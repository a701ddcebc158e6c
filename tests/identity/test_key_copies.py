"""The copy of the keys for another system user: whole, by known names, without withdrawn keys."""

import io
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from audit.foundation import private_files
from identity import key_copies


@pytest.fixture
def copy(tmp_path: Path, settings: Settings) -> Callable[[], str]:
    """Export this installation's keys; afterwards, KEYHOLDER_KEYS is an empty folder."""

    def export() -> str:
        output = io.StringIO()
        call_command("keys", "export", stdout=output)
        settings.KEYS_FOLDER = tmp_path / "copy"
        return output.getvalue()

    return export


def import_keys(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    call_command("keys", "import", stdout=io.StringIO())


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_copy_is_private_and_the_same(
    copy: Callable[[], str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = content(Path(settings.KEYS_FOLDER))
    import_keys(copy(), monkeypatch)
    folder = Path(settings.KEYS_FOLDER)
    assert content(folder) == mine
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "signing")} == {0o700}
    assert key_copies.key_texts() == mine


def test_drafts_and_unlisted_keys_are_not_exported_and_withdrawn_keys_are_removed(
    copy: Callable[[], str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = copy()
    folder = Path(settings.KEYS_FOLDER)
    import_keys(exported, monkeypatch)
    strays = [".web.json.7.0a1b2c3d", "signing/es-0123456789ab.pem", "signing/.index.json.7.0a1b2c3d"]
    for name in strays:
        (folder / name).write_text("stray")
        (folder / name).chmod(0o600)
    assert json.loads(copy()) == json.loads(exported)
    import_keys(exported, monkeypatch)
    assert not (folder / strays[1]).exists()


def test_linked_key_is_not_exported(
    copy: Callable[[], str], settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import_keys(copy(), monkeypatch)
    web = Path(settings.KEYS_FOLDER) / "web.json"
    web.rename(tmp_path / "elsewhere.json")
    web.symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(CommandError, match="symbolic link"):
        call_command("keys", "export")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda _files: "", "no output"),
        (lambda _files: "{", "no output"),
        (lambda _files: "[]", "no output"),
        (lambda files: {**files, "web.json": 1}, "no output"),
        (lambda files: {name: text for name, text in files.items() if name != "web.json"}, "lacks web.json"),
        (lambda files: {**files, "../checkpoints/signing-key": "mine"}, "no names"),
        (lambda files: {**files, "signing/../../x.pem": "mine"}, "no names"),
        (lambda files: {**files, "x\n../checkpoints/signing-key": "mine"}, "no names"),
        (lambda files: {**files, "/etc/passwd": "mine"}, "no names"),
    ],
)
def test_text_that_is_no_whole_copy_writes_nothing(
    copy: Callable[[], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[dict[str, str]], object],
    words: str,
) -> None:
    changed = change(json.loads(copy()))
    with pytest.raises(CommandError, match=words):
        import_keys(changed if isinstance(changed, str) else json.dumps(changed), monkeypatch)
    assert list(tmp_path.rglob("*")) == []


def test_link_in_the_place_of_a_copy_is_replaced_and_its_target_stays(
    copy: Callable[[], str], settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    exported = copy()
    folder = Path(settings.KEYS_FOLDER)
    private_files.make_folder(folder)
    (tmp_path / "target").write_text("content")
    (folder / "web.json").symlink_to(tmp_path / "target")
    import_keys(exported, monkeypatch)
    assert (tmp_path / "target").read_text() == "content"
    assert not (folder / "web.json").is_symlink()
