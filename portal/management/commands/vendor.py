"""`manage.py vendor` checks or updates the vendored browser files."""

import argparse

from django.core.management.base import BaseCommand, CommandError

from portal.tools import vendored_assets


class Command(BaseCommand):
    """Checks or updates the vendored packages: `manage.py vendor --check | --update`."""

    help = "Check the vendored browser files against their manifest, or update them (needs npm)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Require --check or --update."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--check", action="store_true", help="recompute every hash; fails on any difference"
        )
        what.add_argument("--update", action="store_true", help="download the packages of the manifest again")

    def handle(self, *_args: object, **options: object) -> None:
        """Run the action. Raises CommandError with one line per problem."""
        if options["update"]:
            vendored_assets.update()
        problems = vendored_assets.problems()
        if problems:
            raise CommandError("\n".join(problems))
        self.stdout.write(f"{len(vendored_assets.parts())} packages match the manifest")
