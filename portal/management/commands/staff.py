"""`manage.py staff` opens and closes the break-glass sign-in of the supplier's staff."""

import argparse
import datetime as dt
import os
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation.errors import Busy
from portal.signin.staff import break_glass
from portal.wording import time_zones

_SPAN = re.compile(r"(\d{1,4})(m|h)")


class Command(BaseCommand):
    """Opens or closes it: `manage.py staff open --for 30m --reason TEXT [--new-passkey]`, `manage.py staff close`."""

    help = "Open the break-glass sign-in, for the first owner and for a sign-in service that is down, or close it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `open` with a time and a reason, and `close`."""
        what = parser.add_subparsers(dest="what", required=True)
        opening = what.add_parser("open", help="print a one-time link, and notify KEYHOLDER_STAFF_ALERTS")
        opening.add_argument(
            "--for", dest="lasting", type=span, required=True, metavar="30m", help="how long: minutes, or 1h"
        )
        opening.add_argument("--reason", required=True, help="why; the event and the mails hold it")
        opening.add_argument(
            "--new-passkey", action="store_true", help="add a passkey beside those there are"
        )
        what.add_parser("close", help="end it, and the session that it opened")

    def handle(self, *, what: str, **options: Any) -> None:
        """Run the action. Raises CommandError where it is refused."""
        try:
            if what == "close":
                self.stdout.write("Closed." if break_glass.close() else "Nothing was open.")
            else:
                self._open(**options)
        except Busy as error:
            text = "Another change of the supplier's data is under way. Nothing was changed. Try again in a moment."
            raise CommandError(text, returncode=os.EX_TEMPFAIL) from error

    def _open(self, **options: Any) -> None:
        try:
            opened = break_glass.open_link(
                lasting=options["lasting"], reason=options["reason"], new_passkey=options["new_passkey"]
            )
        except break_glass.InvalidOpening as error:
            raise CommandError(str(error)) from error
        except break_glass.AlreadyOpen as error:
            ends = time_zones.date_time(error.ends_at, None)
            raise CommandError(
                f"It is open already, until {ends}. Close it first: manage.py staff close"
            ) from error
        self._print(opened)

    def _print(self, opened: break_glass.Opened) -> None:
        does = "adds a passkey and signs in" if opened.enrolls else "signs in with a passkey that is there"
        self.stdout.write(f"This link {does}, once. It is not shown again:")
        self.stdout.write(f"\n  {opened.url}\n\n")
        self.stdout.write(f"The link works until {time_zones.date_time(opened.link_expires_at, None)}.")
        self.stdout.write(f"The session ends {time_zones.date_time(opened.ends_at, None)}.")
        if opened.notified:
            self.stdout.write(f"Mails are queued to {opened.notified} of KEYHOLDER_STAFF_ALERTS.")
        else:
            self.stdout.write("No mail is sent: KEYHOLDER_STAFF_ALERTS is empty.")


def span(text: str) -> dt.timedelta:
    """Read `30m` or `1h`. Raises ArgumentTypeError."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError("a time such as 30m or 1h")
    minutes = int(match[1]) * (60 if match[2] == "h" else 1)
    return dt.timedelta(minutes=minutes)
