"""Clients as the protocol needs them: django-allauth's row and ours, read together."""

import json
import uuid
from dataclasses import dataclass

from identity import secret
from identity.grants import force

_HASHER = "machine$"
"""The prefix of `identity.hashers.Machine`, under which django-allauth's row keeps the secret."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A client of an application. Addresses are compared as they are written; wildcards mean nothing here."""

    id: str
    application: uuid.UUID
    application_key: str
    application_name: dict[str, str]
    confidential: bool
    stored_secret: str
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    grant_types: frozenset[str]
    asks_consent: bool

    def proves_itself_by(self, given: str) -> bool:
        """Whether `given` is this client's secret; an empty one never is."""
        stored = self.stored_secret.removeprefix(_HASHER)
        return bool(given) and stored != self.stored_secret and secret.matches(secret=given, stored=stored)


_FIND = """
SELECT p.id, a.id, a.key, a.name::text,
       p.type = 'confidential', p.secret, string_to_array(p.redirect_uris, E'\\n'),
       string_to_array(p.scopes, E'\\n'), string_to_array(p.grant_types, E'\\n'), NOT p.skip_consent
FROM allauth_idp_oidc_client p
JOIN identity_client c ON c.protocol_id = p.id AND c.is_active
JOIN identity_application a ON a.id = c.application_id AND a.is_active
WHERE p.id = %(client)s
"""


def find(*, client: str) -> Registered | None:
    """A client in force whose application is in force. One statement."""
    row = force.one(_FIND, client=client)
    if row is None:
        return None
    addresses, scopes, grants = ([line.strip() for line in lines if line.strip()] for lines in row[6:9])
    return Registered(
        *row[:3],
        json.loads(row[3]),
        *row[4:6],
        redirect_uris=tuple(addresses),
        scopes=frozenset(scopes),
        grant_types=frozenset(grants),
        asks_consent=row[9],
    )
