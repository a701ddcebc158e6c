"""The command shows key files outside the database, makes missing ones and rotates the keys of a purpose."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import key_files
from identity import signing_keys

_LOST = {
    "person": "personal values in the log can never be read again",
    "pepper": "sessions, tokens, clients' secrets and links are void",
    "secrets": "targets' tokens and queued mails must be entered or sent again",
    "web": "all sessions end",
    signing_keys.PURPOSE: "services fetch the new keys and refuse tokens signed before",
}
_AFTER = {"web": "Restart all processes. All sessions end."}
"""What a rotation requires, by purpose. Older keys of the other purposes stay valid."""


class Command(BaseCommand):
    """Manages the key files, and never prints a key."""

    help = __doc__
    requires_system_checks = ()  # they fail without the keys that this command makes

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `show`, `make` and `rotate PURPOSE [--at-once]`."""
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("show", help="purposes, ids, and what is lost when a file is lost")
        actions.add_parser("make", help="make missing keys; safe to repeat")
        rotate = actions.add_parser("rotate", help="make a successor for every key of a purpose")
        rotate.add_argument("purpose", choices=sorted(_LOST))
        rotate.add_argument(
            "--at-once",
            action="store_true",
            help="signing keys: sign with the successor now and withdraw the older ones (a key leaked)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Raise CommandError where a key file is missing."""
        try:
            self._handle(options)
        except key_files.MissingKey as error:
            raise CommandError(str(error)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        {"show": self._show, "make": self._make, "rotate": self._rotate}[options["action"]](options)

    def _show(self, options: dict[str, Any]) -> None:
        for purpose in key_files.PURPOSES:
            key = key_files.current(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
            self.stdout.write(f"{purpose:8} {key.id:16} lost: {_LOST[purpose]}")
        for signing_key in signing_keys.signing_keys():
            since = f"{signing_key.algorithm} from {signing_key.signs_from:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(
                f"{signing_keys.PURPOSE:8} {signing_key.kid:16} {since}; lost: {_LOST[signing_keys.PURPOSE]}"
            )

    def _make(self, options: dict[str, Any]) -> None:
        for purpose in key_files.PURPOSES:
            key_files.ensure(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
        signing_keys.ensure()
        self.stdout.write("All key files exist.")

    def _rotate(self, options: dict[str, Any]) -> None:
        purpose = options["purpose"]
        if purpose == signing_keys.PURPOSE:
            for key in signing_keys.rotate(at_once=options["at_once"]):
                self.stdout.write(
                    f"{key.kid} signs {key.algorithm} from {key.signs_from:%Y-%m-%d %H:%M} UTC."
                )
            return
        name = key_files.rotate(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
        after = _AFTER.get(purpose, "Running processes use it at once. The older keys stay valid.")
        self.stdout.write(f"{purpose}: {name}. {after}")
