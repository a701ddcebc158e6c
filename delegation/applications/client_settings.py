"""What can be changed of a client is read, checked and stored by these names, which are those of the desk's form."""

from collections.abc import Mapping
from typing import Any

from delegation.applications import client_addresses, new_client
from delegation.authorization import input_cleaning
from identity.clients.models import Client

_COLUMNS = (
    "initiate_login_uri",
    "backchannel_logout_uri",
    "jwks_uri",
    "token_algorithm",
    "requires_pkce",
    "requires_par",
    "is_active",
)
"""Settings that are stored as they are."""
NAMES = frozenset(
    {
        *_COLUMNS,
        "name",
        "owner",
        "redirect_uris",
        "post_logout_redirect_uris",
        "resources",
        "device",
        "program",
    }
)


def settings_of(row: Client) -> dict[str, Any]:
    """Return the settings of a client."""
    grant_types = row.protocol.get_grant_types()
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        "name": row.protocol.name,
        "owner": row.owner_id,
        "redirect_uris": row.protocol.get_redirect_uris(),
        "post_logout_redirect_uris": row.protocol.get_post_logout_redirect_uris(),
        "resources": row.resources.split(),
        "device": new_client.DEVICE_GRANT in grant_types,
        "program": _is_program(row),
    }


def _is_program(row: Client) -> bool:
    return "client_credentials" in row.protocol.get_grant_types()


def check(row: Client, after: Mapping[str, Any]) -> None:
    """Raise InvalidInput for settings that could not be used, or only half-way."""
    public = row.protocol.type == row.protocol.Type.PUBLIC
    input_cleaning.line(after["name"], field="name", longest=100, required=True)
    new_client.check_kind(
        public=public,
        native=row.is_native,
        jwks_uri=after["jwks_uri"],
        program=after["program"],
        resources=after["resources"],
    )
    new_client.check_pkce(public=public, requires_pkce=after["requires_pkce"])
    new_client.check_algorithm(after["token_algorithm"])
    new_client.check_return(after["redirect_uris"], device=after["device"], program=after["program"])
    if (after["owner"], after["program"]) != (row.owner_id, _is_program(row)):
        new_client.check_owner(after["owner"], program=after["program"])
    client_addresses.check(
        native=row.is_native,
        redirect_uris=after["redirect_uris"],
        post_logout_redirect_uris=after["post_logout_redirect_uris"],
        others={name: after[name] for name in ("initiate_login_uri", "backchannel_logout_uri", "jwks_uri")},
    )


def apply(row: Client, after: Mapping[str, Any]) -> None:
    """Store the settings of a client, and the instant at which it was opened again."""
    protocol = row.protocol
    protocol.name = after["name"]
    protocol.set_redirect_uris(list(after["redirect_uris"]))
    protocol.set_post_logout_redirect_uris(list(after["post_logout_redirect_uris"]))
    protocol.grant_types = new_client.grant_types(device=after["device"], program=after["program"])
    protocol.save(update_fields=["name", "redirect_uris", "data", "grant_types"])
    for name in _COLUMNS:
        setattr(row, name, after[name])
    row.resources = "\n".join(after["resources"])
    row.owner_id = after["owner"]
    row.save(update_fields=["opened_at", "resources", "owner", *_COLUMNS])
