"""`manage.py audit` verifies the log, seals waiting events and creates partitions."""

import uuid
from collections.abc import Collection
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import sealing
from audit.foundation import clock
from audit.foundation.snapshot import snapshot
from audit.log import partitions
from audit.state import report as state_report
from audit.verification import verifier
from audit.verification.report import Report


class Command(BaseCommand):
    """Reads and completes the log, and changes no event."""

    help = "verify: name inconsistencies in chains and leaves. seal: seal waiting events. partitions: create months."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept an action and, for `verify`, a chain."""
        parser.add_argument("action", choices=["verify", "seal", "partitions"])
        parser.add_argument(
            "--chain", type=uuid.UUID, help="only this organization's, person's or the supplier's chain"
        )
        parser.add_argument(
            "--state",
            action="store_true",
            help="with verify: also name each difference between tables and log",
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the action. Raises CommandError (exit code 1) when verification finds an inconsistency."""
        getattr(self, f"_{options['action']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        if options["state"] and options["chain"]:
            message = "The tables follow from all chains: use --state without --chain."
            raise CommandError(message)
        with snapshot():
            try:
                report = verifier.verify(chain=options["chain"])
            except OSError as error:  # the key file is missing or cannot be used
                message = f"Nothing was verified: {error}"
                raise CommandError(message) from error
            for finding in report.findings:
                self.stderr.write(str(finding))
            differences = self._compare_state(report.forged) if options["state"] else 0
        self._conclude(report, differences)

    def _compare_state(self, forged: Collection[uuid.UUID]) -> int:
        return state_report.write(forged=forged, difference=self.stderr.write, summary=self.stdout.write)

    def _conclude(self, report: Report, differences: int) -> None:
        summary = f"{report.events} events in {report.chains} chains, {report.leaves} leaves"
        if report.findings:
            tables = f" {differences} differences between the tables and the log." if differences else ""
            message = f"{len(report.findings)} findings in {summary}. The log is inconsistent.{tables}"
            raise CommandError(message)
        if differences:
            message = f"{differences} differences between the tables and the log; {summary} verified."
            raise CommandError(message)
        self.stdout.write(
            f"{summary}: log verified. A truncated end is found only with a checkpoint stored elsewhere."
        )

    def _seal(self, options: dict[str, Any]) -> None:
        del options
        self.stdout.write(f"{sealing.seal_all()} events sealed.")

    def _partitions(self, options: dict[str, Any]) -> None:
        del options
        partitions.ensure(at=clock.now())
        self.stdout.write("The next six months have their partitions.")
