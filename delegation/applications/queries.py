"""People open services from the portal; staff read the applications with their clients."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from audit.foundation.actor import Actor
from delegation.access.queries import Text
from delegation.applications import client_settings, scope
from delegation.authorization.verbs import Verb
from identity.clients.models import Application, Client


@dataclass(frozen=True, slots=True)
class Service:
    """Describes a service. A sign-in begins at `initiate_login_uri` (OpenID Connect Core §4), empty for none."""

    key: str
    name: Text
    initiate_login_uri: str
    icon: str
    """Name of an icon; empty: the page's default."""


def services() -> list[Service]:
    """List all active services, each once. One statement."""
    rows = Client.objects.filter(is_active=True, application__is_active=True).select_related("application")
    by_key: dict[str, Service] = {}
    for row in rows.order_by("application__key", "protocol_id"):
        app = row.application
        known = by_key.get(app.key)
        if known is None or not known.initiate_login_uri:
            by_key[app.key] = Service(app.key, app.name, row.initiate_login_uri, app.icon)
    return list(by_key.values())


@dataclass(frozen=True, slots=True)
class ApplicationView:
    """Describes an application to staff."""

    id: uuid.UUID
    key: str
    name: Text
    unit: str
    """The name of its business unit."""
    created_at: dt.datetime
    row: Application
    """What commands take."""


@dataclass(frozen=True, slots=True)
class ClientView:
    """Describes an OpenID Connect client to staff, without its secret."""

    id: str
    name: str
    confidential: bool
    is_active: bool
    requires_pkce: bool
    redirect_uris: Sequence[str]
    post_logout_redirect_uris: Sequence[str]
    initiate_login_uri: str
    backchannel_logout_uri: str
    created_at: dt.datetime
    secret_made_at: dt.datetime | None
    """None for a public client."""
    former_secret_until: dt.datetime | None
    """Until when the replaced secret is accepted, which may be over."""
    native: bool = False
    jwks_uri: str = ""
    """Empty for a client that authenticates by a secret, or not at all."""
    requires_par: bool = False
    device: bool = False
    program: bool = False
    resources: Sequence[str] = ()
    token_algorithm: str = "RS256"  # noqa: S105 - the name of an algorithm


_SHOWN = ("jwks_uri", "requires_par", "device", "program", "resources", "token_algorithm")


def units(*, actor: Actor, at: dt.datetime) -> Mapping[str, str]:
    """Return the names of the business units for which this staff member may register applications, by key.

    Two statements.
    """
    rows = scope.units(actor=actor, verb=Verb.APPLICATION_REGISTER, at=at)
    return dict(rows.order_by("name", "key").values_list("key", "name"))


def applications(*, actor: Actor, at: dt.datetime) -> list[ApplicationView]:
    """List the applications that this staff member may view, by key. Two statements."""
    rows = scope.applications(actor=actor, verb=Verb.APPLICATION_VIEW, at=at).select_related("unit")
    return [_view(row) for row in rows.order_by("key")]


def find(*, actor: Actor, key: str, at: dt.datetime) -> ApplicationView | None:
    """Find an application that this staff member may view. Two statements."""
    rows = scope.applications(actor=actor, verb=Verb.APPLICATION_VIEW, at=at).select_related("unit")
    row = rows.filter(key=key).first()
    return None if row is None else _view(row)


def clients(*, applications: Collection[uuid.UUID]) -> Mapping[uuid.UUID, list[ClientView]]:
    """Read the clients of these applications, oldest first. One statement."""
    found: dict[uuid.UUID, list[ClientView]] = {application: [] for application in applications}
    rows = Client.objects.filter(application__in=applications).select_related("protocol")
    for row in rows.order_by("protocol__created_at", "protocol_id"):
        found[row.application_id].append(_client(row))
    return found


def _view(row: Application) -> ApplicationView:
    return ApplicationView(row.id, row.key, row.name, row.unit.name, row.created_at, row)


def _client(row: Client) -> ClientView:
    protocol, settings = row.protocol, client_settings.settings_of(row)
    return ClientView(
        id=protocol.id,
        name=protocol.name,
        confidential=protocol.type == protocol.Type.CONFIDENTIAL,
        is_active=row.is_active,
        requires_pkce=row.requires_pkce or protocol.type != protocol.Type.CONFIDENTIAL,
        redirect_uris=tuple(protocol.get_redirect_uris()),
        post_logout_redirect_uris=tuple(protocol.get_post_logout_redirect_uris()),
        initiate_login_uri=row.initiate_login_uri,
        backchannel_logout_uri=row.backchannel_logout_uri,
        created_at=protocol.created_at,
        secret_made_at=row.secret_made_at,
        former_secret_until=row.former_secret_until,
        native=row.is_native,
        **{name: settings[name] for name in _SHOWN},
    )
