"""`manage.py erasure` counts and erases the people who left every organization long ago."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.foundation import clock
from delegation.erasures import due_people


class Command(BaseCommand):
    """Runs `manage.py erasure due` or `run`; the hourly clean-up does the same as `run`."""

    help = "Count, or erase, the people whose last membership ended KEYHOLDER_ERASURE_DAYS ago. Erasing is final."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `due` and `run`."""
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("due", help="count the people who are due, and change nothing")
        what.add_parser("run", help=f"erase {due_people.MOST} of them at most")

    def handle(self, *, what: str, **options: Any) -> None:
        """Run the action and print its number."""
        del options
        at = clock.now()
        if what == "due":
            self.stdout.write(f"People due to be erased: {due_people.count_due(at=at)}")
        else:
            self.stdout.write(f"People erased: {due_people.erase_due(at=at)}")
