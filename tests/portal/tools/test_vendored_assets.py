"""The files that came from elsewhere are what their makers published, and each part has its license."""

import shutil
from pathlib import Path

import pytest
from django.core import management
from django.core.management.base import CommandError

from portal.tools import vendored_assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the vendored files, to be spoiled."""
    return Path(shutil.copytree(vendored_assets.FOLDER, tmp_path / "vendor"))


def test_vendored_files_match_the_manifest() -> None:
    assert vendored_assets.problems() == []


def test_changed_file_is_reported(folder: Path) -> None:
    path = folder / "htmx/4.0.1/htmx.min.js"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)

    assert vendored_assets.problems(folder=folder) == ["htmx/4.0.1/htmx.min.js: changed"]


def test_unlisted_file_is_reported(folder: Path) -> None:
    (folder / "tabler/1.6.1/extra.js").write_text("alert(1)", encoding="utf-8")

    assert vendored_assets.problems(folder=folder) == ["tabler/1.6.1/extra.js: not in the manifest"]


def test_missing_file_is_reported(folder: Path) -> None:
    (folder / "inter/5.3.0/inter-latin-wght-normal.woff2").unlink()

    assert vendored_assets.problems(folder=folder) == ["inter/5.3.0/inter-latin-wght-normal.woff2: missing"]


def test_package_without_license_is_reported(folder: Path) -> None:
    manifest = folder / vendored_assets.MANIFEST
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith('"LICENSE" = "sha384'))
    manifest.write_text("".join(lines[:at] + lines[at + 1 :]), encoding="utf-8")
    (folder / "tabler/1.6.1/LICENSE").unlink()

    assert vendored_assets.problems(folder=folder) == ["@tabler/core: no license"]


def test_manifest_has_version_license_and_integrity() -> None:
    for part in vendored_assets.parts():
        assert part.version in part.folder
        assert part.license in {"MIT", "0BSD", "OFL-1.1"}
        assert part.integrity.startswith("sha512-")


def test_manifest_written_and_read_again_is_equal() -> None:
    written = (vendored_assets.FOLDER / vendored_assets.MANIFEST).read_text(encoding="utf-8")

    assert vendored_assets._toml(vendored_assets.parts()) == written


def test_sprite_contains_the_drawing_without_the_background() -> None:
    icon = '<svg><path stroke="none" d="M0 0h24v24H0z" fill="none" /><path d="M5 12l14 0" /><circle r="2" /></svg>'

    made = vendored_assets.sprite(content={"package/icons/outline/plus.svg": icon.encode()}, names=["plus"])

    assert '<symbol id="plus" viewBox="0 0 24 24"><path d="M5 12l14 0" /><circle r="2" /></symbol>' in made
    assert "M0 0h24" not in made


def test_vendor_command_fails_with_the_problems(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "extra.css").touch()
    monkeypatch.setattr(vendored_assets, "problems", lambda: ["extra.css: not in the manifest"])

    with pytest.raises(CommandError, match=r"extra\.css: not in the manifest"):
        management.call_command("vendor", "--check")


def test_every_icon_in_use_is_in_the_sprite() -> None:
    sprite = (vendored_assets.FOLDER / "tabler-icons/3.51.0/sprite.svg").read_text(encoding="utf-8")
    listed = next(part.icons for part in vendored_assets.parts() if part.icons)

    assert [name for name in listed if f'id="{name}"' not in sprite] == []
