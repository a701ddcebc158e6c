"""The supplier adds clients to an application, changes their settings, and rotates their secrets."""

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.applications import events, new_client
from delegation.applications.new_client import NewClient
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from identity import machine_secrets
from identity.clients.models import Application, Client

LONGEST_OVERLAP = 90 * 24
"""Hours for which a replaced secret may still be accepted."""
_PREFIX = "khs"


@dataclass(frozen=True, slots=True)
class SecretMade:
    """Holds a client's new secret, which is returned only once; empty for a public client."""

    client: str
    secret: str = dataclasses.field(default="", metadata=NOT_STORED)


@command
def register(
    *, actor: Actor, application: Application, client: NewClient, idempotency_key: str | None = None
) -> Outcome[SecretMade]:
    """Add a client to an application. Raises InvalidInput and AlreadyExists besides the errors of every act."""
    new_client.check(client)
    secret = "" if client.public else machine_secrets.generate(prefix=_PREFIX)
    on = SupplierSet(units=[application.unit_id])
    with acting(actor, Verb.CLIENT_REGISTER, on=on, idempotency_key=idempotency_key) as act:
        row = new_client.create(application=application, new=client, secret=secret, at=act.at)
        act.record(application=application.key, **events.client_facts(row))
        return act.set_result(SecretMade(client.client_id, secret))


@command
def update(
    *, actor: Actor, client: str, changes: Mapping[str, Any], idempotency_key: str | None = None
) -> Outcome[None]:
    """Change a client's name, addresses or PKCE setting, or close it. What it was issued is never valid again.

    `changes`: of `name`, `redirect_uris`, `post_logout_redirect_uris`, `initiate_login_uri`,
    `backchannel_logout_uri`, `requires_pkce`, `is_active`. Raises InvalidInput and Unchanged besides the errors of
    every act.
    """
    for field in changes.keys() - _SETTINGS:
        raise InvalidInput(field=field, problem="unknown")
    with acting(actor, Verb.CLIENT_UPDATE, on=_unit_of(client), idempotency_key=idempotency_key) as act:
        row = _client(client)
        before = _settings(row)
        after = before | dict(changes)
        _check(row, after)
        if after == before:
            raise Unchanged
        if after["is_active"] and not before["is_active"]:
            row.opened_at = act.at
        _apply(row, after)
        act.record(application=row.application.key, **events.client_facts(row))
    return act.outcome


@command
def rotate_secret(
    *, actor: Actor, client: str, overlap_hours: int, idempotency_key: str | None = None
) -> Outcome[SecretMade]:
    """Make a new secret; the present one is accepted for `overlap_hours` more, and one that it had replaced no longer.

    Raises InvalidInput, also for a public client, besides the errors of every act.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP:
        raise InvalidInput(field="overlap_hours", problem="unknown")
    secret = machine_secrets.generate(prefix=_PREFIX)
    with acting(actor, Verb.CLIENT_ROTATE, on=_unit_of(client), idempotency_key=idempotency_key) as act:
        row = _client(client)
        if row.secret_made_at is None:
            raise InvalidInput(field="client", problem="public")
        until = act.at + dt.timedelta(hours=overlap_hours) if overlap_hours else None
        row.former_secret, row.former_secret_until = row.protocol.secret if until else "", until
        row.secret_made_at = act.at
        row.protocol.secret = new_client.stored_secret(secret)
        _store_secrets(act, row)
        return act.set_result(SecretMade(client, secret))


@command
def end_former_secret(*, actor: Actor, client: str, idempotency_key: str | None = None) -> Outcome[None]:
    """Accept the replaced secret no longer. Raises Unchanged where none is accepted, and the errors of every act."""
    with acting(actor, Verb.CLIENT_RETIRE, on=_unit_of(client), idempotency_key=idempotency_key) as act:
        row = _client(client)
        if row.former_secret_until is None or row.former_secret_until <= act.at:
            raise Unchanged
        row.former_secret, row.former_secret_until = "", None
        _store_secrets(act, row)
    return act.outcome


_SETTINGS = frozenset(
    {
        "name",
        "redirect_uris",
        "post_logout_redirect_uris",
        "initiate_login_uri",
        "backchannel_logout_uri",
        "requires_pkce",
        "is_active",
    }
)


def _unit_of(client: str) -> SupplierSet:
    """Return the business unit of the client's application, which never changes. Raises NotFound."""
    unit = Client.objects.filter(protocol=client).values_list("application__unit", flat=True).first()
    if unit is None:
        raise NotFound
    return SupplierSet(units=[unit])


def _client(client: str) -> Client:
    return Client.objects.select_related("protocol", "application").get(protocol=client)


def _settings(row: Client) -> dict[str, Any]:
    return {
        "name": row.protocol.name,
        "redirect_uris": row.protocol.get_redirect_uris(),
        "post_logout_redirect_uris": row.protocol.get_post_logout_redirect_uris(),
        "initiate_login_uri": row.initiate_login_uri,
        "backchannel_logout_uri": row.backchannel_logout_uri,
        "requires_pkce": row.requires_pkce,
        "is_active": row.is_active,
    }


def _check(row: Client, after: Mapping[str, Any]) -> None:
    input_cleaning.line(after["name"], field="name", longest=100, required=True)
    new_client.check_pkce(public=row.secret_made_at is None, requires_pkce=after["requires_pkce"])
    new_client.check_addresses(
        redirect_uris=after["redirect_uris"],
        post_logout_redirect_uris=after["post_logout_redirect_uris"],
        initiate_login_uri=after["initiate_login_uri"],
        backchannel_logout_uri=after["backchannel_logout_uri"],
    )


def _apply(row: Client, after: Mapping[str, Any]) -> None:
    protocol = row.protocol
    protocol.name = after["name"]
    protocol.set_redirect_uris(list(after["redirect_uris"]))
    protocol.set_post_logout_redirect_uris(list(after["post_logout_redirect_uris"]))
    protocol.save(update_fields=["name", "redirect_uris", "data"])
    row.initiate_login_uri = after["initiate_login_uri"]
    row.backchannel_logout_uri = after["backchannel_logout_uri"]
    row.requires_pkce, row.is_active = bool(after["requires_pkce"]), bool(after["is_active"])
    row.save(
        update_fields=[
            "opened_at",
            "initiate_login_uri",
            "backchannel_logout_uri",
            "requires_pkce",
            "is_active",
        ]
    )


def _store_secrets(act: Act, row: Client) -> None:
    row.protocol.save(update_fields=["secret"])
    row.save(update_fields=["secret_made_at", "former_secret", "former_secret_until"])
    act.record(application=row.application.key, **events.client_facts(row))
