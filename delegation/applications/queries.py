"""Services that can be opened from here."""

from dataclasses import dataclass

from delegation.access.queries import Text
from identity.clients.models import Client


@dataclass(frozen=True, slots=True)
class Service:
    """A service with the address that begins a sign-in there (OpenID Connect Core §4), empty where it has none."""

    key: str
    name: Text
    initiate_login_uri: str
    icon: str
    """Name of an icon; empty: the page's default."""


def services() -> list[Service]:
    """All services in force, one row each. One statement."""
    rows = Client.objects.filter(is_active=True, application__is_active=True).select_related("application")
    found: dict[str, Service] = {}
    for row in rows.order_by("application__key", "protocol_id"):
        app = row.application
        known = found.get(app.key)
        if known is None or not known.initiate_login_uri:
            found[app.key] = Service(app.key, app.name, row.initiate_login_uri, app.icon)
    return list(found.values())
