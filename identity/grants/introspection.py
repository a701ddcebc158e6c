"""A client that asks about a token: who asks and what it asks about, in one statement."""

from identity import machine_secrets
from identity.grants import clients, tokens, validity
from identity.grants.clients import RegisteredClient
from identity.grants.tokens import CheckedToken

_INTROSPECT = "SELECT * FROM ({asking}) asking LEFT JOIN ({about}) about ON true"
_ACCESS = _INTROSPECT.format(asking=clients.FIND, about=tokens.CHECK)
_REFRESH = _INTROSPECT.format(asking=clients.FIND, about=tokens.CHECK_REFRESH)


def introspect(*, client: str, token: str) -> tuple[RegisteredClient | None, CheckedToken | None]:
    """The client in force, and what an access or refresh token stands for, while it holds.

    Whoever asks has proved nothing yet: of the second nothing may be said before the first has.
    """
    statement = _REFRESH if token.startswith(tokens.REFRESH_PREFIX) else _ACCESS
    row = validity.grant_from_row(statement, client=client, token=machine_secrets.hash_candidates(token))
    if row is None:
        return None, None
    held = row[clients.COLUMNS :]
    return clients.client_from_row(row[: clients.COLUMNS]), tokens.token_from_row(
        held if held[0] is not None else None
    )
