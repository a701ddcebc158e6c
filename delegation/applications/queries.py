"""People open services from the portal; staff read the applications with their clients."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audit.foundation.actor import Actor
from audit.foundation.intervals import InForce
from delegation.access.queries import Text
from delegation.applications import client_settings, new_client, scope
from delegation.authorization.models.staff import StaffRight
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
class ApplicationSlice:
    """Holds a page of applications; `next` is its last one where more follow."""

    views: Sequence[ApplicationView]
    next: uuid.UUID | None


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
    subject_per_organization: bool = False
    """Whether a person has another `sub` for each customer."""
    jwks_uri: str = ""
    """Empty for a client that authenticates by a secret, or not at all."""
    requires_par: bool = False
    device: bool = False
    program: bool = False
    resources: Sequence[str] = ()
    token_algorithm: str = "RS256"  # noqa: S105 - the name of an algorithm
    secret_until: dt.datetime | None = None
    """When the present secret ends; None for one without end."""
    owner: uuid.UUID | None = None
    """The member of the staff who answers for it."""
    owner_name: str = ""
    owner_has_left: bool = False
    """Whether the owner is blocked, or has no staff right in force."""


_MOST = 500
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


def page(*, actor: Actor, at: dt.datetime, after: uuid.UUID | None, size: int) -> ApplicationSlice | None:
    """Read the applications after this one, by key; None where it is not among them. Four statements at most."""
    rows = scope.applications(actor=actor, verb=Verb.APPLICATION_VIEW, at=at).order_by("key")
    if after is not None:
        last = rows.filter(id=after).values_list("key", flat=True).first()
        if last is None:
            return None
        rows = rows.filter(key__gt=last)
    found = [_view(row) for row in rows.select_related("unit")[: size + 1]]
    return ApplicationSlice(found[:size], found[size - 1].id if len(found) > size else None)


def find(
    *, actor: Actor, key: str, at: dt.datetime, verb: Verb = Verb.APPLICATION_VIEW
) -> ApplicationView | None:
    """Find an application to which this staff member, or their program, may do `verb`. Three statements at most."""
    rows = scope.applications(actor=actor, verb=verb, at=at).select_related("unit")
    row = rows.filter(key=key).first()
    return None if row is None else _view(row)


def clients(*, applications: Collection[uuid.UUID], at: dt.datetime) -> Mapping[uuid.UUID, list[ClientView]]:
    """Read the clients of these applications, oldest first. One statement."""
    found: dict[uuid.UUID, list[ClientView]] = {application: [] for application in applications}
    rows = _with_owner(Client.objects.filter(application__in=applications), at)
    for row in rows.order_by("protocol__created_at", "protocol_id"):
        found[row.application_id].append(_client(row))
    return found


def _with_owner(rows: QuerySet[Client], at: dt.datetime) -> QuerySet[Client]:
    rights = StaffRight.objects.filter(InForce(at), user=OuterRef("owner"))
    return rows.select_related("protocol", "owner").annotate(owner_has_right=Exists(rights))


def owners() -> Mapping[uuid.UUID, str]:
    """Return the names of the staff who may own a client, in their order. One statement."""
    rows = new_client.possible_owners().order_by("sort_key", "pk")
    return dict(rows.values_list("pk", "name"))


def owned_by(*, user: uuid.UUID) -> list[str]:
    """Return the names of the open clients that this member of the staff owns, in order. One statement."""
    rows = Client.objects.filter(owner=user, is_active=True, application__is_active=True)
    return list(rows.order_by("protocol__name", "pk").values_list("protocol__name", flat=True))


@dataclass(frozen=True, slots=True)
class ExpiringSecret:
    """Describes a client whose secret ends soon; `contact` is empty for an owner who has left, or has no address."""

    client: str
    until: dt.datetime
    owner: uuid.UUID
    contact: str
    language: str


def expiring(
    *, at: dt.datetime, until: dt.datetime, notified: Collection[uuid.UUID], reachable: bool
) -> list[ExpiringSecret]:
    """List the open clients whose present secret ends from `at` to `until`, by end, up to 500. One statement.

    Without those whose owner is in `notified`, and with `reachable` those that would have no `contact`.
    """
    open_clients = Client.objects.filter(
        is_active=True, application__is_active=True, secret_until__gt=at, secret_until__lte=until
    ).exclude(owner=None)
    rows: QuerySet[Any] = _with_owner(open_clients, at).exclude(owner__in=notified)
    if reachable:
        rows = rows.filter(owner__is_active=True, owner_has_right=True).exclude(owner__contact="")
    return [
        ExpiringSecret(
            client=row.protocol.name,
            until=row.secret_until or until,
            owner=row.owner.pk,
            contact="" if _has_left(row) else row.owner.contact,
            language=row.owner.language,
        )
        for row in rows.order_by("secret_until", "pk")[:_MOST]
        if row.owner is not None
    ]


def _has_left(row: Any) -> bool:
    return row.owner is not None and not (row.owner.is_active and row.owner_has_right)


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
        subject_per_organization=row.subject_per_organization,
        secret_until=row.secret_until,
        owner=row.owner_id,
        owner_name=row.owner.name if row.owner else "",
        owner_has_left=_has_left(row),
        **{name: settings[name] for name in _SHOWN},
    )
