"""An OpenID Connect client is checked and created the same way, with its application or later."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.idp.oidc.models import Client as ProtocolClient

from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput
from identity import machine_secrets
from identity.clients.models import Application, Client

MAX_ADDRESSES = 20
"""Of each kind."""


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


def check(client: NewClient) -> None:
    """Raise InvalidInput for a client that could not be used, or only half-way."""
    input_cleaning.line(client.client_id, field="client", longest=100, required=True)
    if "/" in client.client_id:
        raise InvalidInput(field="client", problem="characters")
    input_cleaning.line(client.name, field="name", longest=100, required=True)
    check_pkce(public=client.public, requires_pkce=client.requires_pkce)
    check_addresses(
        redirect_uris=client.redirect_uris,
        post_logout_redirect_uris=client.post_logout_redirect_uris,
        initiate_login_uri=client.initiate_login_uri,
        backchannel_logout_uri=client.backchannel_logout_uri,
    )


def check_pkce(*, public: bool, requires_pkce: bool) -> None:
    """Raise InvalidInput for a client that neither authenticates nor sends a code challenge."""
    if public and not requires_pkce:
        raise InvalidInput(field="requires_pkce", problem="missing")


def check_addresses(
    *,
    redirect_uris: Sequence[str],
    post_logout_redirect_uris: Sequence[str],
    initiate_login_uri: str,
    backchannel_logout_uri: str,
) -> None:
    """Raise InvalidInput for an address that is not an unambiguous https URL."""
    for field, addresses in (
        ("redirect_uri", redirect_uris),
        ("post_logout_redirect_uri", post_logout_redirect_uris),
    ):
        if len(addresses) > MAX_ADDRESSES:
            raise InvalidInput(field=field, problem="too_long", longest=MAX_ADDRESSES)
        for address in addresses:
            input_cleaning.web_address(address, field=field)
    for field, address in (
        ("initiate_login_uri", initiate_login_uri),
        ("backchannel_logout_uri", backchannel_logout_uri),
    ):
        if address:
            input_cleaning.web_address(address, field=field)


def create(*, application: Application, new: NewClient, secret: str, at: dt.datetime) -> Client:
    """Create the rows of a client; a public one gets no secret. Raises AlreadyExists."""
    if ProtocolClient.objects.filter(pk=new.client_id).exists():
        raise AlreadyExists(field="client")
    kinds = ProtocolClient.Type
    row = ProtocolClient(
        id=new.client_id,
        name=new.name,
        secret="" if new.public else stored_secret(secret),
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
        secret_made_at=None if new.public else at,
    )


def stored_secret(secret: str) -> str:
    """Return the hash of a secret as django-allauth's column has it."""
    return f"machine${machine_secrets.hash_secret(secret)}"
