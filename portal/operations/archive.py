"""A backup is a folder with one file per table and a manifest, which is written last and describes all of it.

Sessions, codes and tokens are left out: what was ended after the backup must not be valid again after a restore.
"""

import dataclasses
import datetime as dt
import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.migrations.recorder import MigrationRecorder

from audit.foundation import private_files
from audit.installation import Heads

FORMAT = 1
MANIFEST = "manifest.json"
LEFT_OUT = {
    "django_migrations": "the restored database has its own, and must have the same",
    "identity_accesstoken": "void after a restore",
    "identity_authorizationcode": "void after a restore",
    "identity_refreshtoken": "void after a restore",
    "identity_session": "void after a restore",
    "identity_signin": "void after a restore",
    "identity_signin_clients": "void after a restore",
    "identity_tokenfamily": "void after a restore",
    "portal_cache": "holds nothing that must last",
    "provisioning_heartbeat": "processes of the moment",
    "provisioning_logout": "sessions end at a restore, and services learn it when they ask",
}
"""Tables that a backup does not hold, with the reason."""
_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.relname ORDER BY c.relname
"""


class ArchiveRefused(Exception):
    """The backup or restore does not begin, or changes nothing; the message says what to do."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """Describes the file of one table."""

    columns: list[str]
    rows: int
    sha256: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifest:
    """Describes a backup. Instants are in ISO 8601, UTC."""

    format: int
    installation: str
    incarnation: int
    at: str
    first_event_at: str
    build: str
    migrations: list[str]
    heads: list[Any]
    keys: dict[str, list[str]]
    """Ids of the keys that the database knows, by purpose."""
    tables: dict[str, Table]

    def write(self, folder: Path) -> None:
        """Write the manifest, which makes the backup complete."""
        private_files.write_once(path=folder / MANIFEST, text=json.dumps(dataclasses.asdict(self), indent=1))

    @property
    def log(self) -> Heads:
        """Return the state of the log at the backup."""
        return Heads(*self.heads)

    @property
    def instants(self) -> tuple[dt.datetime, dt.datetime]:
        """Return the instants of the oldest event and of the backup."""
        return dt.datetime.fromisoformat(self.first_event_at), dt.datetime.fromisoformat(self.at)


def load(folder: Path) -> Manifest:
    """Read the manifest and verify every file. Raises ArchiveRefused."""
    content = load_json(folder)
    if content.get("format") != FORMAT:
        raise ArchiveRefused(
            f"{folder} has the format {content.get('format')}, and this version reads {FORMAT}."
        )
    try:
        tables = {name: Table(**table) for name, table in content.pop("tables").items()}
        manifest = Manifest(**content, tables=tables)
        uuid.UUID(manifest.installation)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise ArchiveRefused(f"{folder / MANIFEST} was changed.") from error
    verify_files(folder, {file_of(name): table.sha256 for name, table in tables.items()})
    return manifest


def load_json(folder: Path) -> dict[str, Any]:
    """Read a folder's manifest. Raises ArchiveRefused for an incomplete backup."""
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArchiveRefused(f"{folder} is no complete backup: its {MANIFEST} cannot be read.") from error
    return content


def verify_files(folder: Path, digests: Mapping[str, str]) -> None:
    """Compare the files with their SHA-256. Raises ArchiveRefused with the name of the first that differs."""
    for name, digest in digests.items():
        try:
            with (folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ArchiveRefused(f"{folder / name} is missing.") from error
        if found != digest:
            raise ArchiveRefused(f"{folder / name} was changed: its SHA-256 is not that of the manifest.")


def file_of(table: str) -> str:
    """Return the name of a table's file."""
    return f"{table}.copy.gz"


def make_empty(folder: Path) -> None:
    """Create a private folder. Raises ArchiveRefused where it has content."""
    if folder.exists() and any(folder.iterdir()):
        raise ArchiveRefused(f"{folder} is not empty. Choose a new folder for each backup.")
    private_files.make_folder(folder)
    os.chmod(folder, 0o700)  # noqa: PTH101 - also where it existed


def tables(using: str) -> dict[str, list[str]]:
    """Return every table with its columns, without those that are left out."""
    with connections[using].cursor() as cursor:
        cursor.execute(_TABLES)
        return {name: columns for name, columns in cursor.fetchall() if name not in LEFT_OUT}


def void_tables() -> list[str]:
    """Return the tables that a restore leaves empty: those left out, without the record of the migrations."""
    return [name for name in LEFT_OUT if name != "django_migrations"]


def migrations(using: str) -> list[str]:
    """Return the applied migrations as `app.name`."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connections[using]).applied_migrations())
