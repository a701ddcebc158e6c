"""`manage.py catalog` applies the supplier's catalogue from a TOML file, such as demo/catalog.toml."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation.actor import Channel, system
from delegation.catalogue import catalog_file
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.defaults import Catalogue
from identity.organizations import queries as organizations_queries
from portal.templatetags import kh


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
        units = organizations_queries.unknown_units(keys=catalogue.units)
        if units and not dry_run:
            catalogue_commands.add_units(actor=actor, catalogue=catalogue)
        result = catalogue_commands.apply(actor=actor, catalogue=catalogue, dry_run=dry_run).result
        self._report("Would add units" if dry_run else "Added units", units)
        self._report("Would change roles" if dry_run else "Changed roles", result.roles)
        self._report("Left out, because their applications are not registered", result.unregistered)

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

    def _report(self, title: str, keys: Sequence[str]) -> None:
        self.stdout.write(f"{title}: {', '.join(keys) or 'none'}.")
