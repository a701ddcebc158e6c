"""A backup holds the tables in one snapshot, and the key files apart: both together reveal everything."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from psycopg import sql

from audit import installation
from audit.foundation import clock, private_files
from audit.foundation.snapshot import snapshot
from identity import key_copies, key_registry
from portal.operations import archive
from portal.operations.archive import ArchiveRefused, Manifest, Table


def write(folder: Path) -> Manifest:
    """Write every table into a new folder, as of one instant. Raises ArchiveRefused."""
    archive.make_empty(folder)
    with snapshot():
        at = clock.now()
        row = installation.load()
        tables = archive.tables(DEFAULT_DB_ALIAS)
        manifest = Manifest(
            format=archive.FORMAT,
            installation=str(row.uid),
            incarnation=row.incarnation,
            at=at.isoformat(),
            first_event_at=(installation.first_event_at() or at).isoformat(),
            build=settings.BUILD,
            migrations=archive.migrations(DEFAULT_DB_ALIAS),
            heads=list(installation.heads()),
            keys={purpose: sorted(rows) for purpose, rows in key_registry.registered().items()},
            tables={name: _dump(folder, name, columns) for name, columns in tables.items()},
        )
    manifest.write(folder)
    return manifest


def _dump(folder: Path, table: str, columns: list[str]) -> Table:
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    path = folder / archive.file_of(table)
    with _private_file(path) as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
        rows = _copy_to(packed, query)
    with path.open("rb") as file:
        return Table(columns=columns, rows=rows, sha256=hashlib.file_digest(file, "sha256").hexdigest())


def _copy_to(packed: gzip.GzipFile, query: sql.Composed) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(query) as copy:
            for block in copy:
                packed.write(block)
        rows: int = cursor.rowcount
        return rows


@contextmanager
def _private_file(path: Path) -> Iterator[IO[Any]]:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def write_keys(folder: Path) -> int:
    """Copy the key files into a new folder. Returns how many. Raises ArchiveRefused where they cannot be used."""
    if problems := key_registry.problems():
        raise ArchiveRefused("\n".join(problems))
    archive.make_empty(folder)
    digests = {}
    for name, text in key_copies.key_texts().items():
        private_files.make_folder((folder / name).parent)
        private_files.write_once(path=folder / name, text=text)
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
    content = {
        "format": archive.FORMAT,
        "installation": str(installation.load().uid),
        "at": clock.now().isoformat(),
        "files": digests,
    }
    private_files.write_once(path=folder / archive.MANIFEST, text=json.dumps(content, indent=1))
    return len(digests)


def require_apart(folder: Path, keys: Path) -> None:
    """Raise ArchiveRefused where one folder is the other, or lies in it."""
    one, other = folder.resolve(), keys.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise ArchiveRefused(
            "The database and the key files together reveal everything. Choose two folders apart from each other, and"
            " store them apart; --together writes both into one."
        )
