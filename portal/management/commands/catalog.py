"""`manage.py catalog` applies the supplier's catalogue from a TOML file, such as demo/catalog.toml."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Actor, Channel, system
from audit.foundation.errors import DomainError
from delegation.authorization.errors import SecondPersonRequired
from delegation.catalogue import catalog_file, catalog_text, checked_file, stored_catalogue
from delegation.catalogue import commands as catalogue_commands
from portal.shell import catalogue_file
from portal.wording import catalogue_report, refusals


class Command(BaseCommand):
    """Applies a file of roles and entitlements, prints the catalogue in force, or a ready-made one."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `apply FILE [--dry-run]`, `show` and `ready-made`."""
        verbs = parser.add_subparsers(dest="what", required=True)
        apply = verbs.add_parser(
            "apply", help="add units, entitlements and icons; give roles that differ a new version"
        )
        apply.add_argument("file", type=Path, metavar="FILE")
        apply.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )
        verbs.add_parser("show", help="print the catalogue in force, as a file to change")
        verbs.add_parser("ready-made", help="print the catalogue of a B2B supplier, as a file to start from")

    def handle(self, *, what: str, **options: Any) -> None:
        """Apply a file, or print one."""
        if what == "ready-made":
            self.stdout.write(catalog_file.read_text(path=catalog_file.READY_MADE), ending="")
        elif what == "show":
            self.stdout.write(catalog_text.text_of(stored_catalogue.load()), ending="")
        else:
            self._apply(file=options["file"], dry_run=options["dry_run"])

    def _apply(self, *, file: Path, dry_run: bool) -> None:
        """Validate the whole file before anything is written. Raises CommandError with every problem."""
        try:
            text = catalog_file.read_text(path=file)
            catalogue = catalog_file.parse(text=text, name=str(file))
        except catalog_file.InvalidCatalogue as error:
            raise CommandError(str(error)) from error
        if problems := catalogue_file.problems(catalogue):
            raise CommandError("\n".join(f"{file}: {problem}" for problem in problems))
        actor = system(channel=Channel.SHELL)
        checked = checked_file.check(catalogue=catalogue, at=clock.now())
        for line in catalogue_report.lines(checked.difference, checked.affected):
            self.stdout.write(line)
        if dry_run:
            self.stdout.write("Nothing was changed.")
            return
        try:
            result = catalogue_commands.apply(actor=actor, catalogue=catalogue, seen=checked.digest).result
        except SecondPersonRequired as refused:
            self._propose(actor, text, refused)
        except DomainError as error:
            raise CommandError(refusals.sentence_for(error).text) from error
        else:
            self.stdout.write(f"Applied. Changed roles: {', '.join(result.roles) or 'none'}.")

    def _propose(self, actor: Actor, text: str, refused: SecondPersonRequired) -> None:
        """Propose the file: above the threshold one person, and a shell, do not suffice."""
        try:
            made = catalogue_commands.propose(actor=actor, file=text)
        except DomainError as error:
            raise CommandError(refusals.sentence_for(error).text) from error
        self.stdout.write(
            f"Nothing was applied: more than {refused.data['most']} people would lose something. The file is"
            f" proposal {made.result.proposal}. A catalogue owner agrees at {settings.ISSUER}/staff/catalogue/."
        )
