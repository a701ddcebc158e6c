"""`manage.py audit` verifies the log, seals waiting events and creates partitions."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import sealing
from audit.foundation import clock
from audit.log import partitions
from audit.verification import verifier


class Command(BaseCommand):
    """Reads and completes the log, and changes no event."""

    help = "verify: name inconsistencies in chains and leaves. seal: seal waiting events. partitions: create months."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept an action and, for `verify`, a chain."""
        parser.add_argument("action", choices=["verify", "seal", "partitions"])
        parser.add_argument(
            "--chain", type=uuid.UUID, help="only this organization's, person's or the supplier's chain"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the action. Raises CommandError (exit code 1) when verification finds an inconsistency."""
        getattr(self, f"_{options['action']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        try:
            report = verifier.verify(chain=options["chain"])
        except OSError as error:  # the key file is missing or cannot be used
            message = f"Nothing was verified: {error}"
            raise CommandError(message) from error
        for finding in report.findings:
            self.stderr.write(str(finding))
        summary = f"{report.events} events in {report.chains} chains, {report.leaves} leaves"
        if report.findings:
            message = f"{len(report.findings)} findings in {summary}. The log is inconsistent."
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
