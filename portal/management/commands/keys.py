"""The command makes, shows, checks and rotates the keys outside the database; nothing else makes a key."""

import datetime as dt
import sys
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error

from audit.foundation import actor, clock, key_files
from audit.foundation.actor import Channel
from audit.foundation.errors import DomainError
from delegation import key_rotations
from identity import key_copies, key_registry, signing_keys

_LOST = {
    "events": "no event can be written, and older ones can never be verified again",
    "person": "personal values in the log can never be read again",
    "pepper": "sessions, tokens, clients' secrets and links are void",
    "secrets": "targets' tokens, queued mails and second factors must be entered or sent again",
    "web": "all sessions, codes and tokens end",
    signing_keys.PURPOSE: "services fetch the new keys and refuse tokens signed before",
}
_ACTIONS = {
    "show": "purposes, ids, and what is lost when a file is lost",
    "check": "exit code 1 where a key file cannot be used or is not this database's",
    "export": "print all key files for the `import` of another system user",
    "import": "replace this user's key files by the output of `export` on standard input",
}
_WITHDRAWN = {"web", signing_keys.PURPOSE}
_DATABASE = "The database could not be changed. Set OWNER_DATABASE_URL, and run `manage.py migrate` first: {}"


class Command(BaseCommand):
    """Manages the key files; only `export` prints keys."""

    help = __doc__
    requires_system_checks = ()  # they fail without the keys that this command makes

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept an action, `make [--replace-lost P]` and `rotate P [--after SECONDS | --at-once]`."""
        actions = parser.add_subparsers(dest="action", required=True)
        for action, words in _ACTIONS.items():
            actions.add_parser(action, help=words)
        make = actions.add_parser("make", help="make the keys of a new installation; safe to repeat")
        make.add_argument(
            "--replace-lost", action="append", default=[], choices=sorted(_LOST), metavar="PURPOSE"
        )
        rotate = actions.add_parser("rotate", help="make a successor for every key of a purpose")
        rotate.add_argument("purpose", choices=sorted(_LOST))
        when = rotate.add_mutually_exclusive_group()
        when.add_argument(
            "--after",
            type=int,
            default=int(key_files.SPREAD.total_seconds()),
            metavar="SECONDS",
            help="when the successor is used; by then every server must have the files (default: an hour)",
        )
        when.add_argument(
            "--at-once",
            action="store_true",
            help="a key leaked: use the successor now; withdraw the older `web` and signing keys",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action. Raises CommandError where it is refused or a key file cannot be used."""
        try:
            getattr(self, f"_{options['action']}")(options)
        except (OSError, key_registry.KeysRefused, key_copies.CopyRefused) as error:
            raise CommandError(str(error)) from error
        except Error as error:
            raise CommandError(_DATABASE.format(error)) from error

    def _show(self, options: dict[str, Any]) -> None:
        del options
        now = clock.wall()
        for purpose in key_registry.PURPOSES:
            for key, found in key_registry.present(purpose).items():
                since = (
                    "in use" if found.used_from <= now else f"used from {found.used_from:%Y-%m-%d %H:%M} UTC"
                )
                self.stdout.write(f"{purpose:8} {key:16} {since}; lost: {_LOST[purpose]}")

    def _check(self, options: dict[str, Any]) -> None:
        del options
        if problems := key_registry.problems():
            raise CommandError("\n".join(problems))
        self.stdout.write(f"The keys in {key_registry.folder()} are those of this database.")

    def _export(self, options: dict[str, Any]) -> None:
        del options
        self.stdout.write(key_copies.export())

    def _import(self, options: dict[str, Any]) -> None:
        del options
        written = key_copies.write(sys.stdin.read())
        self.stdout.write(f"{written} key files are in {key_registry.folder()}.")

    def _make(self, options: dict[str, Any]) -> None:
        made = key_registry.make(replace_lost=options["replace_lost"])
        self.stdout.write(f"Made: {', '.join(made) or 'nothing'}. All keys exist and are registered.")

    def _rotate(self, options: dict[str, Any]) -> None:
        purpose, at_once = options["purpose"], options["at_once"]
        after = dt.timedelta() if at_once else dt.timedelta(seconds=options["after"])
        if purpose == signing_keys.PURPOSE and not at_once and after < signing_keys.PUBLISH_LEAD:
            raise CommandError("Services cache the signing keys: a successor is used after an hour or later.")
        made = key_registry.rotate(purpose, after=after, withdraw=at_once)
        for key, found in made.items():
            self.stdout.write(f"{purpose}: {key} is used from {found.used_from:%Y-%m-%d %H:%M:%S} UTC.")
        older = "are withdrawn" if at_once and purpose in _WITHDRAWN else "stay valid"
        deadline = "now" if at_once else "before that"
        self.stdout.write(f"The older keys {older}. Copy the folder to every server {deadline}.")
        _record(purpose, made, at_once=at_once)


def _record(purpose: str, made: Mapping[str, key_registry.Present], *, at_once: bool) -> None:
    """Record the rotation in the supplier's log. Raises CommandError; the keys are rotated all the same."""
    used_from = min(found.used_from for found in made.values())
    try:
        key_rotations.record(
            actor=actor.system(channel=Channel.SHELL),
            purpose=purpose,
            keys=list(made),
            used_from=used_from,
            at_once=at_once,
        )
    except (DomainError, Error) as error:
        raise CommandError(f"The keys are rotated, and the log could not record it: {error}") from error
