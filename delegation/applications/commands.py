"""The supplier registers the applications that people sign in to."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allauth.idp.oidc.models import Client as ProtocolClient

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.applications import events
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from identity import machine_secrets
from identity.clients.models import Application, Client
from identity.organizations.models import BusinessUnit


@dataclass(frozen=True, slots=True)
class NewClient:
    """Describes an OpenID Connect client to register; its redirect URIs are matched exactly."""

    client_id: str
    name: str
    redirect_uris: Sequence[str]
    initiate_login_uri: str = ""
    backchannel_logout_uri: str = ""
    post_logout_redirect_uris: Sequence[str] = ()
    scopes: Sequence[str] = ("openid", "profile", "email")
    public: bool = False
    skip_consent: bool = True
    requires_pkce: bool = True
    """False for a service whose library sends no code challenge (RFC 7636): it must authenticate instead."""
    subject_per_organization: bool = False
    """For a service that has one account for each `sub`: a person of two organizations has two there."""


@dataclass(frozen=True, slots=True)
class ApplicationRegistered:
    """Holds the client's secret, which is returned only once."""

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
    secret = machine_secrets.generate(prefix="khs")
    with acting(actor, Verb.APPLICATION_REGISTER, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        application = Application.objects.create(
            key=key, name=dict(name), unit=_unit(unit), created_at=act.at
        )
        act.record(application=key, client=client.client_id if client else None, business_unit=unit)
        if client is not None:
            row = _create_client(application, client, secret)
            act.record(
                skip_consent=client.skip_consent,
                requires_pkce=client.requires_pkce,
                subject_per_organization=client.subject_per_organization,
                client_digests=events.client_digests(row),
            )
        return act.set_result(ApplicationRegistered(application.id, secret))


def _check_input(key: str, name: Mapping[str, str], client: NewClient | None) -> None:
    input_cleaning.key(key)
    for language, text in name.items():
        input_cleaning.language(language)
        input_cleaning.line(text, field="name", longest=input_cleaning.NAME, required=True)
    if client is None:
        return
    input_cleaning.line(client.client_id, field="client", longest=100, required=True)
    input_cleaning.line(client.name, field="name", longest=100, required=True)
    if client.public and not client.requires_pkce:
        raise InvalidInput(field="requires_pkce", problem="missing")
    for address in [*client.redirect_uris, *client.post_logout_redirect_uris]:
        input_cleaning.web_address(address, field="redirect_uri")
    for field in ("initiate_login_uri", "backchannel_logout_uri"):
        if address := getattr(client, field):
            input_cleaning.web_address(address, field=field)


def _unit(key: str) -> BusinessUnit:
    unit = BusinessUnit.objects.filter(key=input_cleaning.key(key, field="unit")).first()
    if unit is None:
        raise InvalidInput(field="unit", problem="unknown")
    return unit


def _create_client(application: Application, new: NewClient, secret: str) -> Client:
    kinds = ProtocolClient.Type
    row = ProtocolClient(
        id=new.client_id,
        name=new.name,
        secret="" if new.public else f"machine${machine_secrets.hash_secret(secret)}",
        type=kinds.PUBLIC if new.public else kinds.CONFIDENTIAL,
        skip_consent=new.skip_consent,
        grant_types="authorization_code\nrefresh_token",
    )
    row.set_redirect_uris(list(new.redirect_uris))
    row.set_scopes(list(new.scopes))
    row.set_post_logout_redirect_uris(list(new.post_logout_redirect_uris))
    row.save(force_insert=True)
    return Client.objects.create(
        protocol=row,
        application=application,
        initiate_login_uri=new.initiate_login_uri,
        backchannel_logout_uri=new.backchannel_logout_uri,
        requires_pkce=new.requires_pkce,
        subject_per_organization=new.subject_per_organization,
    )
