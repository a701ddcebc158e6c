"""A service user gets opaque access tokens for its secret, without a refresh token (RFC 6749 §4.4)."""

import datetime as dt
import uuid
from dataclasses import dataclass, replace

from audit.foundation import clock, db
from identity import machine_secrets
from identity.grants import signed_tokens, validity
from identity.service_users import queries
from identity.service_users.models import ServiceToken
from identity.service_users.queries import ServiceUserInForce

TOKEN_PREFIX = "kht"  # noqa: S105 - a prefix
SECRET_PREFIX = "khs"  # noqa: S105 - a prefix
LIFETIME = dt.timedelta(minutes=10)
RETENTION = dt.timedelta(hours=2)
"""Longer than `signed_tokens.SKEW`: a row that is inserted again comes too late for its token."""


@dataclass(frozen=True, slots=True)
class ServiceClient:
    """Holds a service user in force, with the stored hashes of its secrets or the address of its keys."""

    service_user: ServiceUserInForce
    secret_hash: str
    former_secret_hash: str
    former_secret_until: dt.datetime | None
    jwks_uri: str
    at: dt.datetime

    def verify_secret(self, secret: str) -> bool:
        """Compare in constant time; an empty secret never matches. A replaced secret matches until its end."""
        if not secret or self.jwks_uri:
            return False
        if machine_secrets.matches(secret=secret, stored=self.secret_hash):
            return True
        until = self.former_secret_until
        is_open = until is not None and until > self.at
        return is_open and machine_secrets.matches(secret=secret, stored=self.former_secret_hash)


@dataclass(frozen=True, slots=True)
class CheckedServiceToken:
    """Describes a token that was valid at `at`; the service user has the scopes of the token alone."""

    service_user: ServiceUserInForce
    at: dt.datetime


_FIND = f"""
WITH {validity.NOW}
SELECT {queries.COLUMNS}, u.secret_hash, u.former_secret_hash, u.former_secret_until, u.jwks_uri, now.at
FROM now, identity_service_user_at(now.at) s JOIN identity_serviceuser u ON u.id = s.id
WHERE s.id = %(id)s AND s.in_force
"""  # noqa: S608 - constants

_ISSUE = f"""
WITH {validity.NOW}
INSERT INTO identity_servicetoken (hash, service_user_id, scopes, issued_at, expires_at)
SELECT %(hash)s, %(id)s, %(scopes)s, now.at, now.at + %(lifetime)s FROM now
"""  # noqa: S608 - constants

_CHECK = f"""
WITH {validity.NOW},
token AS MATERIALIZED (
  SELECT t.service_user_id, t.scopes, now.at FROM identity_servicetoken t, now
  WHERE t.hash = ANY(%(hashes)s) AND t.service_user_id = %(id)s AND t.expires_at > now.at AND t.ended_at IS NULL
)
SELECT {queries.COLUMNS}, token.scopes, token.at
FROM token, identity_service_user_at(token.at) s WHERE s.id = token.service_user_id AND s.in_force
"""  # noqa: S608 - constants

_REVOKE = f"""
WITH {validity.NOW}
UPDATE identity_servicetoken SET ended_at = (SELECT at FROM now)
WHERE hash = ANY(%(hashes)s) AND service_user_id = %(client)s AND service_user_id = %(id)s AND ended_at IS NULL
"""  # noqa: S608 - constants


def find(*, client: str) -> ServiceClient | None:
    """Find the service user of this client id, while it is in force. One statement, none for another form of id."""
    try:
        service_user = uuid.UUID(client)
    except ValueError:
        return None
    if str(service_user) != client:
        return None
    row = validity.fetch_one(_FIND, id=service_user)
    if row is None:
        return None
    *columns, secret_hash, former_hash, former_until, jwks_uri, at = row
    found = queries.from_row(tuple(columns))
    return ServiceClient(found, secret_hash, former_hash, former_until, jwks_uri, at)


def issue(*, service_user: uuid.UUID, scopes: frozenset[str]) -> str:
    """Issue a token with these scopes. One statement. Each use of it asks whether the service user is in force."""
    token = signed_tokens.generate(prefix=TOKEN_PREFIX, at=clock.wall(), family=service_user)
    parameters = {
        "hash": machine_secrets.hash_secret(token),
        "id": service_user,
        "scopes": " ".join(sorted(scopes)),
        "lifetime": LIFETIME,
        "offset": clock.offset(),
    }
    db.fetch_all(_ISSUE, parameters)
    return token


def check(*, token: str) -> CheckedServiceToken | None:
    """Return whose valid token this is, or None. One statement, none for a text that we did not sign."""
    presented = signed_tokens.verify(token, prefix=TOKEN_PREFIX, lifetime=LIFETIME)
    if presented.family is None:
        return None
    row = validity.fetch_one(_CHECK, hashes=presented.hashes, id=presented.family)
    if row is None:
        return None
    *columns, scopes, at = row
    found = queries.from_row(tuple(columns))
    return CheckedServiceToken(replace(found, scopes=found.scopes & frozenset(scopes.split())), at)


def revoke(*, token: str, client: uuid.UUID) -> None:
    """End a token of this service user (RFC 7009 §2.1); another text ends nothing."""
    presented = signed_tokens.verify(token, prefix=TOKEN_PREFIX)
    if presented.family is not None:
        parameters = {"hashes": presented.hashes, "id": presented.family, "client": client}
        db.fetch_all(_REVOKE, {**parameters, "offset": clock.offset()})


def purge(*, at: dt.datetime) -> int:
    """Delete tokens that expired more than RETENTION before `at`. Returns the rows deleted."""
    deleted, _ = ServiceToken.objects.filter(expires_at__lte=at - RETENTION).delete()
    return deleted
