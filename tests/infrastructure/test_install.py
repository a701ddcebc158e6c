"""Installing takes the locked files only, whatever else is offered, with the oldest pip and the newest.

The recipe is the Makefile's own, run in a copy of it. The folder offered to pip holds the locked wheels and newer
releases of two of them.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

REPOSITORY = pathlib.Path(__file__).parents[2]
LOCK = pathlib.Path("requirements") / "demo.txt"
"""The smaller of the locks with tools from elsewhere; `dev.txt` is installed by the same recipe."""
PYTHON = str(pathlib.Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
pytestmark = pytest.mark.timeout(600)
DIRECT, TRANSITIVE = "flask", "pydantic"
FAKE = "9999.0"


@dataclass(frozen=True)
class Checkout:
    """A fresh clone as far as installing goes, and a folder of wheels in place of the registry."""

    folder: pathlib.Path
    wheels: pathlib.Path

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        variables = {
            key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "MAKE", "MFLAGS"))
        }
        offline = {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_LOG": str(self.folder / "pip.log"),
            "PIP_NO_COMPILE": "1",  # half of the time, and nothing here is run
        }
        return subprocess.run(
            command, cwd=self.folder, env=variables | offline, check=False, capture_output=True, text=True
        )

    def install(self) -> "subprocess.CompletedProcess[str]":
        return self.run("make", f"PYTHON={PYTHON}", ".venv/.demo")

    def installed(self) -> Mapping[str, str]:
        listed = self.run(".venv/bin/python", "-m", "pip", "list", "--format", "json")
        return {_normal(part["name"]): part["version"] for part in json.loads(listed.stdout)}

    def requested_by(self) -> set[str]:
        """Give what asked for each file that pip looked for: `-r`, or a package whose metadata named it."""
        log = (self.folder / "pip.log").read_text(encoding="utf-8")
        return set(re.findall(r"(?:Collecting|Processing|already satisfied:) .+? \(from (\S+)", log))

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Give a folder with the locked files for this machine, and the locked pip in a folder beside them."""
    folder = tmp_path_factory.mktemp("locked")
    _download(REPOSITORY / LOCK, folder / "wheels")
    (folder / "pip.txt").write_text(_pinned(REPOSITORY / "requirements" / "dev.txt", "pip"), encoding="utf-8")
    _download(folder / "pip.txt", folder / "pip")
    return folder


@pytest.fixture(scope="module")
def offered(locked: pathlib.Path) -> pathlib.Path:
    """Give the folder that pip is offered: the locked wheels and newer ones."""
    folder = locked.parent / f"{locked.name}-offered"
    shutil.copytree(locked / "wheels", folder)
    _fake(folder, DIRECT, FAKE)
    _fake(folder, TRANSITIVE, FAKE)
    return folder


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory, offered: pathlib.Path) -> Checkout:
    """Give a checkout whose environment holds the pip of ensurepip and nothing else."""
    fresh = Checkout(tmp_path_factory.mktemp("fresh"), offered)
    shutil.copy(REPOSITORY / "Makefile", fresh.folder)
    shutil.copytree(REPOSITORY / "requirements", fresh.folder / "requirements")
    done = fresh.run("make", f"PYTHON={PYTHON}", ".venv/bin/python")
    assert done.returncode == 0, done.stderr
    return fresh


@pytest.fixture
def checkout(tmp_path: pathlib.Path, fresh: Checkout) -> Checkout:
    """Copy the environment, which is faster than making it again."""
    shutil.copytree(fresh.folder, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Checkout(tmp_path, fresh.wheels)


@pytest.mark.parametrize("pip", ["of ensurepip", "locked"])
def test_install_with_newer_releases_offered_takes_the_locked_files(
    checkout: Checkout, locked: pathlib.Path, pip: str
) -> None:
    if pip == "locked":
        _use_locked_pip(checkout, locked)
    done = checkout.install()
    assert done.returncode == 0, done.stdout + done.stderr
    tools = {"pip", "setuptools"}  # what venv brings along
    assert {k: v for k, v in checkout.installed().items() if k not in tools} == _versions(locked / "wheels")
    assert checkout.requested_by() == {"-r"}


def test_install_that_resolves_stops_at_a_newer_release(checkout: Checkout) -> None:
    """Takes the protection out: this pip asks for the newest release that another package's metadata allows."""
    checkout.edit("Makefile", "--no-deps ", "")
    done = checkout.install()
    assert done.returncode != 0
    assert "all requirements must have their versions pinned" in done.stderr
    assert f"{TRANSITIVE}[email]" in done.stderr
    assert checkout.requested_by() > {"-r"}


def test_install_of_an_incomplete_lock_fails(checkout: Checkout) -> None:
    block = _pinned(REPOSITORY / LOCK, "werkzeug")  # which needs markupsafe
    (checkout.folder / LOCK).write_text(block, encoding="utf-8")
    done = checkout.install()
    assert done.returncode != 0
    assert "requires markupsafe, which is not installed" in done.stdout + done.stderr


def test_install_of_a_file_with_another_hash_fails(checkout: Checkout) -> None:
    block = _pinned(REPOSITORY / LOCK, "werkzeug")
    (checkout.folder / LOCK).write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", block), encoding="utf-8")
    done = checkout.install()
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr


def _use_locked_pip(checkout: Checkout, locked: pathlib.Path) -> None:
    (version,) = _versions(locked / "pip").values()
    (wheel,) = (locked / "pip").glob("*.whl")
    checkout.run(".venv/bin/python", "-m", "pip", "install", "--no-deps", str(wheel))
    (checkout.folder / "pip.log").unlink()
    assert checkout.installed()["pip"] == version


def _download(lock: pathlib.Path, folder: pathlib.Path) -> None:
    """Fetch the locked files with pip's ordinary configuration; its cache holds most of them."""
    options = ("--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes", "--dest", str(folder))
    command = (sys.executable, "-m", "pip", "download", *options, "--requirement", str(lock))
    subprocess.run(command, check=True)


def _pinned(lock: pathlib.Path, name: str) -> str:
    """Give one package's lines of a lock."""
    found = re.search(rf"^{name}==.*?(?=^\S|\Z)", lock.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found, f"{name} is not in {lock.name}"
    return found.group()


def _versions(wheels: pathlib.Path) -> Mapping[str, str]:
    parts = (path.name.split("-") for path in wheels.glob("*.whl"))
    return {_normal(name): version for name, version, *_tags in parts}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _fake(folder: pathlib.Path, name: str, version: str) -> None:
    """Write a wheel without code."""
    inside = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{inside}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{inside}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{inside}/RECORD", "".join(f"{inside}/{file},,\n" for file in ("METADATA", "WHEEL")))
