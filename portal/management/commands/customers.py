"""`manage.py customers` creates the customers of a CSV file, and continues where it was stopped."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.onboarding import queries
from portal.desk.onboarding import applied_lines, checked_lines, customer_table, line_results
from portal.desk.onboarding.applied_lines import AppliedLine
from portal.desk.onboarding.checked_lines import NEW, WRONG, CheckedLine, FormChoices

_EVERY = 50
"""Customers between two lines of progress."""


class Command(BaseCommand):
    """Checks every line first: a file with a wrong line onboards nothing, unless the others are asked for."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `FILE [--check] [--others] [--results FILE] [--language CODE]`."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--check", action="store_true", help="name what is wrong, and change nothing")
        parser.add_argument("--others", action="store_true", help="leave out the lines that are wrong")
        parser.add_argument("--results", type=Path, metavar="FILE", help="write the result of each line here")
        parser.add_argument("--language", default="en", help="of customers whose line names none")

    def handle(
        self, *, file: Path, check: bool, others: bool, results: Path | None, language: str, **_: Any
    ) -> None:
        """Check the file and onboard its customers. Raises CommandError with what is wrong."""
        table = customer_table.parse(_text(file))
        if table.problems:
            raise CommandError("\n".join(f"{file}: {problem}" for problem in table.problems))
        choices = FormChoices(queries.all_units(), queries.services(), queries.templates(), language)
        lines = checked_lines.check(table, choices)
        wrong = [line for line in lines if line.state == WRONG]
        for line in wrong:
            self.stderr.write(f"{file}, line {line.line}: {line.name}: {line_results.faults_of(line)}")
        refused: list[AppliedLine] = []
        if not check and (others or not wrong):
            refused = self._apply(lines)
            lines = checked_lines.check(table, choices)
        if results is not None:
            results.write_text(line_results.csv_text(lines), encoding="utf-8")
        left = sum(line.state == NEW for line in lines)
        self.stdout.write(f"{len(lines)} lines: {left} not onboarded yet, {len(wrong)} wrong.")
        if wrong or refused:
            raise CommandError("Correct the lines that are named above, then run it again.")

    def _apply(self, lines: list[CheckedLine]) -> list[AppliedLine]:
        """Onboard the new customers, with a line of progress now and then. Returns those that were refused."""
        total, finished = sum(line.state == NEW for line in lines), 0

        def note(_line: AppliedLine) -> None:
            nonlocal finished
            finished += 1
            if finished % _EVERY == 0:
                self.stdout.write(f"{finished} of {total}")

        applied = applied_lines.apply(
            actor=system(channel=Channel.SHELL), lines=lines, at=clock.now(), done=note
        )
        refused = [one for one in applied if one.refusal]
        for one in refused:
            self.stderr.write(f"line {one.line.line}: {one.line.name}: {one.refusal}")
        return refused


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandError(f"{file}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file}: is not UTF-8.") from error
