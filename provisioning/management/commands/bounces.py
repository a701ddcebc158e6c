"""`manage.py bounces [SOURCE …]` processes mails that were returned to the sender's address."""

import contextlib
import mailbox
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation.errors import Busy
from provisioning.mail import bounces, delivery_status

_MBOX = b"From "


class Command(BaseCommand):
    """Processes bounced mails; the same mails again have no effect.

    Where it must run again, it ends with the exit code at which a mail server that pipes mails into it retries.
    """

    help = (
        "Reads delivery status notifications from a Maildir, an mbox file, a file with one mail, or standard input, "
        "and records which of our mails did not arrive."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the sources of returned mails."""
        parser.add_argument(
            "sources", nargs="*", metavar="SOURCE", help="a Maildir or a file; none: standard input"
        )

    def handle(self, *, sources: list[str], **options: Any) -> None:
        """Process all sources and print one line."""
        tally = Tally()
        try:
            failed = bounces.handle_returned_mail(messages=tally.counted(sources))
        except Busy as error:
            text = "An organization is locked by another act. Process the same mails again in a moment."
            raise CommandError(text, returncode=os.EX_TEMPFAIL) from error
        self.stdout.write(f"{tally.count} read, {failed} newly failed.")


class Tally:
    """Counts the mails that pass, with one mail in memory at a time."""

    def __init__(self) -> None:
        self.count = 0

    def counted(self, sources: list[str]) -> Iterator[bytes]:
        """Yield every mail of every source."""
        for raw in (
            (mail for source in sources for mail in _mails(Path(source))) if sources else _standard_input()
        ):
            self.count += 1
            yield raw


def _standard_input() -> Iterator[bytes]:
    yield sys.stdin.buffer.read(delivery_status.MAX_BYTES + 1)


def _mails(source: Path) -> Iterator[bytes]:
    if not source.exists():
        raise CommandError(f"{source} does not exist.")
    if not source.is_dir() and not _is_mbox(source):
        yield source.read_bytes()
        return
    box: mailbox.Mailbox[Any] = (
        mailbox.Maildir(source, create=False) if source.is_dir() else mailbox.mbox(source, create=False)
    )
    with contextlib.closing(box):
        for key in box.keys():  # noqa: SIM118 - a mailbox is no dict: iterating gives parsed mails
            yield box.get_bytes(key)


def _is_mbox(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(len(_MBOX)) == _MBOX
