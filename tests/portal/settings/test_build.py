"""The build of a checkout, of a worktree and of an unpacked archive."""

from pathlib import Path

import pytest

from portal.settings import build

REVISION = "c1319dd0" * 5


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "1.2.3"\n')
    return tmp_path


def head(git: Path, text: str) -> Path:
    git.mkdir(parents=True, exist_ok=True)
    (git / "HEAD").write_text(f"{text}\n")
    return git


def test_build_of_an_archive_is_its_version(folder: Path) -> None:
    assert build.identify(folder) == "1.2.3"


def test_build_of_a_checkout_has_its_revision(folder: Path) -> None:
    git = head(folder / ".git", REVISION)
    assert build.identify(folder) == "1.2.3+c1319dd"
    head(git, "ref: refs/heads/main")
    assert build.identify(folder) == "1.2.3"
    (git / "packed-refs").write_text(f"# pack-refs\n{REVISION} refs/heads/main\n")
    assert build.identify(folder) == "1.2.3+c1319dd"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "refs" / "heads" / "main").write_text("0" * 40)
    assert build.identify(folder) == "1.2.3+0000000"


def test_build_of_a_worktree_has_its_revision(folder: Path) -> None:
    main = head(folder / "main", REVISION)
    (main / "refs" / "heads").mkdir(parents=True)
    (main / "refs" / "heads" / "topic").write_text(REVISION)
    head(folder / "main" / "worktrees" / "topic", "ref: refs/heads/topic")
    (folder / "main" / "worktrees" / "topic" / "commondir").write_text("../..\n")
    (folder / ".git").write_text(f"gitdir: {folder}/main/worktrees/topic\n")
    assert build.identify(folder) == "1.2.3+c1319dd"


@pytest.mark.parametrize("text", ["", "not a revision", "ref: refs/heads/missing"])
def test_build_of_an_unreadable_checkout_is_its_version(folder: Path, text: str) -> None:
    head(folder / ".git", text)
    assert build.identify(folder) == "1.2.3"
