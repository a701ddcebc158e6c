"""`manage.py catalog` applies the supplier's catalogue from a TOML file, such as demo/catalog.toml."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from delegation.catalogue import catalog_file, checked_file
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.defaults import Catalogue
from identity.organizations import queries as organizations_queries
from portal.templatetags import kh
from portal.wording import catalogue_report


class Command(BaseCommand):
    """Applies a file of roles and entitlements: `manage.py catalog apply FILE [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `apply FILE [--dry-run]`."""
        verbs = parser.add_subparsers(dest="what", required=True)
        apply = verbs.add_parser(
            "apply", help="add units, entitlements and icons; give roles that differ a new version"
        )
        apply.add_argument("file", type=Path, metavar="FILE")
        apply.add_argument(
            "--dry-run", action="store_true", help="show what would change, and change nothing"
        )

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        """Validate the whole file before anything is written. Raises CommandError with every problem."""
        try:
            catalogue = catalog_file.load(path=file)
        except catalog_file.InvalidCatalogue as error:
            raise CommandError(str(error)) from error
        self._require_icons(file, catalogue)
        self._require_brands(file, catalogue)
        actor = system(channel=Channel.SHELL)
        self._show_difference(catalogue)
        if dry_run:
            self.stdout.write("Nothing was changed.")
            return
        if organizations_queries.unknown_units(keys=catalogue.units):
            catalogue_commands.add_units(actor=actor, catalogue=catalogue)
        result = catalogue_commands.apply(actor=actor, catalogue=catalogue).result
        self.stdout.write(f"Applied. Changed roles: {', '.join(result.roles) or 'none'}.")

    def _show_difference(self, catalogue: Catalogue) -> None:
        checked = checked_file.check(catalogue=catalogue, at=clock.now())
        for line in catalogue_report.lines(checked.difference, checked.affected):
            self.stdout.write(line)

    def _require_icons(self, file: Path, catalogue: Catalogue) -> None:
        unknown = [f"{key}: {icon}" for key, icon in catalogue.icons.items() if icon not in kh.icon_names()]
        if unknown:
            known = ", ".join(sorted(kh.icon_names()))
            raise CommandError(
                f"{file}: applications with an unknown icon: {', '.join(unknown)}. The known icons are {known}."
            )

    def _require_brands(self, file: Path, catalogue: Catalogue) -> None:
        unknown = sorted(set(catalogue.brands.values()) - settings.BRANDS.keys())
        if unknown:
            known = ", ".join(sorted(settings.BRANDS)) or "none: set KEYHOLDER_BRANDS"
            raise CommandError(
                f"{file}: brands: {', '.join(unknown)} is not known. The known brands are {known}."
            )
