"""A restore fills an empty database from a backup, checks it, raises the incarnation and freezes what goes out.

It runs as the owner with the triggers off: the log is copied as it was, and verified afterwards.
"""

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from django.db import connections, transaction
from psycopg import sql

from audit import installation
from audit.foundation import clock, private_files
from audit.log import partitions
from identity import key_registry
from identity.key_registry import OWNER
from portal.operations import archive
from portal.operations.archive import ArchiveRefused, Manifest
from provisioning.mail import queue as mail_queue

_BLOCK = 1 << 20
_TRIGGERS_OFF = "SET LOCAL session_replication_role = replica"
_SEQUENCES = """
SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
  AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
"""


class Restored(NamedTuple):
    """Holds the findings and the changes of a restore."""

    incarnation: int
    given_up_mails: int
    """Mails that waited at the backup: nobody knows which of them were sent since."""


def load(manifest: Manifest, folder: Path, *, without_keys: bool = False) -> Restored:
    """Load a verified backup. Everything happens, or nothing. Raises ArchiveRefused."""
    with transaction.atomic(using=OWNER):
        _require_empty(manifest)
        with connections[OWNER].cursor() as cursor:
            cursor.execute(_TRIGGERS_OFF)
        _truncate()
        first, last = manifest.instants
        partitions.ensure_between(using=OWNER, first=first, last=last)
        for name, table in manifest.tables.items():
            _copy(name, table, folder)
        _set_sequences()
        if installation.heads(using=OWNER) != manifest.log:
            raise ArchiveRefused("The log is not the one that the manifest describes.")
        if (problems := key_registry.problems(using=OWNER)) and not without_keys:
            raise ArchiveRefused("\n".join([*problems, "Restore the key files first: --keys FOLDER."]))
        return adopt()


def adopt() -> Restored:
    """Make a database that was restored by other means, such as a snapshot, safe to start."""
    with transaction.atomic(using=OWNER):
        at = clock.now()
        with connections[OWNER].cursor() as cursor:
            cursor.execute(_TRIGGERS_OFF)
            cursor.execute(sql.SQL("TRUNCATE {}").format(_names(archive.void_tables())))
        incarnation = installation.adopt(using=OWNER, at=at)
        return Restored(incarnation, mail_queue.give_up(using=OWNER, at=at))


def load_keys(folder: Path) -> int:
    """Copy backed-up key files into the empty folder of the keys. Returns how many. Raises ArchiveRefused."""
    target = key_registry.folder()
    if target.exists() and any(target.iterdir()):
        raise ArchiveRefused(f"{target} has files already. Key files are restored into an empty folder only.")
    digests: dict[str, str] = archive.load_json(folder).get("files", {})
    archive.verify_files(folder, digests)
    for name in digests:
        path = (target / name).resolve()
        if target.resolve() not in path.parents:
            raise ArchiveRefused(f"{folder / archive.MANIFEST} names a file outside the folder.")
        private_files.make_folder(path.parent)
        private_files.write_once(path=path, text=(folder / name).read_text(encoding="ascii"))
    return len(digests)


def _require_empty(manifest: Manifest) -> None:
    if installation.has_events(using=OWNER):
        raise ArchiveRefused("This database is in use. A backup is restored into an empty database only.")
    applied = archive.migrations(OWNER)
    if different := sorted(set(applied) ^ set(manifest.migrations)):
        raise ArchiveRefused(
            f"The backup was made by the build {manifest.build}. Restore it with that version, after `migrate`, and"
            f" update afterwards. These migrations differ: {', '.join(different)}."
        )
    if (found := archive.tables(OWNER)) != {name: table.columns for name, table in manifest.tables.items()}:
        raise ArchiveRefused(
            f"The tables differ: {sorted(found.keys() ^ manifest.tables.keys()) or 'columns'}."
        )


def _truncate() -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            sql.SQL("TRUNCATE {}").format(_names([*archive.tables(OWNER), *archive.void_tables()]))
        )


def _names(tables: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, tables))


def _copy(name: str, table: archive.Table, folder: Path) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(name), columns)
    with connections[OWNER].cursor() as cursor, gzip.open(folder / archive.file_of(name), "rb") as file:
        with cursor.copy(statement) as copy:
            while block := file.read(_BLOCK):
                copy.write(block)
        if cursor.rowcount != table.rows:
            raise ArchiveRefused(f"{name} has {cursor.rowcount} rows, and the manifest says {table.rows}.")


def _set_sequences() -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(_SEQUENCES)
        for table, column, sequence in cursor.fetchall():
            cursor.execute(
                sql.SQL("SELECT setval(%s, coalesce(max({0}), 0) + 1, false) FROM {1}").format(
                    sql.Identifier(column), sql.Identifier(table)
                ),
                [sequence],
            )
