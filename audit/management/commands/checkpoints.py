"""`manage.py checkpoints` makes the key that signs checkpoints, signs one, confirms a restore, and shows the key."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import sealing
from audit.checkpoints import folder, restores, signer
from audit.checkpoints.folder import UnusableFolder
from audit.checkpoints.signer import Inconsistent


class Command(BaseCommand):
    """Runs as the deliverer's system user, the owner of the folder."""

    requires_system_checks = ()  # it makes its key before the portal's own keys exist
    help = (
        "make-key: make the signing key, once. sign: sign a checkpoint now. show: the public key and the newest one."
        " confirm-restore: let checkpoints be signed again after a restore."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept an action and, for `make-key`, the name of the log."""
        parser.add_argument("action", choices=["make-key", "sign", "show", "confirm-restore"])
        parser.add_argument("--origin", help="make-key: the name of the log; the portal's host and /log")
        parser.add_argument(
            "--replace", action="store_true", help="make-key: put a new key in the place of the old one"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the action. Raises CommandError for an unusable folder, and for a log that must not be signed."""
        try:
            getattr(self, f"_{options['action'].replace('-', '_')}")(options)
        except (Inconsistent, UnusableFolder, OSError) as error:
            raise CommandError(str(error)) from error

    def _make_key(self, options: dict[str, Any]) -> None:
        origin = options["origin"] or f"{urlsplit(settings.ISSUER).netloc}/log"
        key = folder.configured().make_key(origin=origin, replace=options["replace"])
        self.stdout.write("The public key for auditors and customers:")
        self.stdout.write(key.verifier_key(), ending="")

    def _sign(self, options: dict[str, Any]) -> None:
        del options
        sealing.seal_all()
        signed = signer.sign(folder=folder.configured())
        self.stdout.write(f"Signed at {signed.size} leaves." if signed else "Nothing to sign.")

    def _confirm_restore(self, options: dict[str, Any]) -> None:
        del options
        confirmed = restores.confirm(folder=folder.configured())
        last = confirmed.last
        lost = max(0, last.size - confirmed.kept)
        self.stdout.write(
            f"Incarnation {confirmed.incarnation} is confirmed: {confirmed.kept} events are from before the restore."
            f" The last checkpoint had {last.size}, signed {last.at}: {lost} of them are lost."
        )

    def _show(self, options: dict[str, Any]) -> None:
        del options
        place = folder.configured()
        for key in place.verifier_keys():
            self.stdout.write(key.text())
        latest = place.latest()
        self.stdout.write(latest.note if latest else "No checkpoint has been signed yet.")
