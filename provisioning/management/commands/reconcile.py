"""`manage.py reconcile [KEY …]`: read targets and name what differs there."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from provisioning.accounts import reconcile
from provisioning.delivery.errors import DeliveryError
from provisioning.targets.models import Target


class Command(BaseCommand):
    """One line per target."""

    help = "Reads what targets hold and marks the accounts that differ."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which applications, and what to do about it."""
        parser.add_argument("applications", nargs="*", metavar="KEY")
        parser.add_argument("--resync", action="store_true", help="tell the target again where it differs")

    def handle(self, *, applications: list[str], resync: bool, **options: Any) -> None:
        """Read each in turn; one that cannot be read does not keep the others from it."""
        targets = (
            Target.objects.filter(is_active=True).select_related("application").order_by("application__key")
        )
        for target in targets.filter(application__key__in=applications) if applications else targets:
            try:
                found = reconcile.check(target=target, resync=resync)
            except DeliveryError as problem:
                self.stdout.write(f"{target.application.key}: not read ({problem.code.value})")
                continue
            self.stdout.write(
                f"{target.application.key}: {found.read} read, {found.same} in place, "
                f"{len(found.differs)} differ, {found.unknown} unknown to us"
            )
