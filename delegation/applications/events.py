"""The event of a new application describes its client."""

from audit.foundation import digests
from identity.clients.models import Client

PROTOCOL_COLUMNS = ("type", "secret", "redirect_uris", "scopes", "grant_types", "response_types")
CLIENT_COLUMNS = ("initiate_login_uri", "backchannel_logout_uri")


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
