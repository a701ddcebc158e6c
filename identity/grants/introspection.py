"""Token introspection (RFC 7662) reads the asking client and the token in one statement."""

from identity.clients import queries as clients_queries
from identity.clients.queries import RegisteredClient
from identity.grants import tokens, validity
from identity.grants.signed_tokens import SignedToken
from identity.grants.tokens import CheckedToken

_INTROSPECT = "SELECT * FROM ({client}) client LEFT JOIN ({token}) token ON true"
_ACCESS = _INTROSPECT.format(client=clients_queries.FIND, token=tokens.CHECK)
_REFRESH = _INTROSPECT.format(client=clients_queries.FIND, token=tokens.CHECK_REFRESH)


def introspect(
    *, client: str, token: str | SignedToken
) -> tuple[RegisteredClient | None, CheckedToken | None]:
    """Read the active client, and the valid access or refresh token; each is None where it is not.

    The client is not authenticated yet: the caller must authenticate it before it uses the token.
    """
    if isinstance(token, str) and token.startswith(tokens.REFRESH_PREFIX):
        statement, params = _REFRESH, tokens.lookup(token, tokens.REFRESH_PREFIX, tokens.FAMILY_LIFETIME)
    else:
        statement, params = _ACCESS, tokens.lookup(token, tokens.ACCESS_PREFIX, tokens.ACCESS_LIFETIME)
    row = validity.fetch_one(statement, client=client, **params)
    if row is None:
        return None, None
    token_row = row[clients_queries.COLUMNS :]
    return clients_queries.client_from_row(row[: clients_queries.COLUMNS]), tokens.token_from_row(
        token_row if token_row[0] is not None else None
    )
