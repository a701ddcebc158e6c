"""Checks and care of the log: `manage.py audit verify` says whether it proves itself."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import sealing, verification
from audit.foundation import clock
from audit.log import partitions


class Command(BaseCommand):
    """Checks and care of the log."""

    help = "verify: name what does not fit in chains and leaves. seal: place waiting events. partitions: make months."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to do, and for which chain."""
        parser.add_argument("what", choices=["verify", "seal", "partitions"])
        parser.add_argument(
            "--chain", type=uuid.UUID, help="only this organization's, person's or the supplier's chain"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Raises CommandError (exit code 1) when the log does not hold."""
        getattr(self, f"_{options['what']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        report = verification.verify(chain=options["chain"])
        for finding in report.findings:
            self.stderr.write(str(finding))
        read = f"{report.events} events in {report.chains} chains, {report.leaves} leaves"
        if report.findings:
            message = f"{len(report.findings)} findings in {read}. The log does not hold."
            raise CommandError(message)
        self.stdout.write(f"{read}: everything holds. A cut-off end is found only against a kept checkpoint.")

    def _seal(self, options: dict[str, Any]) -> None:
        del options
        self.stdout.write(f"{sealing.seal_all()} events sealed.")

    def _partitions(self, options: dict[str, Any]) -> None:
        del options
        partitions.ensure(at=clock.now())
        self.stdout.write("The next six months have their partitions.")
