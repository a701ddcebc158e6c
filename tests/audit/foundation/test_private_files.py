"""Private files: what is refused, what appears whole, and where root writes nothing."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.foundation import private_files

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    path = tmp_path / "file"
    private_files.write_once(path=path, text="content")
    return path


def as_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def of_another_user(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: path.chmod(0o640), "chmod 600"),
        (lambda path: path.chmod(0o602), "chmod 600"),
        (lambda path: path.parent.chmod(0o750), "chmod 700"),
        (lambda path: path.parent.chmod(0o703), "chmod 700"),
        (as_link, "symbolic link"),
        (as_pipe, "not a file"),
        (lambda path: (path.unlink(), path.mkdir(0o700)), "not a file"),
        (lambda path: path.write_bytes(b"\xff\x00"), "cut off or changed"),
        pytest.param(of_another_user, "another user", marks=as_root),
    ],
)
def test_file_that_others_could_use_is_refused(
    path: Path, change: Callable[[Path], object], words: str
) -> None:
    assert private_files.read_text(path) == "content"
    change(path)
    with pytest.raises(private_files.UnusableFile, match=words):
        private_files.read_text(path)


def test_missing_file_is_named(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        private_files.read_text(path.with_name("nowhere"))


def as_folder_of_another_user(folder: Path) -> Path:
    os.chown(folder, NOBODY, NOBODY)
    return folder


def as_link_of_another_user(folder: Path) -> Path:
    link = folder.with_name(f"{folder.name}-link")
    link.symlink_to(folder)
    os.lchown(link, NOBODY, NOBODY)
    return link


def as_link_of_root(folder: Path) -> Path:
    link = folder.with_name(f"{folder.name}-link")
    link.symlink_to(as_folder_of_another_user(folder))
    return link


@as_root
@pytest.mark.parametrize("change", [as_folder_of_another_user, as_link_of_another_user, as_link_of_root])
@pytest.mark.parametrize(
    "write",
    [
        lambda path: private_files.write_once(path=path.with_name("new"), text="more"),
        lambda path: private_files.replace(path=path, text="more"),
        lambda path: private_files.write(path=path, text="more", mode=0o600),
    ],
)
def test_root_in_a_folder_of_another_user_writes_nothing(
    path: Path, change: Callable[[Path], Path], write: Callable[[Path], None]
) -> None:
    folder = change(path.parent)
    with pytest.raises(private_files.UnusableFile, match="as that user, not as root"):
        write(folder / path.name)
    assert {one.name: one.read_text() for one in path.parent.iterdir()} == {"file": "content"}


@as_root
@pytest.mark.parametrize("change", [as_folder_of_another_user, as_link_of_another_user, as_link_of_root])
@pytest.mark.parametrize("name", ["keys", "home/keys"])
def test_root_in_a_folder_of_another_user_makes_no_folder(
    path: Path, change: Callable[[Path], Path], name: str
) -> None:
    """The owner of the folder above can exchange a folder of root, and gets what root writes there next."""
    folder = change(path.parent)
    with pytest.raises(private_files.UnusableFile, match="as that user, not as root"):
        private_files.make_folder(folder / name)
    assert [one.name for one in path.parent.iterdir()] == ["file"]


@as_root
def test_root_in_a_present_folder_of_another_user_changes_nothing(path: Path) -> None:
    """The key folder of a service is one: reading there is allowed, and each write is refused by itself."""
    as_folder_of_another_user(path.parent)
    private_files.make_folder(path.parent)
    assert path.parent.stat().st_uid == NOBODY


def test_replaced_file_keeps_its_mode(path: Path) -> None:
    path.chmod(0o400)
    private_files.replace(path=path, text="more")
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert private_files.read_text(path) == "more"


def test_file_that_exists_is_not_written_again(path: Path) -> None:
    private_files.write_once(path=path, text="other")
    assert private_files.read_text(path) == "content"


def test_failed_replacement_leaves_the_old_file_and_no_draft(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        private_files.replace(path=path, text="other")
    assert [one.name for one in path.parent.iterdir()] == ["file"]
    assert path.read_text() == "content"


def test_written_file_is_whole_with_its_mode_and_replaces_the_old_one(path: Path) -> None:
    private_files.write(path=path, text="\u2014", mode=0o644)
    assert path.read_text("utf-8") == "\u2014"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["file"]


def test_failed_write_leaves_no_file_and_no_draft(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError("no space left")

    path.unlink()
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space left"):
        private_files.write(path=path, text="content", mode=0o644)
    assert list(path.parent.iterdir()) == []
