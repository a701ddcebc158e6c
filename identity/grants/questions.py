"""A client that asks about a token: who asks and what it asks about, in one statement."""

from identity import secret
from identity.grants import clients, force, tokens
from identity.grants.clients import Registered
from identity.grants.tokens import Checked

_ASKED = "SELECT * FROM ({asking}) asking LEFT JOIN ({about}) about ON true"
_ACCESS = _ASKED.format(asking=clients.FIND, about=tokens.CHECK)
_REFRESH = _ASKED.format(asking=clients.FIND, about=tokens.CHECK_REFRESH)


def asked(*, client: str, token: str) -> tuple[Registered | None, Checked | None]:
    """The client in force, and what an access or refresh token stands for, while it holds.

    Whoever asks has proved nothing yet: of the second nothing may be said before the first has.
    """
    statement = _REFRESH if token.startswith(tokens.REFRESH_PREFIX) else _ACCESS
    row = force.one(statement, client=client, token=secret.hashes(token))
    if row is None:
        return None, None
    held = row[clients.COLUMNS :]
    return clients.registered(row[: clients.COLUMNS]), tokens.checked(held if held[0] is not None else None)
