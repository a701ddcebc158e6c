"""Clients as the protocol needs them: django-allauth's row and ours, read together."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from identity import machine_secrets
from identity.grants import validity

_HASHER = "machine$"
"""The prefix of `identity.people.hashers.Machine`, under which django-allauth's row keeps the secret."""


@dataclass(frozen=True, slots=True)
class RegisteredClient:
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

    def verify_secret(self, given: str) -> bool:
        """Whether `given` is this client's secret; an empty one never is."""
        stored = self.stored_secret.removeprefix(_HASHER)
        return (
            bool(given)
            and stored != self.stored_secret
            and machine_secrets.matches(secret=given, stored=stored)
        )


FIND = """
SELECT p.id, a.id, a.key, a.name::text,
       p.type = 'confidential', p.secret, p.redirect_uris,
       p.scopes, p.grant_types, NOT p.skip_consent
FROM allauth_idp_oidc_client p
JOIN identity_client c ON c.protocol_id = p.id AND c.is_active
JOIN identity_application a ON a.id = c.application_id AND a.is_active
WHERE p.id = %(client)s
"""
COLUMNS = 10


def find(*, client: str) -> RegisteredClient | None:
    """A client in force whose application is in force. One statement."""
    row = validity.grant_from_row(FIND, client=client)
    return None if row is None else client_from_row(row)


def client_from_row(row: Sequence[Any]) -> RegisteredClient:
    """From a row of FIND."""
    name, application, key, names, confidential, stored, addresses, scopes, kinds, asks_consent = row
    return RegisteredClient(
        id=name,
        application=application,
        application_key=key,
        application_name=json.loads(names),
        confidential=confidential,
        stored_secret=stored,
        redirect_uris=tuple(_lines(addresses)),
        scopes=frozenset(_lines(scopes)),
        grant_types=frozenset(_lines(kinds)),
        asks_consent=asks_consent,
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
