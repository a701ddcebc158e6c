"""`manage.py application` registers services with their OpenID Connect clients, and connects their systems."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.foundation import clock
from audit.foundation.actor import Actor, Channel, system
from audit.foundation.errors import DomainError
from delegation.applications import clients, commands, new_client, queries
from delegation.applications.client_addresses import MAX_ADDRESSES
from delegation.applications.new_client import NewClient
from delegation.applications.queries import ApplicationView
from identity import signing_keys
from portal.management.named_staff import staff_member
from portal.wording import refusals
from provisioning.accounts import probe, probe_events, target_status
from provisioning.targets import commands as targets_commands
from provisioning.targets.commands import CHOICES

_TYPES = ("confidential", "public", "native")


class Command(BaseCommand):
    """Acts as the system, for every business unit; pages and the REST API do the same for operators."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the actions."""
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("list", help="list the services, with their clients and connected systems")
        registering = what.add_parser("register", help="register a service")
        registering.add_argument("key", metavar="KEY")
        registering.add_argument("--unit", required=True, help="the key of its business unit")
        registering.add_argument(
            "--name", action="append", required=True, metavar="LANGUAGE=TEXT", help="once for each language"
        )
        _add_client(what.add_parser("client", help="add a client; print its secret, once"))
        rotating = what.add_parser("rotate", help="print a new secret of a client, once")
        rotating.add_argument(
            "--hours", type=int, default=0, help="how long the present secret works too, 2160 at most (0)"
        )
        retiring = what.add_parser("retire", help="accept the replaced secret of a client no longer")
        closing = what.add_parser("close", help="close a client: nothing that it was issued is valid")
        for one in (rotating, retiring, closing):
            one.add_argument("client", metavar="CLIENT", help="its client id")
        _add_connection(what.add_parser("connect", help="connect the SCIM system of a service"))
        testing = what.add_parser("test", help="send a test call to the connected system")
        testing.add_argument("key", metavar="KEY")

    def handle(self, *, what: str, **options: Any) -> None:
        """Run the action. Raises CommandError with the sentence of a refusal."""
        try:
            getattr(self, f"_{what}")(system(channel=Channel.SHELL), options)
        except DomainError as error:
            raise CommandError(f"{error.code}: {refusals.sentence_for(error).text}") from error

    def _list(self, actor: Actor, _options: dict[str, Any]) -> None:
        at = clock.now()
        views = queries.applications(actor=actor, at=at)
        ids = [view.id for view in views]
        systems = target_status.of_applications(applications=ids, at=at)
        of_application = queries.clients(applications=ids, at=at)
        for view in views:
            status = systems.get(view.id)
            names = ", ".join(one.id for one in of_application[view.id] if one.is_active) or "no client"
            address = status.base_url if status else "no system"
            self.stdout.write(f"{view.key} ({view.row.unit.key}): {names}; {address}")

    def _register(self, actor: Actor, options: dict[str, Any]) -> None:
        name = dict(_pair(text) for text in options["name"])
        commands.register_application(actor=actor, key=options["key"], name=name, unit=options["unit"])
        self.stdout.write(f"Registered: {options['key']}.")

    def _client(self, actor: Actor, options: dict[str, Any]) -> None:
        new = NewClient(
            client_id=options["client"],
            name=options["name"],
            redirect_uris=options["redirect"],
            post_logout_redirect_uris=options["post_logout_redirect"],
            initiate_login_uri=options["initiate"],
            backchannel_logout_uri=options["logout"],
            scopes=new_client.SIGN_IN_SCOPES,
            public=options["type"] != "confidential",
            native=options["type"] == "native",
            jwks_uri=options["keys"],
            requires_pkce=not options["without_pkce"],
            requires_par=options["par"],
            device=options["device"],
            program=options["program"],
            resources=options["resource"],
            subject_per_organization=options["subject_per_organization"],
            token_algorithm=options["token_algorithm"],
            owner=staff_member(options["owner"]).id if options["owner"] else None,
        )
        made = clients.register(actor=actor, application=_found(actor, options).row, client=new).result
        self._print(made.client, made.secret)

    def _rotate(self, actor: Actor, options: dict[str, Any]) -> None:
        made = clients.rotate_secret(
            actor=actor, client=options["client"], overlap_hours=options["hours"]
        ).result
        self._print(made.client, made.secret)

    def _print(self, client: str, secret: str) -> None:
        self.stdout.write(f"Client id: {client}")
        if secret:
            self.stdout.write(f"Secret, not shown again: {secret}")

    def _retire(self, actor: Actor, options: dict[str, Any]) -> None:
        clients.end_former_secret(actor=actor, client=options["client"])
        self.stdout.write("Ended: the replaced secret is refused from now on.")

    def _close(self, actor: Actor, options: dict[str, Any]) -> None:
        clients.update(actor=actor, client=options["client"], changes={"is_active": False})
        self.stdout.write("Closed: no sign-in and no token of this client is accepted.")

    def _connect(self, actor: Actor, options: dict[str, Any]) -> None:
        choices = {name: options[name] for name in CHOICES if options[name]}
        done = targets_commands.register(
            actor=actor,
            application=_found(actor, options).row,
            base_url=options["address"],
            token=_token(options["token_file"]),
            send_phone=options["send_phone"],
            include_applications=options["include"],
            **choices,
        ).result
        self.stdout.write(f"Connected: {done.target}. Accounts are delivered by `manage.py deliver`.")

    def _test(self, actor: Actor, options: dict[str, Any]) -> None:
        view = _found(actor, options)
        status = target_status.of_applications(applications=[view.id], at=clock.now()).get(view.id)
        if status is None:
            raise CommandError(f"No system is connected to {view.key}.")
        answer = probe.probe_target(target=status.id)
        probe_events.record(actor=actor, application=view.key, target=status.id, answer=answer)
        if answer.code:
            raise CommandError(f"The test call failed: {answer.code} {answer.detail}".rstrip() + ".")
        self.stdout.write(f"It answers as it should, in {answer.seconds:.1f} s.")


