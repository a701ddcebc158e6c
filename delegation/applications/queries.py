"""People can open these services from the portal."""

from dataclasses import dataclass

from delegation.access.queries import Text
from identity.clients.models import Client


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
