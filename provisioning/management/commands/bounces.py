"""`manage.py bounces [PLACE …]`: mails that came back to the sender's address."""

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
    """May read the same mails again: what is known already changes nothing.

    Ends with the code at which a mail server that pipes mails into it tries again, where it has to.
    """

    help = (
        "Reads delivery status notifications from a Maildir, an mbox file, a file with one mail, or standard input, "
        "and writes down which mails of ours did not arrive."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Where they are."""
        parser.add_argument(
            "places", nargs="*", metavar="PLACE", help="a Maildir or a file; none: standard input"
        )

    def handle(self, *, places: list[str], **options: Any) -> None:
        """One line in the end."""
        tally = Tally()
        try:
            known = bounces.handle_returned_mail(messages=tally.counted(places))
        except Busy as error:
            text = "An organization is being changed just now. Give it the same mails again in a moment."
            raise CommandError(text, returncode=os.EX_TEMPFAIL) from error
        self.stdout.write(f"{tally.read} read, {known} of ours did not arrive.")


class Tally:
    """Counts what passes, one mail in memory at a time."""

    def __init__(self) -> None:
        self.read = 0

    def counted(self, places: list[str]) -> Iterator[bytes]:
        """Every mail of every place."""
        for raw in (one for place in places for one in _mails(Path(place))) if places else _standard_input():
            self.read += 1
            yield raw


def _standard_input() -> Iterator[bytes]:
    yield sys.stdin.buffer.read(delivery_status.MAX_BYTES + 1)


def _mails(place: Path) -> Iterator[bytes]:
    if not place.exists():
        raise CommandError(f"There is nothing at {place}.")
    if not place.is_dir() and not _is_mbox(place):
        yield place.read_bytes()
        return
    held: mailbox.Mailbox[Any] = (
        mailbox.Maildir(place, create=False) if place.is_dir() else mailbox.mbox(place, create=False)
    )
    with contextlib.closing(held):
        for key in held.keys():  # noqa: SIM118 - a mailbox is no dict: iterating gives parsed mails
            yield held.get_bytes(key)


def _is_mbox(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(len(_MBOX)) == _MBOX
