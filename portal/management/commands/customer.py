"""`manage.py customer` creates a customer from a TOML file, and invites its first admin by mail."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation.errors import DomainError
from delegation.catalogue import ceilings
from delegation.onboarding.new_customer import NewCustomer
from identity.organizations import queries as organizations_queries
from portal.onboarding import customer_file
from portal.onboarding.customer_file import InvalidCustomer
from portal.onboarding.plan import Plan
from portal.wording import refusals


class Command(BaseCommand):
    """Applies a file of one customer: `manage.py customer apply FILE [--dry-run] [--resend]`. It may be run again."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `apply FILE [--dry-run] [--resend]`."""
        apply = parser.add_subparsers(dest="what", required=True).add_parser(
            "apply", help="create what is missing: organization, sites, offer, and the admin's invitation"
        )
        apply.add_argument("file", type=Path, metavar="FILE")
        apply.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and change nothing"
        )
        apply.add_argument("--resend", action="store_true", help="send a new link for an open invitation")

    def handle(self, *, file: Path, dry_run: bool, resend: bool, **_: Any) -> None:
        """Validate the whole file before anything is written. Raises CommandError with every problem."""
        plan = Plan(self._load(file), dry_run=dry_run, resend=resend)
        nothing = True
        try:
            for step in plan.apply():
                nothing = False
                self.stdout.write(f"Would {step}." if dry_run else f"Done: {step}.")
        except DomainError as error:
            sentence = refusals.sentence_for(error)
            raise CommandError(
                f"{file}: {sentence.field or error.code}: {sentence.text} Then run it again."
            ) from error
        for difference in plan.differences():
            self.stdout.write(f"Not changed: {difference}.")
        if nothing:
            self.stdout.write("Nothing to do.")

    def _load(self, file: Path) -> NewCustomer:
        try:
            customer = customer_file.load(file, entitlements=ceilings.entitlements_with_amount())
        except InvalidCustomer as error:
            raise CommandError(str(error)) from error
        if unknown := organizations_queries.unknown_units(keys=list(customer.organization.numbers)):
            raise CommandError(
                f"{file}: numbers.{unknown[0]} is no business unit. Run `manage.py catalog apply` with it first."
            )
        return customer
