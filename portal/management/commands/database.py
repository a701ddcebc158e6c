"""`manage.py database prepare` makes roles, databases, extensions and the job queue on a PostgreSQL server."""

from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import embedded_postgres
from portal.embedded_postgres import job_queue
from portal.settings import variables


class Command(BaseCommand):
    """Makes what the addresses in the environment name, with their passwords. It may be run again."""

    help = (
        "Creates the two roles, the database and its extensions, as DATABASE_URL and OWNER_DATABASE_URL name them, "
        "and the job queue of a KEYHOLDER_BROKER_URL that begins with pgmq://. ADMIN_DATABASE_URL is the address of "
        "an administrator."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `prepare`, the one subcommand."""
        parser.add_subparsers(dest="what", required=True).add_parser("prepare")

    def handle(self, **options: Any) -> None:
        """Prepare the server. Raises CommandError with the variable that is missing or wrong."""
        superuser = variables.ADMIN_DATABASE.value()
        if not superuser:
            raise CommandError(
                "ADMIN_DATABASE_URL is not set. It is the address of an administrator of the server."
            )
        names = {
            embedded_postgres.APP: ("DATABASE_URL", settings.DATABASES["default"]),
            embedded_postgres.OWNER: ("OWNER_DATABASE_URL", settings.DATABASES["owner"]),
        }
        passwords = {role: _password(role, *named) for role, named in names.items()}
        queue: str = settings.CELERY_BROKER_URL
        try:
            embedded_postgres.set_up(
                superuser_url=superuser, passwords=passwords, database=settings.DATABASES["default"]["NAME"]
            )
            if queue.startswith(job_queue.SCHEME):
                job_queue.set_up(superuser_url=superuser, queue_url=queue)
        except psycopg.Error as error:
            raise CommandError(f"The server refused: {str(error).strip()}") from error
        self.stdout.write("The roles and the database are ready.")
        if queue.startswith(job_queue.SCHEME):
            self.stdout.write("The job queue is ready.")


def _password(role: str, variable: str, address: dict[str, Any]) -> str:
    if address["USER"] != role or not address["PASSWORD"]:
        raise CommandError(f"{variable} must have the user {role} and a password.")
    if address["NAME"] != settings.DATABASES["default"]["NAME"]:
        raise CommandError("DATABASE_URL and OWNER_DATABASE_URL must name the same database.")
    return str(address["PASSWORD"])
