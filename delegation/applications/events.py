"""The events of a client describe it as it is afterwards."""

from typing import Any

from audit.foundation import digests
from identity.clients.models import Client

PROTOCOL_COLUMNS = ("type", "secret", "redirect_uris", "scopes", "grant_types", "response_types")
CLIENT_COLUMNS = ("initiate_login_uri", "backchannel_logout_uri", "former_secret", "jwks_uri", "resources")


def client_facts(client: Client) -> dict[str, Any]:
    """Return the facts from which the rows of a client are rebuilt; secrets and addresses stand as digests."""
    until = client.former_secret_until
    return {
        "client": client.protocol_id,
        "client_active": client.is_active,
        "client_opened_at": client.opened_at.isoformat() if client.opened_at else None,
        "skip_consent": client.protocol.skip_consent,
        "requires_pkce": client.requires_pkce,
        "subject_per_organization": client.subject_per_organization,
        "is_native": client.is_native,
        "requires_par": client.requires_par,
        "token_algorithm": client.token_algorithm,
        "secret_made_at": client.secret_made_at.isoformat() if client.secret_made_at else None,
        "secret_until": client.secret_until.isoformat() if client.secret_until else None,
        "client_owner": str(client.owner_id) if client.owner_id else None,
        "former_secret_until": until.isoformat() if until else None,
        "client_digests": client_digests(client),
    }


def client_digests(client: Client) -> dict[str, str]:
    """Return the digests of the columns that decide how a client authenticates and who receives a person's data.

    `data` stands for its list of addresses after sign-out.
    """
    protocol = client.protocol
    return {
        **{column: digests.digest(getattr(protocol, column)) for column in PROTOCOL_COLUMNS},
        **{column: digests.digest(getattr(client, column)) for column in CLIENT_COLUMNS},
        "data": digests.digest("\n".join(protocol.get_post_logout_redirect_uris())),
    }
