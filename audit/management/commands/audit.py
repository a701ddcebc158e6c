"""`manage.py audit` verifies and exports the log, seals waiting events and creates partitions."""

import datetime as dt
import os
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import chain_export, sealing
from audit.chain_export import EventSelection, NotExportable
from audit.checkpoints import folder
from audit.checkpoints.folder import File, UnusableFolder
from audit.foundation import clock
from audit.foundation.snapshot import snapshot
from audit.log import partitions
from audit.state import report as state_report
from audit.state.comparison import EventKey
from audit.verification import verifier
from audit.verification.report import Report


class Command(BaseCommand):
    """Reads and completes the log, and changes no event."""

    help = (
        "verify: name inconsistencies in chains and leaves, and differences from checkpoints."
        " export: write a chain's events with proofs, for verify_export.py."
        " seal: seal waiting events. partitions: create months."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept an action, a chain for `verify` and `export`, and what `export` selects."""
        parser.add_argument("action", choices=["verify", "export", "seal", "partitions"])
        parser.add_argument(
            "--chain", type=uuid.UUID, help="only this organization's, person's or the supplier's chain"
        )
        parser.add_argument(
            "--state",
            action="store_true",
            help="with verify: also name each difference between tables and log",
        )
        parser.add_argument(
            "--key", type=Path, help="verify: public keys of checkpoints, in place of those beside them"
        )
        parser.add_argument(
            "--no-checkpoints", action="store_true", help="verify: compare no checkpoint, and succeed without"
        )
        parser.add_argument("--output", type=Path, help="export: the file to create")
        parser.add_argument("--from", dest="start", type=_instant, help="export: from this date or instant")
        parser.add_argument(
            "--until", dest="end", type=_instant, help="export: until before this date or instant"
        )
        parser.add_argument(
            "--previous", type=Path, help="export: prove that the log continues this checkpoint"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Run the action. Raises CommandError (exit code 1) when verification finds an inconsistency."""
        getattr(self, f"_{options['action']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        if options["state"] and options["chain"]:
            message = "The tables follow from all chains: use --state without --chain."
            raise CommandError(message)
        try:
            # Read before the snapshot begins: a checkpoint signed after it would be longer than the log.
            checkpoints, restores = _checkpoints(options)
            with snapshot():
                report = verifier.verify(chain=options["chain"], checkpoints=checkpoints, restores=restores)
                for finding in report.findings:
                    self.stderr.write(str(finding))
                differences = self._compare_state(report.forged) if options["state"] else 0
        except (OSError, UnusableFolder) as error:  # a key file is missing or cannot be used
            message = f"Nothing was verified: {error}"
            raise CommandError(message) from error
        for note in report.notes:
            self.stdout.write(note)
        self._conclude(report, differences)
        if not report.checkpoints:
            self._say_without_checkpoints(is_refused=_demands_checkpoints(options))

    def _compare_state(self, forged: Collection[EventKey]) -> int:
        return state_report.write(forged=forged, difference=self.stderr.write, summary=self.stdout.write)

    def _conclude(self, report: Report, differences: int) -> None:
        summary = (
            f"{report.events} events in {report.chains} chains, {report.leaves} leaves,"
            f" {report.checkpoints} checkpoints"
        )
        if report.findings:
            tables = f" {differences} differences between the tables and the log." if differences else ""
            message = f"{len(report.findings)} findings in {summary}. The log is inconsistent.{tables}"
            raise CommandError(message)
        if differences:
            message = f"{differences} differences between the tables and the log; {summary} verified."
            raise CommandError(message)
        self.stdout.write(f"{summary}: log verified.")

    def _say_without_checkpoints(self, *, is_refused: bool) -> None:
        message = "No checkpoint was compared: a truncated end, or a log rewritten as a whole, does not show."
        if is_refused:
            message += " Set KEYHOLDER_CHECKPOINTS to the deliverer's folder; --no-checkpoints accepts it."
            raise CommandError(message)
        self.stdout.write(message)

    def _export(self, options: dict[str, Any]) -> None:
        if options["chain"] is None or options["output"] is None:
            raise CommandError("An export needs --chain and --output.")
        try:
            written = self._write_export(options)
        except (NotExportable, UnusableFolder, OSError, ValueError) as error:
            message = f"Nothing was exported: {error}"
            raise CommandError(message) from error
        self.stdout.write(f"{written} events exported to {options['output']}.")

    def _write_export(self, options: dict[str, Any]) -> int:
        place = folder.configured()
        latest = place.latest()
        if latest is None:
            raise NotExportable("No checkpoint has been signed yet.")
        previous = place.open(options["previous"]).checkpoint if options["previous"] else None
        selection = EventSelection(options["chain"], options["start"], options["end"])
        # Who was active when is for the auditor alone.
        handle = os.open(options["output"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as output:
                return chain_export.write(
                    output=output, selection=selection, latest=latest, previous=previous
                )
        except BaseException:
            options["output"].unlink()
            raise

    def _seal(self, options: dict[str, Any]) -> None:
        del options
        self.stdout.write(f"{sealing.seal_all()} events sealed.")

    def _partitions(self, options: dict[str, Any]) -> None:
        del options
        partitions.ensure(at=clock.now())
        self.stdout.write("The next six months have their partitions.")


def _checkpoints(options: dict[str, Any]) -> tuple[list[File], dict[int, int]]:
    """Read all checkpoints and restores of this installation; none for one chain, or where the folder is not used."""
    place = folder.configured()
    keys = folder.public_keys(options["key"]) if options["key"] else None
    if options["chain"] or options["no_checkpoints"] or not place.is_used():
        return [], {}
    return list(place.files(keys=keys)), place.restores()


def _demands_checkpoints(options: dict[str, Any]) -> bool:
    """Say whether a log without a compared checkpoint is an error: in production, where a deliverer signs some."""
    is_production = settings.KEYHOLDER_ENV == "production"
    return is_production and options["chain"] is None and not options["no_checkpoints"]


def _instant(text: str) -> dt.datetime:
    """Read a date or an instant; UTC, unless the text says otherwise."""
    at = dt.datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
