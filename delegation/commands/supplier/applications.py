"""Registering the services that people sign in to."""

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allauth.idp.oidc.models import Client as ProtocolClient

from audit.actor import Actor
from delegation import inputs
from delegation.act import Outcome, SupplierSet, acting, command
from delegation.act.outcome import NOT_STORED
from delegation.errors import BadInput
from delegation.verbs import Verb
from identity import secret
from identity.models import Application, BusinessUnit, Client


@dataclass(frozen=True, slots=True)
class NewClient:
    """An OpenID Connect client. Redirect URIs are matched exactly."""

    client_id: str
    name: str
    redirect_uris: Sequence[str]
    initiate_login_uri: str = ""
    backchannel_logout_uri: str = ""
    post_logout_redirect_uris: Sequence[str] = ()
    scopes: Sequence[str] = ("openid", "profile", "email")
    public: bool = False
    skip_consent: bool = True


@dataclass(frozen=True, slots=True)
class ApplicationRegistered:
    """The client's secret is returned this once."""

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
    """A service people sign in to.

    Raises BadInput and Taken besides what every act raises.
    """
    _makes_sense(key, name, client)
    shown = secret.fresh(prefix="khs")
    with acting(actor, Verb.APPLICATION_REGISTER, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        made = Application.objects.create(key=key, name=dict(name), unit=_unit(unit), created_at=act.at)
        if client is not None:
            _client(made, client, shown)
        act.say(application=str(made.id), client=client.client_id if client else None)
        return act.set_result(ApplicationRegistered(made.id, shown))


def _makes_sense(key: str, name: Mapping[str, str], client: NewClient | None) -> None:
    inputs.key(key)
    for language, text in name.items():
        inputs.language(language)
        inputs.line(text, field="name", longest=inputs.NAME, required=True)
    if client is None:
        return
    inputs.line(client.client_id, field="client", longest=100, required=True)
    inputs.line(client.name, field="name", longest=100, required=True)
    for address in [*client.redirect_uris, *client.post_logout_redirect_uris]:
        inputs.web_address(address, field="redirect_uri")
    for field in ("initiate_login_uri", "backchannel_logout_uri"):
        if address := getattr(client, field):
            inputs.web_address(address, field=field)


def _unit(key: str) -> BusinessUnit:
    found = BusinessUnit.objects.filter(key=inputs.key(key, field="unit")).first()
    if found is None:
        raise BadInput(field="unit", problem="unknown")
    return found


def _client(application: Application, new: NewClient, shown: str) -> Client:
    kinds = ProtocolClient.Type
    row = ProtocolClient(
        id=new.client_id,
        name=new.name,
        secret="" if new.public else f"machine${secret.hashed(shown)}",
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
    )