def _add_client(parser: Any) -> None:
    parser.add_argument("key", metavar="KEY", help="the service")
    parser.add_argument("client", metavar="CLIENT", help="the client id")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--type", choices=_TYPES, default=_TYPES[0])
    several = f"up to {MAX_ADDRESSES} times"
    for option in ("redirect", "post-logout-redirect", "resource"):
        parser.add_argument(f"--{option}", action="append", default=[], metavar="ADDRESS", help=several)
    parser.add_argument("--initiate", default="", metavar="ADDRESS", help="where a sign-in begins")
    parser.add_argument("--logout", default="", metavar="ADDRESS", help="where logout tokens are sent")
    parser.add_argument("--keys", default="", metavar="ADDRESS", help="its jwks_uri: it has no secret")
    algorithms = sorted(signing_keys.ALGORITHMS)
    parser.add_argument(
        "--token-algorithm", choices=algorithms, default="RS256", help="signs its access tokens (RS256)"
    )
    parser.add_argument("--owner", default="", help="the id or mail address of the staff who answer for it")
    for option, text in (
        ("without-pkce", "its library sends no code challenge"),
        ("par", "it must push its requests (RFC 9126)"),
        ("device", "people sign in on another device (RFC 8628)"),
        ("program", "it gets tokens for its resources without a person"),
        ("subject-per-organization", "a person has another `sub` for each customer"),
    ):
        parser.add_argument(f"--{option}", action="store_true", help=text)


def _add_connection(parser: Any) -> None:
    parser.add_argument("key", metavar="KEY", help="the service")
    parser.add_argument("address", metavar="ADDRESS", help="its SCIM address")
    parser.add_argument(
        "--token-file", required=True, metavar="FILE", help="holds the bearer token; - for the standard input"
    )
    parser.add_argument(
        "--include", action="append", default=[], metavar="KEY", help="send the rights of this service too"
    )
    parser.add_argument("--send-phone", action="store_true", help="records have the work phone")
    for name, values in CHOICES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", choices=values, default="")


def _found(actor: Actor, options: dict[str, Any]) -> ApplicationView:
    found = queries.find(actor=actor, key=options["key"], at=clock.now())
    if found is None:
        raise CommandError(f"There is no service {options['key']}.")
    return found


def _pair(text: str) -> tuple[str, str]:
    language, separator, name = text.partition("=")
    if not separator:
        raise CommandError(f"{text}: write the language before the name, as in en=Claims.")
    return language, name


def _token(file: str) -> str:
    """Read the token: no argument of a command, which other users of the machine see."""
    try:
        return (sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: {error}") from error
