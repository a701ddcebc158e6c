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
from delegation.applications import client_settings, events, new_client
from delegation.applications.new_client import NewClient
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
    secret = machine_secrets.generate(prefix=_PREFIX) if client.has_secret else ""
    on = SupplierSet(units=[application.unit_id])
    with acting(actor, Verb.CLIENT_REGISTER, on=on, idempotency_key=idempotency_key) as act:
        owner = new_client.owner_of(actor, client.owner)
        row = new_client.create(application=application, new=client, owner=owner, secret=secret, at=act.at)
        act.record(application=application.key, **events.client_facts(row))
        return act.set_result(SecretMade(client.client_id, secret))


@command
def update(
    *, actor: Actor, client: str, changes: Mapping[str, Any], idempotency_key: str | None = None
) -> Outcome[SecretMade]:
    """Change a client's settings (`client_settings.NAMES`), or close it: what it was issued is never valid again.

    A client that gets keys of its own loses its secrets; one that loses its keys gets a secret, which is returned once.
    Raises InvalidInput and Unchanged besides the errors of every act.
    """
    for field in changes.keys() - client_settings.NAMES:
        raise InvalidInput(field=field, problem="unknown")
    made = machine_secrets.generate(prefix=_PREFIX)
    with acting(actor, Verb.CLIENT_UPDATE, on=_unit_of(client), idempotency_key=idempotency_key) as act:
        row = _client(client)
        before = client_settings.settings_of(row)
        after = before | dict(changes)
        client_settings.check(row, after)
        if after == before:
            raise Unchanged
        if after["is_active"] and not before["is_active"]:
            row.opened_at = act.at
        client_settings.apply(row, after)
        secret = _exchange_method(row, before, after, made, act.at)
        act.record(application=row.application.key, **events.client_facts(row))
        return act.set_result(SecretMade(client, secret))


def _exchange_method(
    row: Client, before: Mapping[str, Any], after: Mapping[str, Any], made: str, at: dt.datetime
) -> str:
    """Delete what another method of authentication left; return the new secret of a client without keys, or nothing.

    An old secret that a change leaves behind would be accepted again after the next one.
    """
    if row.protocol.type == row.protocol.Type.PUBLIC:
        return ""
    secret = made if before["jwks_uri"] and not after["jwks_uri"] else ""
    if secret or after["jwks_uri"]:
        row.protocol.secret = new_client.stored_secret(secret) if secret else ""
        row.former_secret, row.former_secret_until = "", None
        row.secret_made_at = at if secret else None
        row.secret_until = new_client.secret_until(program=after["program"], at=at) if secret else None
    elif after["program"] != before["program"]:
        row.secret_until = new_client.secret_until(program=after["program"], at=at)
    _save_secrets(row)
    return secret


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
        if row.protocol.type == row.protocol.Type.PUBLIC or row.jwks_uri:
            raise InvalidInput(field="client", problem="public")
        until = act.at + dt.timedelta(hours=overlap_hours) if overlap_hours else None
        until = until if row.protocol.secret else None
        row.former_secret, row.former_secret_until = row.protocol.secret if until else "", until
        row.secret_made_at = act.at
        program = client_settings.settings_of(row)["program"]
        row.secret_until = new_client.secret_until(program=program, at=act.at)
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


def _unit_of(client: str) -> SupplierSet:
    """Return the business unit of the client's application, which never changes. Raises NotFound."""
    unit = Client.objects.filter(protocol=client).values_list("application__unit", flat=True).first()
    if unit is None:
        raise NotFound
    return SupplierSet(units=[unit])


def _client(client: str) -> Client:
    return Client.objects.select_related("protocol", "application").get(protocol=client)


def _save_secrets(row: Client) -> None:
    row.protocol.save(update_fields=["secret"])
    row.save(update_fields=["secret_made_at", "secret_until", "former_secret", "former_secret_until"])


def _store_secrets(act: Act, row: Client) -> None:
    _save_secrets(row)
    act.record(application=row.application.key, **events.client_facts(row))
