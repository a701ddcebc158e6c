"""`manage.py customer` creates a customer from a TOML file and invites its first admin, suspends one, or resumes it."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Channel, system
from audit.foundation.errors import DomainError
from delegation.authorization.errors import NotSuspended
from delegation.catalogue import ceilings
from delegation.onboarding.new_customer import NewCustomer
from delegation.suspensions import commands as suspensions_commands
from delegation.suspensions import queries as suspensions_queries
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.onboarding import customer_file
from portal.onboarding.customer_file import InvalidCustomer
from portal.onboarding.plan import Plan
from portal.shell import forms as shell_forms
from portal.shell import suspension_mails
from portal.wording import refusals, suspension_notices, time_zones


class Command(BaseCommand):
    """Applies a file of one customer (`apply FILE`, which may be run again), or suspends or resumes one by its key."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept `apply FILE [--dry-run] [--resend]`, `suspend KEY --reason CODE` and `resume KEY`."""
        what = parser.add_subparsers(dest="what", required=True)
        apply = what.add_parser(
            "apply", help="create what is missing: organization, sites, offer, and the admin's invitation"
        )
        apply.add_argument("file", type=Path, metavar="FILE")
        apply.add_argument(
            "--dry-run", action="store_true", help="say what would be done, and change nothing"
        )
        apply.add_argument("--resend", action="store_true", help="send a new link for an open invitation")
        suspend = what.add_parser("suspend", help="stop all sign-in for a customer, and end what was issued")
        suspend.add_argument("key", metavar="KEY")
        suspend.add_argument("--reason", required=True, choices=sorted(suspension_notices.REASONS))
        suspend.add_argument("--until", default="", metavar="DAY", help="the last day, such as 2027-01-31")
        resume = what.add_parser("resume", help="let the people of a suspended customer sign in again")
        resume.add_argument("key", metavar="KEY")
        for parser_of_one in (suspend, resume):
            parser_of_one.add_argument("--note", default="", help="why, for the supplier's log alone")

    def handle(self, *, what: str, **options: Any) -> None:
        """Run one of them. Raises CommandError with what is wrong."""
        if what == "apply":
            self._apply(options["file"], dry_run=options["dry_run"], resend=options["resend"])
            return
        found = organizations_queries.find_by_key(key=options["key"])
        if found is None:
            raise CommandError(f"No customer has the key {options['key']}.")
        try:
            if what == "suspend":
                self._suspend(found, **options)
            else:
                self._resume(found, note=options["note"])
        except DomainError as error:
            raise CommandError(refusals.sentence_for(error).text) from error

    def _suspend(self, found: OrganizationView, *, reason: str, until: str, note: str, **_: Any) -> None:
        outcome = suspensions_commands.suspend(
            actor=system(channel=Channel.SHELL),
            organization=found.row,
            reason=reason,
            resume_at=_end_of(until, found) if until else None,
            note=note,
        )
        ended, present = outcome.result, suspensions_queries.present(organization=found.id)
        if present is not None:
            suspension_mails.queue_suspended(present)
        self.stdout.write(
            f"{found.name} is suspended. People: {ended.people}. Ended: sessions {ended.sessions}, "
            f"sign-ins {ended.sign_ins}, tokens {ended.token_families}, invitations {ended.invitations}."
        )

    def _resume(self, found: OrganizationView, *, note: str) -> None:
        present = suspensions_queries.present(organization=found.id)
        if present is None:
            raise NotSuspended
        suspensions_commands.resume(
            actor=system(channel=Channel.SHELL), organization=found.row, suspension=present.id, note=note
        )
        suspension_mails.queue_resumed(found.id, present.id)
        self.stdout.write(f"{found.name} is resumed. Its people can sign in again.")

    def _apply(self, file: Path, *, dry_run: bool, resend: bool) -> None:
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


def _end_of(day: str, found: OrganizationView) -> dt.datetime:
    """Return the end of this day in the customer's time zone. Raises CommandError."""
    zone = time_zones.first_known(found.time_zone)
    try:
        return shell_forms.end_of_day(day, zone=zone, at=clock.now())
    except ValidationError as error:
        raise CommandError(f"--until: {error.messages[0]}") from error
