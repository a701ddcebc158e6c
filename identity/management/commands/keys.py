"""Keys outside the database: show which there are, make what is missing, or give a purpose a successor."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import key_files
from identity import signing_keys

_LOST = {
    "person": "personal values in the log can never be read again",
    "pepper": "sessions, tokens, clients' secrets and links are void",
    "secrets": "targets' tokens and queued mails must be made anew",
    "web": "everybody signs in again",
    signing_keys.PURPOSE: "services fetch the new keys; what was signed before is refused",
}
_AFTER = {"web": "Restart all processes. Everybody signs in again."}
"""What a rotation asks for; what was made with the older keys of other purposes goes on."""


class Command(BaseCommand):
    """`manage.py keys`."""

    help = __doc__
    requires_system_checks = ()  # they refuse missing keys, which this command makes

    def add_arguments(self, parser: CommandParser) -> None:
        """`show`, `make`, `rotate PURPOSE [--at-once]`."""
        verbs = parser.add_subparsers(dest="what", required=True)
        verbs.add_parser("show", help="purposes, ids, and what is lost when a file is lost")
        verbs.add_parser("make", help="make what is missing; safe to repeat")
        rotate = verbs.add_parser("rotate", help="a successor for every key of a purpose")
        rotate.add_argument("purpose", choices=sorted(_LOST))
        rotate.add_argument(
            "--at-once",
            action="store_true",
            help="signing keys: sign with the successor now and withdraw the older ones (a key leaked)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Never prints a key. Raises CommandError where a key file is missing."""
        try:
            self._handle(options)
        except key_files.MissingKey as error:
            raise CommandError(str(error)) from error

    def _handle(self, options: dict[str, Any]) -> None:
        {"show": self._show, "make": self._make, "rotate": self._rotate}[options["what"]](options)

    def _show(self, options: dict[str, Any]) -> None:
        for purpose in key_files.PURPOSES:
            key = key_files.current(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
            self.stdout.write(f"{purpose:8} {key.id:16} lost: {_LOST[purpose]}")
        for listed in signing_keys.signing_keys():
            since = f"{listed.algorithm} from {listed.signs_from:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(
                f"{signing_keys.PURPOSE:8} {listed.kid:16} {since}; lost: {_LOST[signing_keys.PURPOSE]}"
            )

    def _make(self, options: dict[str, Any]) -> None:
        for purpose in key_files.PURPOSES:
            key_files.ensure(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
        signing_keys.ensure()
        self.stdout.write("All keys are there.")

    def _rotate(self, options: dict[str, Any]) -> None:
        purpose = options["purpose"]
        if purpose == signing_keys.PURPOSE:
            made = signing_keys.rotate(at_once=options["at_once"])
            for key in made:
                self.stdout.write(
                    f"{key.kid} signs {key.algorithm} from {key.signs_from:%Y-%m-%d %H:%M} UTC."
                )
            return
        name = key_files.rotate(folder=Path(settings.KEYS_FOLDER), purpose=purpose)
        after = _AFTER.get(purpose, "Running processes see it. What the older keys made goes on.")
        self.stdout.write(f"{purpose}: {name}. {after}")
