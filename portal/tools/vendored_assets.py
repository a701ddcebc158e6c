"""Vendored browser files are checked and updated by their manifest.

`portal/static/vendor/MANIFEST.toml` lists every package with the registry's integrity (sha512) and a sha384 per file.
Installing and running need none of this; `update` is for a developer with npm.
"""

import base64
import dataclasses
import hashlib
import io
import re
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "static" / "vendor"
MANIFEST = "MANIFEST.toml"
LICENSE = "LICENSE"
SPRITE = "sprite.svg"
DRAWING = re.compile(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>")
BACKGROUND = 'stroke="none" d="M0 0h24v24H0z"'


class VendorError(Exception):
    """A package could not be downloaded or differs from the manifest."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Package:
    """Describes one package: its folder, the origin of its files inside the package, and their hashes."""

    name: str
    version: str
    license: str
    integrity: str
    folder: str
    files: dict[str, str]
    origin: dict[str, str] = dataclasses.field(default_factory=dict)
    icons: list[str] = dataclasses.field(default_factory=list)


def parts(*, folder: Path = FOLDER) -> list[Package]:
    """Return all packages of the manifest, in its order."""
    raw = tomllib.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return [Package(**entry) for entry in raw["part"]]


def digest(*, content: bytes, method: str = "sha384") -> str:
    """Return the hash in the form of browsers and registries: `sha384-<base64>`."""
    return f"{method}-{base64.b64encode(hashlib.new(method, content).digest()).decode('ascii')}"


def problems(*, folder: Path = FOLDER) -> list[str]:
    """Return one sentence for each file that is changed, missing, unlisted or without a license; else empty."""
    known = parts(folder=folder)
    sentences = [sentence for part in known for sentence in _problems_of(part, folder)]
    listed = {f"{part.folder}/{name}" for part in known for name in part.files} | {MANIFEST}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return sentences + [f"{path}: not in the manifest" for path in sorted(present - listed)]


def _problems_of(part: Package, folder: Path) -> Iterator[str]:
    if LICENSE not in part.files or not part.license:
        yield f"{part.name}: no license"
    if not part.integrity.startswith("sha512-"):
        yield f"{part.name}: no integrity of the package"
    for name, expected in part.files.items():
        path = folder / part.folder / name
        if not path.is_file():
            yield f"{part.folder}/{name}: missing"
        elif digest(content=path.read_bytes()) != expected:
            yield f"{part.folder}/{name}: changed"


def update(*, folder: Path = FOLDER) -> list[Package]:
    """Download every package, write the files that the manifest lists, and update their hashes."""
    updated = [_updated(part, folder) for part in parts(folder=folder)]
    (folder / MANIFEST).write_text(_toml(updated), encoding="utf-8")
    return updated


def _updated(part: Package, folder: Path) -> Package:
    content, integrity = _download(part)
    if part.integrity and integrity != part.integrity:
        raise VendorError(
            f"{part.name} {part.version}: the package has {integrity}, the manifest has {part.integrity}"
        )
    target = folder / part.folder
    target.mkdir(parents=True, exist_ok=True)
    for name, origin in part.origin.items():
        (target / name).write_bytes(content[f"package/{origin}"])
    if part.icons:
        (target / SPRITE).write_text(sprite(content=content, names=part.icons), encoding="utf-8")
    files = {name: digest(content=(target / name).read_bytes()) for name in part.files}
    return dataclasses.replace(part, integrity=integrity, files=files)


def _download(part: Package) -> tuple[dict[str, bytes], str]:
    with tempfile.TemporaryDirectory() as work:
        command = ["npm", "pack", f"{part.name}@{part.version}", "--silent", "--pack-destination", work]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - names come from our own manifest
        raw = next(Path(work).glob("*.tgz")).read_bytes()
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        files = (
            (member.name, archive.extractfile(member)) for member in archive.getmembers() if member.isfile()
        )
        content = {name: handle.read() for name, handle in files if handle}
    return content, digest(content=raw, method="sha512")


def sprite(*, content: dict[str, bytes], names: list[str]) -> str:
    """Return the outline icons as symbols with their own names; the style sheet sets colour and stroke."""
    symbols = []
    for name in sorted(names):
        source = content[f"package/icons/outline/{name}.svg"].decode("utf-8")
        drawing = "".join(mark for mark in DRAWING.findall(source) if BACKGROUND not in mark)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{drawing}</symbol>\n')
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(symbols)}</svg>\n'


def _toml(known: list[Package]) -> str:
    head = (
        "# Vendored files. Written by `manage.py vendor --update`, checked by `manage.py vendor --check`.\n"
    )
    return head + "".join(f"\n{_entry(part)}" for part in known)


def _entry(part: Package) -> str:
    plain = ("name", "version", "license", "integrity", "folder")
    lines = ["[[part]]", *(f'{key} = "{getattr(part, key)}"' for key in plain)]
    if part.icons:
        lines += ["icons = [", *(f'  "{name}",' for name in sorted(part.icons)), "]"]
    for table in ("files", "origin"):
        rows: dict[str, str] = getattr(part, table)
        if rows:
            lines += [f"[part.{table}]", *(f'"{name}" = "{rows[name]}"' for name in sorted(rows))]
    return "\n".join(lines) + "\n"
