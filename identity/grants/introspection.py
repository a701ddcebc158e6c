"""Token introspection (RFC 7662) reads the asking client and the token in one statement."""

from identity import machine_secrets
from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from identity.grants import tokens, validity
from identity.grants.tokens import CheckedToken

_INTROSPECT = "SELECT * FROM ({client}) client LEFT JOIN ({token}) token ON true"
_ACCESS = _INTROSPECT.format(client=clients_queries.FIND, token=tokens.CHECK)
_REFRESH = _INTROSPECT.format(client=clients_queries.FIND, token=tokens.CHECK_REFRESH)


def introspect(*, client: str, token: str) -> tuple[RegisteredClient | None, CheckedToken | None]:
    """Read the active client, and the valid access or refresh token; each is None where it is not.

    The client is not authenticated yet: the caller must authenticate it before it uses the token.
    """
    statement = _REFRESH if token.startswith(tokens.REFRESH_PREFIX) else _ACCESS
    row = validity.fetch_one(statement, client=client, token=machine_secrets.hash_candidates(token))
    if row is None:
        return None, None
    token_row = row[clients_queries.COLUMNS :]
    return clients_queries.client_from_row(row[: clients_queries.COLUMNS]), tokens.token_from_row(
        token_row if token_row[0] is not None else None
    )
