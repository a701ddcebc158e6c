"""`manage.py vendor`: are the files from elsewhere still what they were?"""

import argparse

from django.core.management.base import BaseCommand, CommandError

from portal.tools import vendored_assets


class Command(BaseCommand):
    """Check the vendored files against their manifest, or renew them with npm."""

    help = "Check the vendored browser files against their manifest, or renew them (needs npm)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """One of --check and --update."""
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument(
            "--check", action="store_true", help="recompute every hash; fails on any difference"
        )
        what.add_argument("--update", action="store_true", help="bring the packages of the manifest anew")

    def handle(self, *_args: object, **options: object) -> None:
        """Fails with one line per problem."""
        if options["update"]:
            vendored_assets.update()
        wrong = vendored_assets.problems()
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(f"{len(vendored_assets.parts())} parts, all as listed")
