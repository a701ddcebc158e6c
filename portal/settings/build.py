"""The running code states its version and revision."""

import re
import tomllib
from pathlib import Path


def identify(folder: Path) -> str:
    """Return such as `0.1.0+c1319dd`; a checkout has a revision, an unpacked archive has none."""
    version = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    revision = _revision(folder / ".git")
    return f"{version}+{revision[:7]}" if revision else str(version)


def _revision(git: Path) -> str:
    """Follow HEAD without a call of git, which refuses to read a checkout of another user."""
    try:
        if git.is_file():
            git = git.parent / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        shared = git / "commondir"
        common = git / shared.read_text(encoding="utf-8").strip() if shared.exists() else git
        return _resolve(common, head.removeprefix("ref: ")) if head.startswith("ref: ") else _checked(head)
    except (OSError, UnicodeDecodeError):
        return ""


def _resolve(git: Path, reference: str) -> str:
    loose = git / reference
    if loose.exists():
        return _checked(loose.read_text(encoding="ascii").strip())
    packed = git / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
    return next((_checked(line.split()[0]) for line in lines if line.endswith(f" {reference}")), "")


def _checked(revision: str) -> str:
    return revision if re.fullmatch(r"[0-9a-f]{40,64}", revision) else ""
