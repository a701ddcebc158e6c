"""`manage.py config` checks the environment, shows it with secrets masked, or prints the table of variables."""

from typing import Any

from django.core import checks
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.operations import service_checks
from portal.settings import environment_report, variables


class Command(BaseCommand):
    """Prints the settings. An unusable environment stops manage.py earlier, with every problem."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `check`, `show`, `table`."""
        verbs = parser.add_subparsers(dest="what", required=True)
        verbs.add_parser(
            "check", help="check the environment and try every service; exit code 1 with a problem"
        )
        verbs.add_parser("show", help="every variable with its source and value; secrets are masked")
        verbs.add_parser("table", help="the table of docs/running.md")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the action. Raises CommandError when a condition of a start is not met."""
        {"check": self._check, "show": self._show, "table": self._table}[options["what"]]()

    def _check(self) -> None:
        serious = [message for message in checks.run_checks() if message.is_serious()]
        for message in serious:
            self.stdout.write(f"problem  {message.id}: {message.msg} {message.hint or ''}")
        results = service_checks.run()
        for name, result in results.items():
            self.stdout.write(f"{'ok' if result.is_ok else 'problem':8} {name}: {result.text}")
        problems = len(serious) + sum(not result.is_ok for result in results.values())
        if problems:
            raise CommandError(f"{problems} problems. The {len(variables.ALL)} variables are in order.")
        self.stdout.write(f"{len(variables.ALL)} variables and all services are in order.")

    def _show(self) -> None:
        self.stdout.write("\n".join(environment_report.lines()))

    def _table(self) -> None:
        self.stdout.write(environment_report.table())
