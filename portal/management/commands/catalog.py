"""The supplier's catalogue from a TOML file, such as demo/catalog.toml."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation.actor import Channel, system
from delegation.catalogue import catalog_file
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.defaults import Catalogue
from identity.organizations import queries as organizations_queries
from portal.templatetags import kh


class Command(BaseCommand):
    """`manage.py catalog apply FILE [--dry-run]`."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """The file is checked whole before anything is written."""
        verbs = parser.add_subparsers(dest="what", required=True)
        apply = verbs.add_parser(
            "apply", help="add units, entitlements and icons; give roles that differ a new version"
        )
        apply.add_argument("file", type=Path, metavar="FILE")
        apply.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *, file: Path, dry_run: bool, **options: Any) -> None:
        """Raises CommandError with every problem of the file."""
        try:
            read = catalog_file.load(path=file)
        except catalog_file.InvalidCatalogue as error:
            raise CommandError(str(error)) from error
        self._require_icons(file, read)
        actor = system(channel=Channel.SHELL)
        units = organizations_queries.unknown_units(keys=read.units)
        if units and not dry_run:
            catalogue_commands.add_units(actor=actor, catalogue=read)
        done = catalogue_commands.apply(actor=actor, catalogue=read, dry_run=dry_run).result
        self._say("Would add units" if dry_run else "Added units", units)
        self._say("Would change roles" if dry_run else "Changed roles", done.roles)
        self._say("Left out, because their applications are not registered", done.unregistered)

    def _require_icons(self, file: Path, read: Catalogue) -> None:
        unknown = [f"{key}: {icon}" for key, icon in read.icons.items() if icon not in kh.icon_names()]
        if unknown:
            known = ", ".join(sorted(kh.icon_names()))
            raise CommandError(
                f"{file}: applications with an unknown icon: {', '.join(unknown)}. Known are {known}."
            )

    def _say(self, what: str, keys: Sequence[str]) -> None:
        self.stdout.write(f"{what}: {', '.join(keys) or 'none'}.")
