"""An OpenID Connect client is checked and created the same way, with its application or later."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from allauth.idp.oidc.models import Client as ProtocolClient
from django.db.models import QuerySet

from audit.foundation.actor import Actor
from delegation.applications import client_addresses
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput
from identity import machine_secrets, signing_keys
from identity.clients.models import Application, Client
from identity.people.models import User
from identity.staff import break_glass

SECRET_VALIDITY = dt.timedelta(days=366)
"""How long a secret of a program works; one of a service that people sign in to has no end."""
SIGN_IN_SCOPES = ("openid", "profile", "email", "entitlements")
"""Scopes that a client of the desk and of programs may request."""
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


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
    native: bool = False
    """A public program on a person's device (RFC 8252)."""
    jwks_uri: str = ""
    """With it the client authenticates by signed assertions (RFC 7523), and gets no secret."""
    requires_par: bool = False
    device: bool = False
    """Whether people sign in on another device than the program's (RFC 8628)."""
    program: bool = False
    """Whether it gets tokens for its resources without a person (RFC 6749 §4.4)."""
    resources: Sequence[str] = ()
    """Services that it may get access tokens for (RFC 8707)."""
    token_algorithm: str = "RS256"  # noqa: S105 - the name of an algorithm
    owner: uuid.UUID | None = None
    """The member of the staff who answers for it; None for the one who registers it."""

    @property
    def has_secret(self) -> bool:
        """Return whether a secret is made for it."""
        return not self.public and not self.jwks_uri


def check(client: NewClient) -> None:
    """Raise InvalidInput for a client that could not be used, or only half-way."""
    input_cleaning.line(client.client_id, field="client", longest=100, required=True)
    if "/" in client.client_id:
        raise InvalidInput(field="client", problem="characters")
    input_cleaning.line(client.name, field="name", longest=100, required=True)
    check_kind(
        public=client.public,
        native=client.native,
        jwks_uri=client.jwks_uri,
        program=client.program,
        resources=client.resources,
    )
    check_pkce(public=client.public, requires_pkce=client.requires_pkce)
    check_algorithm(client.token_algorithm)
    check_return(client.redirect_uris, device=client.device, program=client.program)
    client_addresses.check(
        native=client.native,
        redirect_uris=client.redirect_uris,
        post_logout_redirect_uris=client.post_logout_redirect_uris,
        others={
            "initiate_login_uri": client.initiate_login_uri,
            "backchannel_logout_uri": client.backchannel_logout_uri,
            "jwks_uri": client.jwks_uri,
        },
    )


def check_kind(*, public: bool, native: bool, jwks_uri: str, program: bool, resources: Sequence[str]) -> None:
    """Raise InvalidInput for settings that do not go together."""
    if native and not public:
        raise InvalidInput(field="kind", problem="unknown")
    if public and jwks_uri:
        raise InvalidInput(field="jwks_uri", problem="keys_of_public")
    if public and program:
        raise InvalidInput(field="program", problem="public")
    client_addresses.check_resources(resources)
    if program and not resources:
        raise InvalidInput(field="resources", problem="missing")


def check_return(redirect_uris: Sequence[str], *, device: bool, program: bool) -> None:
    """Raise InvalidInput without an address to return to, unless people sign in on another device or not at all."""
    if not (redirect_uris or device or program):
        raise InvalidInput(field="redirect_uri", problem="missing")


def check_pkce(*, public: bool, requires_pkce: bool) -> None:
    """Raise InvalidInput for a client that neither authenticates nor sends a code challenge."""
    if public and not requires_pkce:
        raise InvalidInput(field="requires_pkce", problem="missing")


def check_algorithm(algorithm: str) -> None:
    """Raise InvalidInput for an algorithm that our own keys do not sign with."""
    if algorithm not in signing_keys.ALGORITHMS:
        raise InvalidInput(field="token_algorithm", problem="unknown")


def owner_of(actor: Actor, owner: uuid.UUID | None) -> uuid.UUID | None:
    """Return the named owner, or the member of the staff who acts or owns the program that acts; else None."""
    if owner is None and actor.is_of_supplier and possible_owners().filter(pk=actor.responsible).exists():
        return actor.responsible
    return owner


def check_owner(owner: uuid.UUID | None, *, program: bool) -> None:
    """Raise InvalidInput for a program without an owner, and for an owner who is not of the staff, or blocked."""
    if owner is None:
        if program:
            raise InvalidInput(field="owner", problem="missing")
        return
    if not possible_owners().filter(pk=owner).exists():
        raise InvalidInput(field="owner", problem="unknown")


def possible_owners() -> QuerySet[User]:
    """Filter the staff users who sign in by the company's sign-in and are not blocked."""
    staff = User.all_directories.filter(directory=User.Directory.STAFF, is_active=True)
    return staff.filter(staff_identity__isnull=False).exclude(staff_identity__issuer=break_glass.ISSUER)


def secret_until(*, program: bool, at: dt.datetime) -> dt.datetime | None:
    """Return when a secret that is made now ends; None for never."""
    return at + SECRET_VALIDITY if program else None


def create(
    *, application: Application, new: NewClient, owner: uuid.UUID | None, secret: str, at: dt.datetime
) -> Client:
    """Create the rows of a client; one without a secret gets none. Raises AlreadyExists and InvalidInput."""
    check_owner(owner, program=new.program)
    if ProtocolClient.objects.filter(pk=new.client_id).exists():
        raise AlreadyExists(field="client")
    row = _protocol_row(new, secret)
    return Client.objects.create(
        protocol=row,
        application=application,
        initiate_login_uri=new.initiate_login_uri,
        backchannel_logout_uri=new.backchannel_logout_uri,
        requires_pkce=new.requires_pkce,
        subject_per_organization=new.subject_per_organization,
        secret_made_at=at if new.has_secret else None,
        secret_until=secret_until(program=new.program, at=at) if new.has_secret else None,
        owner_id=owner,
        is_native=new.native,
        jwks_uri=new.jwks_uri,
        requires_par=new.requires_par,
        resources="\n".join(new.resources),
        token_algorithm=new.token_algorithm,
    )


def _protocol_row(new: NewClient, secret: str) -> ProtocolClient:
    kinds = ProtocolClient.Type
    row = ProtocolClient(
        id=new.client_id,
        name=new.name,
        secret=stored_secret(secret) if new.has_secret else "",
        type=kinds.PUBLIC if new.public else kinds.CONFIDENTIAL,
        skip_consent=new.skip_consent,
        grant_types=grant_types(device=new.device, program=new.program),
    )
    row.set_redirect_uris(list(new.redirect_uris))
    row.set_scopes(list(new.scopes))
    row.set_post_logout_redirect_uris(list(new.post_logout_redirect_uris))
    row.save(force_insert=True)
    return row


def grant_types(*, device: bool, program: bool) -> str:
    """Return the grant types as django-allauth's column has them."""
    more = [name for name, used in ((DEVICE_GRANT, device), ("client_credentials", program)) if used]
    return "\n".join(["authorization_code", "refresh_token", *more])


def stored_secret(secret: str) -> str:
    """Return the hash of a secret as django-allauth's column has it."""
    return f"machine${machine_secrets.hash_secret(secret)}"
