"""`manage.py service_user` creates, lists and ends service users, and exchanges the credentials of customers' ones."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import actor, clock
from audit.foundation.actor import Channel
from audit.foundation.errors import DomainError
from delegation.authorization import service_scopes
from delegation.service_users import commands, queries
from delegation.service_users.commands import ServiceUserCreated
from delegation.service_users.queries import ServiceUserView
from identity.memberships import queries as memberships_queries
from identity.organizations import queries as organizations_queries
from identity.organizations.queries import OrganizationView
from portal.management.named_staff import staff_member
from portal.wording import refusals


class Command(BaseCommand):
    """Acts as the system: `manage.py service_user create ORGANIZATION OWNER NAME SCOPE… [--days 90]`, `list`, `end`.

    `create_staff OWNER NAME SCOPE…` and `list_staff` are for programs of the supplier.
    """

    help = "Create, list and end service users (programs that call the REST API), and exchange their secrets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the actions."""
        what = parser.add_subparsers(dest="what", required=True)
        creating = what.add_parser("create", help="print the client id and, once, the secret")
        creating.add_argument("organization", metavar="ORGANIZATION", help="the customer's key")
        creating.add_argument(
            "owner", metavar="OWNER", help="the e-mail address of the person who answers for it"
        )
        creating.add_argument("name", metavar="NAME")
        creating.add_argument("scopes", nargs="+", choices=list(service_scopes.VERBS), metavar="SCOPE")
        creating.add_argument("--days", type=int, default=90, help="how long it lasts, 366 at most (90)")
        creating.add_argument(
            "--keys",
            default="",
            metavar="ADDRESS",
            help="it authenticates by keys from there, and has no secret",
        )
        staff = what.add_parser("create_staff", help="the same for a program of the supplier")
        staff.add_argument(
            "owner", metavar="OWNER", help="the id or mail address of the staff member who answers for it"
        )
        staff.add_argument("name", metavar="NAME")
        staff.add_argument("scopes", nargs="+", choices=list(service_scopes.STAFF_VERBS), metavar="SCOPE")
        staff.add_argument("--days", type=int, default=90, help="how long it lasts, 180 at most (90)")
        staff.add_argument("--reason", default="", help="what it is for; the event holds it")
        what.add_parser("list_staff", help="list those of the supplier, ended ones too")
        listing = what.add_parser("list", help="list those of a customer, ended ones too")
        listing.add_argument("organization", metavar="ORGANIZATION", help="the customer's key")
        ending = what.add_parser("end", help="end one at once")
        ending.add_argument("id", type=uuid.UUID, metavar="ID", help="its client id")
        self._add_exchanges(what)

    def _add_exchanges(self, what: Any) -> None:
        rotating = what.add_parser("rotate", help="print a new secret, once")
        rotating.add_argument(
            "--hours",
            type=int,
            default=0,
            help="how long the present secret is accepted too, 2160 at most (0)",
        )
        rotating.add_argument("--days", type=int, help="how long it lasts from now on; without, as before")
        keyed = what.add_parser("keys", help="let one authenticate by keys of its own, and by no secret")
        retiring = what.add_parser("retire", help="accept the replaced secret no longer")
        for one in (rotating, keyed, retiring):
            one.add_argument("id", type=uuid.UUID, metavar="ID", help="its client id")
        keyed.add_argument("address", metavar="ADDRESS", help="its jwks_uri")

    def handle(self, *, what: str, **options: Any) -> None:
        """Run the action. Raises CommandError with the sentence of a refusal."""
        try:
            getattr(self, f"_{what}")(options)
        except DomainError as error:
            raise CommandError(f"{error.code}: {refusals.sentence_for(error).text}") from error

    def _create(self, options: dict[str, Any]) -> None:
        organization, at = _organization(options["organization"]), clock.now()
        owner = memberships_queries.present_of_address(
            organization=organization.id, address=options["owner"], at=at
        ).first()
        if owner is None:
            raise CommandError(f"{options['owner']} is no person of {organization.key}.")
        made = commands.create(
            actor=actor.system(channel=Channel.SHELL),
            organization=organization.row,
            owner=owner,
            name=options["name"],
            scopes=frozenset(options["scopes"]),
            until=at + dt.timedelta(days=options["days"]),
            jwks_uri=options["keys"],
        ).result
        self._print(made)

    def _create_staff(self, options: dict[str, Any]) -> None:
        made = commands.create_for_staff(
            actor=actor.system(channel=Channel.SHELL),
            owner=staff_member(options["owner"]).row,
            name=options["name"],
            scopes=frozenset(options["scopes"]),
            until=clock.now() + dt.timedelta(days=options["days"]),
            reason=options["reason"],
        ).result
        self._print(made)

    def _print(self, made: ServiceUserCreated) -> None:
        self.stdout.write(f"Client id: {made.service_user}")
        if made.secret:
            self.stdout.write(f"Secret, not shown again: {made.secret}")

    def _list(self, options: dict[str, Any]) -> None:
        organization = _organization(options["organization"])
        self._print_list(queries.service_users(organization=organization.id, at=clock.now()))

    def _list_staff(self, _options: dict[str, Any]) -> None:
        self._print_list(queries.of_staff(at=clock.now()))

    def _print_list(self, rows: Sequence[ServiceUserView]) -> None:
        for row in rows:
            state = "in force" if row.in_force else "ended"
            until = row.valid_until.isoformat(timespec="minutes")
            self.stdout.write(
                f"{row.id} {state} until {until} {row.owner_name}: {row.name} ({', '.join(row.scopes)})"
            )

    def _rotate(self, options: dict[str, Any]) -> None:
        days = options["days"]
        made = commands.rotate_secret(
            actor=actor.system(channel=Channel.SHELL),
            service_user=queries.for_command(service_user=options["id"]),
            overlap_hours=options["hours"],
            until=None if days is None else clock.now() + dt.timedelta(days=days),
        ).result
        self.stdout.write(f"Secret, not shown again: {made.secret}")

    def _keys(self, options: dict[str, Any]) -> None:
        row, address = queries.for_command(service_user=options["id"]), options["address"]
        commands.use_keys(actor=actor.system(channel=Channel.SHELL), service_user=row, jwks_uri=address)
        self.stdout.write("It authenticates by private_key_jwt from now on; its secrets are refused.")

    def _retire(self, options: dict[str, Any]) -> None:
        row = queries.for_command(service_user=options["id"])
        commands.end_former_secret(actor=actor.system(channel=Channel.SHELL), service_user=row)
        self.stdout.write("Ended: the replaced secret is refused from now on.")

    def _end(self, options: dict[str, Any]) -> None:
        row = queries.for_command(service_user=options["id"])
        commands.end(actor=actor.system(channel=Channel.SHELL), service_user=row)
        self.stdout.write("Ended: its secret and its tokens are refused from now on.")


def _organization(key: str) -> OrganizationView:
    found = organizations_queries.find_by_key(key=key)
    if found is None:
        raise CommandError(f"There is no customer {key}.")
    return found
