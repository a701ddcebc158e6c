"""Check the environment, show it with secrets masked, or print the documentation's table of variables."""

from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.settings import report, variables


class Command(BaseCommand):
    """Prints the settings. An unusable environment stops manage.py earlier, with every problem."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `check`, `show`, `table`."""
        verbs = parser.add_subparsers(dest="what", required=True)
        verbs.add_parser("check", help="exit code 1 when a variable or another system check forbids a start")
        verbs.add_parser("show", help="every variable with its source and value; secrets are masked")
        verbs.add_parser("table", help="the table of docs/running.md")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action. Raises CommandError when a condition of a start is not met."""
        {"check": self._check, "show": self._show, "table": self._table}[options["what"]]()

    def _check(self) -> None:
        serious = [message for message in checks.run_checks() if message.is_serious()]
        if serious:
            raise CommandError(
                "\n".join(f"{message.id}: {message.msg} {message.hint or ''}" for message in serious)
            )
        self.stdout.write(f"{len(variables.ALL)} variables and all conditions of a start are in order.")

    def _show(self) -> None:
        self.stdout.write("\n".join(report.lines()))

    def _table(self) -> None:
        self.stdout.write(report.table())
