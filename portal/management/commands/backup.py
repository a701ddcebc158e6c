"""`manage.py backup` writes the database into one folder and the key files into another."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.operations import backup
from portal.operations.archive import ArchiveRefused


class Command(BaseCommand):
    """Backs up while everything runs: `manage.py backup FOLDER [--keys FOLDER]`."""

    help = __doc__
    requires_system_checks = ()  # a database without its keys can be backed up too

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the folders, which must be new."""
        parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder for the database")
        parser.add_argument("--keys", type=Path, metavar="FOLDER", help="a new folder for the key files")
        parser.add_argument("--together", action="store_true", help="allow one folder inside the other")

    def handle(self, *, folder: Path, keys: Path | None, together: bool, **_: Any) -> None:
        """Write both. Raises CommandError."""
        try:
            if keys is not None and not together:
                backup.require_apart(folder, keys)
            manifest = backup.write(folder)
            copied = backup.write_keys(keys) if keys is not None else None
        except (ArchiveRefused, OSError) as error:
            raise CommandError(str(error)) from error
        rows = sum(table.rows for table in manifest.tables.values())
        self.stdout.write(f"{folder}: {rows} rows of {len(manifest.tables)} tables as of {manifest.at}.")
        self.stdout.write(
            f"{keys}: {copied} key files. Store them apart from the database."
            if keys
            else "The key files were not backed up."
        )
