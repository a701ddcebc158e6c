"""`manage.py restore` fills an empty database from a backup, or makes one restored by other means safe to start."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from audit import installation
from identity.key_registry import OWNER
from portal.operations import archive, restore
from portal.operations.archive import ArchiveRefused
from portal.operations.restore import Restored


class Command(BaseCommand):
    """Restores as the owner: `manage.py restore FOLDER [--keys FOLDER] [--verify]`, then `manage.py restore --thaw`."""

    help = __doc__
    requires_system_checks = ()  # the keys may be restored here too

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept a backup, or `--adopt` or `--thaw`."""
        parser.add_argument(
            "folder", type=Path, nargs="?", metavar="FOLDER", help="the backup of the database"
        )
        parser.add_argument("--keys", type=Path, metavar="FOLDER", help="restore these key files first")
        parser.add_argument("--without-keys", action="store_true", help="the key files are lost for good")
        parser.add_argument("--verify", action="store_true", help="afterwards, `audit verify --state`")
        parser.add_argument("--adopt", action="store_true", help="the database was restored by other means")
        parser.add_argument("--thaw", action="store_true", help="let mails, logouts and updates go out again")

    def handle(self, *, folder: Path | None, **options: Any) -> None:
        """Do what was asked. Raises CommandError; the database is as before where the backup is refused."""
        if (folder is not None) + options["adopt"] + options["thaw"] != 1:
            raise CommandError("Give the folder of a backup, --adopt or --thaw.")
        try:
            if options["thaw"]:
                self._thaw()
                return
            self._report(self._restored(folder, options))
        except (ArchiveRefused, OSError, Error) as error:
            raise CommandError(str(error)) from error
        if options["verify"]:
            call_command(
                "audit", "verify", "--state", "--no-checkpoints", stdout=self.stdout, stderr=self.stderr
            )

    def _restored(self, folder: Path | None, options: dict[str, Any]) -> Restored:
        if folder is None:
            return restore.adopt()
        manifest = archive.load(folder)
        if options["keys"]:
            self.stdout.write(f"{restore.load_keys(options['keys'])} key files restored.")
        restored = restore.load(manifest, folder, without_keys=options["without_keys"])
        self.stdout.write(f"Restored as of {manifest.at}. Changes since then are lost: make removals again.")
        return restored

    def _report(self, restored: Restored) -> None:
        self.stdout.write(
            f"Incarnation {restored.incarnation}. All sessions, codes and tokens are void."
            f" {restored.given_up_mails} queued mails are given up: they may have been sent.\n"
            "No checkpoint is signed until the deliverer's user runs `manage.py checkpoints confirm-restore`.\n"
            "Nothing goes out. Read what differs with `manage.py reconcile`, then run `manage.py restore --thaw`."
        )

    def _thaw(self) -> None:
        frozen = installation.thaw(using=OWNER)
        self.stdout.write("Deliveries go on." if frozen else "Nothing was frozen.")
