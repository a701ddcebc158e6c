"""The supplier registers the applications that people sign in to."""

import dataclasses
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.applications import events, new_client
from delegation.applications.new_client import NewClient
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from identity import machine_secrets
from identity.clients.models import Application
from identity.organizations.models import BusinessUnit


@dataclass(frozen=True, slots=True)
class ApplicationRegistered:
    """Holds the client's secret, which is returned only once; empty without a confidential client."""

    application: uuid.UUID
    secret: str = dataclasses.field(default="", metadata=NOT_STORED)


@command
def register_application(
    *,
    actor: Actor,
    key: str,
    name: Mapping[str, str],
    unit: str,
    client: NewClient | None = None,
    idempotency_key: str | None = None,
) -> Outcome[ApplicationRegistered]:
    """Register an application, with an OpenID Connect client if given.

    Raises InvalidInput and AlreadyExists besides the errors of every act.
    """
    _check_input(key, name, client)
    business_unit = _unit(unit)
    secret = machine_secrets.generate(prefix="khs") if client is not None and client.has_secret else ""
    with acting(
        actor,
        Verb.APPLICATION_REGISTER,
        on=SupplierSet(units=[business_unit.id]),
        idempotency_key=idempotency_key,
    ) as act:
        application = Application.objects.create(
            key=key, name=dict(name), unit=business_unit, created_at=act.at
        )
        act.record(application=key, client=client.client_id if client else None, business_unit=unit)
        if client is not None:
            owner = new_client.owner_of(actor, client.owner)
            row = new_client.create(
                application=application, new=client, owner=owner, secret=secret, at=act.at
            )
            act.record(**events.client_facts(row))
        return act.set_result(ApplicationRegistered(application.id, secret))


def _check_input(key: str, name: Mapping[str, str], client: NewClient | None) -> None:
    input_cleaning.key(key)
    if not name:
        raise InvalidInput(field="name", problem="missing")
    for language, text in name.items():
        input_cleaning.language(language)
        input_cleaning.line(text, field="name", longest=input_cleaning.NAME, required=True)
    if client is not None:
        new_client.check(client)


def _unit(key: str) -> BusinessUnit:
    unit = BusinessUnit.objects.filter(key=input_cleaning.key(key, field="unit")).first()
    if unit is None:
        raise InvalidInput(field="unit", problem="unknown")
    return unit
