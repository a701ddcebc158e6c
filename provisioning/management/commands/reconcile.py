"""`manage.py reconcile [KEY …]` reads targets and counts the differing accounts."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.foundation import clock
from provisioning.accounts import reconcile
from provisioning.delivery.errors import DeliveryError
from provisioning.logout import recovery
from provisioning.targets.models import Target


class Command(BaseCommand):
    """Reconciles targets, and prints one line per target."""

    help = "Reads the records of targets and marks the accounts that differ."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the applications, and whether to resync."""
        parser.add_argument("applications", nargs="*", metavar="KEY")
        parser.add_argument("--resync", action="store_true", help="write the differing records again")

    def handle(self, *, applications: list[str], resync: bool, **options: Any) -> None:
        """Read the targets one by one; a target that cannot be read does not stop the others."""
        if added := recovery.add_missing(at=clock.now()):
            self.stdout.write(f"logouts: {added} added")
        targets = (
            Target.objects.filter(is_active=True).select_related("application").order_by("application__key")
        )
        for target in targets.filter(application__key__in=applications) if applications else targets:
            try:
                report = reconcile.check(target=target, resync=resync)
            except DeliveryError as error:
                self.stdout.write(f"{target.application.key}: not read ({error.code.value})")
                continue
            self.stdout.write(
                f"{target.application.key}: {report.total} read, {report.matching} match, "
                f"{len(report.differing)} differ, {report.unseen} without an answer, "
                f"{report.added} added, {len(report.unknown)} unknown"
            )
            for name in report.unknown:
                self.stdout.write(f"  unknown: {name[:100]!a}")
