"""A registered client is read from django-allauth's row and Keyholder's row together."""

import datetime as dt
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from allauth.idp.oidc.models import Client as ProtocolClient

from audit.foundation import clock, db
from identity import machine_secrets

_HASHER = "machine$"
"""The prefix of `identity.people.hashers.MachineSecretHasher` in django-allauth's column."""


@dataclass(frozen=True, slots=True)
class RegisteredClient:
    """Describes a client, which belongs to one application.

    Redirect URIs are compared as strings, without wildcards (RFC 9700 §2.1).
    """

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
    requires_pkce: bool
    """Without it, a request may come without a code challenge (RFC 7636); one that comes is checked."""
    subject_per_organization: bool
    secret_until: dt.datetime | None = None
    """None for a secret without end."""
    former_secret: str = ""
    former_secret_until: dt.datetime | None = None
    is_native: bool = False
    jwks_uri: str = ""
    """It authenticates by keys from there (RFC 7523), and by no secret."""
    requires_par: bool = False
    resources: tuple[str, ...] = ()
    token_algorithm: str = "RS256"  # noqa: S105 - the name of an algorithm

    def verify_secret(self, secret: str) -> bool:
        """Compare in constant time; an empty secret never matches. A replaced secret matches until its end."""
        if self.jwks_uri:
            return False
        at, until = clock.wall(), self.former_secret_until
        if (self.secret_until is None or self.secret_until > at) and _matches(secret, self.stored_secret):
            return True
        return until is not None and until > at and _matches(secret, self.former_secret)


def _matches(secret: str, column: str) -> bool:
    stored = column.removeprefix(_HASHER)
    return bool(secret) and stored != column and machine_secrets.matches(secret=secret, stored=stored)


FIND = """
SELECT p.id, a.id, a.key, a.name::text,
       p.type = 'confidential', p.secret, p.redirect_uris,
       p.scopes, p.grant_types, NOT p.skip_consent, c.requires_pkce OR p.type <> 'confidential',
       c.subject_per_organization, c.former_secret, c.former_secret_until,
       c.is_native, c.jwks_uri, c.requires_par, c.resources, c.token_algorithm, c.secret_until
FROM allauth_idp_oidc_client p
JOIN identity_client c ON c.protocol_id = p.id AND c.is_active
JOIN identity_application a ON a.id = c.application_id AND a.is_active
WHERE p.id = %(client)s
"""
COLUMNS = 20
"""The number of columns of FIND."""


def find(*, client: str) -> RegisteredClient | None:
    """Find an active client of an active application. One statement."""
    row = db.fetch_one(FIND, {"client": client})
    return None if row is None else client_from_row(row)


_PUBLIC_ORIGIN = """
SELECT EXISTS (
    SELECT FROM allauth_idp_oidc_client p
    JOIN identity_client c ON c.protocol_id = p.id AND c.is_active AND NOT c.is_native
    JOIN identity_application a ON a.id = c.application_id AND a.is_active
    CROSS JOIN LATERAL unnest(string_to_array(p.redirect_uris, E'\\n')) AS typed
    CROSS JOIN LATERAL regexp_replace(regexp_replace(lower(typed),
        '^(https://[^/]*):443(/|$)', '\\1\\2'), '^(http://[^/]*):80(/|$)', '\\1\\2') AS uri
    WHERE p.type = 'public' AND starts_with(uri || '/', %(origin)s || '/')
)
"""


def is_public_origin(*, origin: str) -> bool:
    """Return whether a redirect URI of an active public client, which is no native program, is of this origin.

    One statement. An origin has no path (RFC 6454 §6.1), so a text with one is no origin. Browsers send it in lower
    case without the scheme's own port (§6.2), however the redirect URI was typed.
    """
    scheme, _, host = origin.partition("://")
    if scheme not in {"https", "http"} or not host or "/" in host or "\0" in origin:
        return False
    (found,) = db.fetch_only(_PUBLIC_ORIGIN, {"origin": origin})
    return bool(found)


def post_logout_redirect_uris(*, client: str) -> frozenset[str]:
    """Return where a client may send people after a sign-out (RP-Initiated Logout §3). One statement."""
    protocol = ProtocolClient.objects.only("data").get(pk=client)
    return frozenset(protocol.get_post_logout_redirect_uris())


def client_from_row(row: Sequence[Any]) -> RegisteredClient:
    """Build a client from a row of FIND."""
    protocol_id, application, key, names, confidential, secret, uris, scopes, grant_types, *settings = row
    asks_consent, requires_pkce, subject_per_organization, former_secret, former_secret_until, *newer = (
        settings
    )
    is_native, jwks_uri, requires_par, resources, token_algorithm, secret_until = newer
    return RegisteredClient(
        id=protocol_id,
        application=application,
        application_key=key,
        application_name=json.loads(names),
        confidential=confidential,
        stored_secret=secret,
        redirect_uris=tuple(_lines(uris)),
        scopes=frozenset(_lines(scopes)),
        grant_types=frozenset(_lines(grant_types)),
        asks_consent=asks_consent,
        requires_pkce=requires_pkce,
        subject_per_organization=subject_per_organization,
        secret_until=secret_until,
        former_secret=former_secret,
        former_secret_until=former_secret_until,
        is_native=is_native,
        jwks_uri=jwks_uri,
        requires_par=requires_par,
        resources=tuple(_lines(resources)),
        token_algorithm=token_algorithm,
    )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]
