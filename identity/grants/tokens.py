"""A token family has opaque access tokens, and refresh tokens with rotation (RFC 9700 §4.14.2).

A refresh token is used once. A second use is the retry of a client that authenticates (`grants.retries`), or it ends
the family.
"""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from audit.foundation import actor, clock
from audit.foundation.actor import Channel
from audit.log import observations
from audit.log.ledger import Subject
from identity import machine_secrets
from identity.grants import signed_tokens, validity
from identity.grants.signed_tokens import SignedToken
from identity.grants.validity import GrantContext

ACCESS_PREFIX = "kha"
REFRESH_PREFIX = "khr"
ACCESS_LIFETIME = dt.timedelta(minutes=10)
SIGNED_LIFETIME = dt.timedelta(minutes=5)
"""Of an access token for a resource, which reads it offline and hears of no ending."""
FAMILY_LIFETIME = dt.timedelta(hours=12)
"""Absolute: rotation does not extend it."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Holds new tokens in clear text. `refresh` is empty for a client that may not refresh.

    `identifier` and `expires_at` are those of the access token's row.
    """

    access: str
    refresh: str
    identifier: str = ""
    expires_at: dt.datetime | None = None

    def without_refresh(self) -> "TokenPair":
        """Leave the refresh token out, for a client that may not refresh."""
        return replace(self, refresh="")

    def stored(self, *, family: uuid.UUID, expires_at: dt.datetime) -> "TokenPair":
        """Add what the statement stored."""
        identifier = f"{machine_secrets.hash_secret(self.access)}.{family.hex}"
        return replace(self, identifier=identifier, expires_at=expires_at)


class CheckedToken(NamedTuple):
    """Describes a token that was valid at `grant.at`."""

    grant: GrantContext
    issued_at: dt.datetime
    expires_at: dt.datetime


def generate_pair(*, family: uuid.UUID) -> TokenPair:
    """Generate new tokens of this family, which are not stored yet."""
    at = clock.wall()
    return TokenPair(
        access=signed_tokens.generate(prefix=ACCESS_PREFIX, at=at, family=family),
        refresh=signed_tokens.generate(prefix=REFRESH_PREFIX, at=at, family=family),
    )


def storage_params(pair: TokenPair) -> dict[str, Any]:
    """Return the parameters with which a statement stores a pair: hashes only."""
    return {**access_params(pair), "refresh": machine_secrets.hash_secret(pair.refresh)}


def access_params(pair: TokenPair) -> dict[str, Any]:
    """Return the parameters with which a statement stores the access token alone."""
    return {
        "access": machine_secrets.hash_secret(pair.access),
        "access_lifetime": ACCESS_LIFETIME,
        "signed_lifetime": SIGNED_LIFETIME,
    }


# The scopes of the response are the requested ones, a subset of the family's, or else the family's (RFC 6749 §6).
FAMILY = """SELECT g.* FROM identity_{table} t
  JOIN identity_tokenfamily g ON g.id = t.family_id AND g.id = %(family)s AND g.ended_at IS NULL
  WHERE t.hash = ANY(%(token)s)"""
OF_CLIENT = " AND g.client_id = %(client)s"
# A token that is read offline ends with the membership's period and with its family, as far as they are known now.
ACCESS_END = """CASE WHEN {source}.resource = '' THEN {source}.at + %(access_lifetime)s
  ELSE least({source}.at + %(signed_lifetime)s, {source}.grant_end,
             (SELECT min(p.valid_until) FROM identity_membershipperiod p
              WHERE p.membership_id = {source}.membership AND p.state = 'active'
                AND in_force(p.valid_from, p.valid_until, {source}.at))) END"""
INSERT_ACCESS = f"""
  INSERT INTO identity_accesstoken (hash, family_id, scopes, issued_at, expires_at)
  SELECT %(access)s, family_id, coalesce(nullif(array_to_string(%(scopes)s::text[], ' '), ''), scopes),
         at, {ACCESS_END} FROM {{source}}
  RETURNING expires_at
"""  # noqa: S608 - constants of this package
_REFRESH = f"""
WITH {validity.valid_grant(FAMILY.format(table="refreshtoken") + OF_CLIENT)},
used AS (
  UPDATE identity_refreshtoken t SET used_at = v.at FROM valid_grant v
  WHERE t.hash = ANY(%(token)s) AND t.used_at IS NULL AND string_to_array(v.scopes, ' ') @> %(scopes)s::text[]
    AND v.resource = ANY(%(resources)s::text[])
  RETURNING t.family_id, t.used_at AS at, v.scopes, v.resource, v.membership, (SELECT expires_at FROM g) AS grant_end
),
refresh AS (
  INSERT INTO identity_refreshtoken (hash, family_id, issued_at) SELECT %(refresh)s, family_id, at FROM used
),
access AS ({INSERT_ACCESS.format(source="used")})
SELECT v.*, access.expires_at FROM valid_grant v, used, access
"""  # noqa: S608 - constants of this package

_REPLAYED = f"""
WITH {validity.NOW},
family AS (
  SELECT g.id, m.organization_id, g.membership_id, a.key
  FROM identity_refreshtoken t, identity_tokenfamily g, identity_membership m, identity_client c,
       identity_application a
  WHERE t.hash = ANY(%(token)s) AND t.used_at IS NOT NULL AND g.id = t.family_id AND g.id = %(family)s
    AND g.client_id = %(client)s AND m.id = g.membership_id AND c.protocol_id = g.client_id AND a.id = c.application_id
),
ended AS (
  UPDATE identity_tokenfamily SET ended_at = (SELECT at FROM now), logout_at = (SELECT at FROM now)
  WHERE id = (SELECT id FROM family) AND ended_at IS NULL RETURNING id
)
SELECT family.organization_id, family.membership_id, family.id, family.key, EXISTS (SELECT 1 FROM ended) FROM family
"""  # noqa: S608 - constants of this package

CHECK = f"""
WITH {validity.valid_grant(FAMILY.format(table="accesstoken"))}
SELECT v.*, t.issued_at, t.expires_at, t.scopes
FROM valid_grant v JOIN identity_accesstoken t ON t.hash = ANY(%(token)s) AND t.expires_at > v.at AND t.ended_at IS NULL
"""  # noqa: S608 - constants of this package

CHECK_REFRESH = f"""
WITH {validity.valid_grant(FAMILY.format(table="refreshtoken") + " AND t.used_at IS NULL")}
SELECT v.*, t.issued_at, g.expires_at, g.scopes
FROM valid_grant v JOIN g ON true JOIN identity_refreshtoken t ON t.hash = ANY(%(token)s)
"""  # noqa: S608 - constants of this package

_REVOKE_ACCESS = f"""
WITH {validity.NOW}
UPDATE identity_accesstoken t SET ended_at = (SELECT at FROM now)
FROM identity_tokenfamily g
WHERE t.hash = ANY(%(token)s) AND t.ended_at IS NULL AND g.id = t.family_id AND g.id = %(family)s
  AND g.client_id = %(client)s RETURNING t.hash
"""  # noqa: S608 - constants of this package

_REVOKE_FAMILY = f"""
WITH {validity.NOW}
UPDATE identity_tokenfamily g SET ended_at = (SELECT at FROM now),
    logout_at = CASE WHEN %(notify)s THEN (SELECT at FROM now) END
FROM identity_refreshtoken t
WHERE t.hash = ANY(%(token)s) AND g.id = t.family_id AND g.id = %(family)s AND g.client_id = %(client)s
  AND g.ended_at IS NULL RETURNING g.id
"""  # noqa: S608 - constants of this package


def lookup(token: str | SignedToken, prefix: str, lifetime: dt.timedelta | None = None) -> dict[str, Any]:
    """Return the parameters that find a token's row in its own family. Those of an unknown text match no row."""
    presented = token
    if isinstance(presented, str):
        presented = signed_tokens.verify(presented, prefix=prefix, lifetime=lifetime)
    return {"token": presented.hashes, "family": presented.family}


def identified(identifier: str) -> SignedToken:
    """Return the access token that `TokenPair.identifier` names. Only for an identifier that the issuer signed.

    A client that presents the identifier itself presents no token.
    """
    stored, _, family = identifier.rpartition(".")
    try:
        return SignedToken([stored], uuid.UUID(family))
    except ValueError:
        return signed_tokens.UNKNOWN


def refresh(
    *, token: str, client: str, scopes: list[str], resources: Sequence[str] = ("",)
) -> tuple[GrantContext, TokenPair] | None:
    """Exchange a refresh token for the next pair, once. None unless it is a valid, unused one of this client.

    `scopes` must be a subset of the family's; empty means all of them. The family's resource must be one of
    `resources`; "" stands for none.
    """
    presented = signed_tokens.verify(token, prefix=REFRESH_PREFIX, lifetime=FAMILY_LIFETIME)
    if presented.family is None:
        return None
    pair = replace(generate_pair(family=presented.family), refresh=signed_tokens.successors(token)[0])
    row = validity.fetch_one(
        _REFRESH,
        token=presented.hashes,
        family=presented.family,
        client=client,
        scopes=scopes,
        resources=list(resources),
        **storage_params(pair),
    )
    if row is None:
        return None
    grant = GrantContext(*row[:-1])
    pair = pair.stored(family=presented.family, expires_at=row[-1])
    return replace(grant, scopes=" ".join(scopes) or grant.scopes), pair


def revoke_if_replayed(*, token: str, client: str, verb: str) -> bool:
    """End the family of a refresh token that this client used before (RFC 9700 §4.14.2), and record it as `verb`.

    The client gets a logout token: a session of its own may rest on this family. Returns whether the token was used
    before.
    """
    row = validity.fetch_one(_REPLAYED, **lookup(token, REFRESH_PREFIX), client=client)
    return record_replay(row, client=client, credential="refresh_token", verb=verb)


def record_replay(row: tuple[Any, ...] | None, *, client: str, credential: str, verb: str) -> bool:
    """Record in the organization's log that another party may hold a copy, once for each family.

    `row` is that of a replay, or None without one. Returns whether there was one.
    """
    if row is None:
        return False
    organization, membership, family, application, ended_now = row
    if ended_now:
        with observations.recording(actor=actor.system(channel=Channel.OIDC)) as events:
            events.add(
                verb,
                subject=Subject("membership", membership),
                chain=organization,
                organization=organization,
                facts={
                    "application": application,
                    "client": client,
                    "token_family": str(family),
                    "credential": credential,
                },
            )
    return True


def check(*, token: str | SignedToken) -> CheckedToken | None:
    """Return the grant of a valid access token, or None. One statement, none for a text that we did not sign."""
    found = lookup(token, ACCESS_PREFIX, ACCESS_LIFETIME)
    return token_from_row(validity.fetch_one(CHECK, **found)) if found["token"] else None


def check_refresh(*, token: str) -> CheckedToken | None:
    """Return the grant of a valid refresh token, or None. One statement, which does not use the token up."""
    return token_from_row(validity.fetch_one(CHECK_REFRESH, **lookup(token, REFRESH_PREFIX, FAMILY_LIFETIME)))


def revoke(*, token: str | SignedToken, client: str, notify: bool = False) -> bool:
    """End an access token of this client, or the family of a refresh token (RFC 7009 §2.1). False if it has neither.

    `notify`: the client did not ask for it, so the end of a family gives it a logout token.
    """
    if isinstance(token, str) and token.startswith(REFRESH_PREFIX):
        params = lookup(token, REFRESH_PREFIX)
        return validity.fetch_one(_REVOKE_FAMILY, **params, client=client, notify=notify) is not None
    return validity.fetch_one(_REVOKE_ACCESS, **lookup(token, ACCESS_PREFIX), client=client) is not None


def token_from_row(row: tuple[Any, ...] | None) -> CheckedToken | None:
    """Build a token from a row of CHECK or CHECK_REFRESH."""
    if row is None:
        return None
    *context, issued_at, expires_at, scopes = row
    return CheckedToken(replace(GrantContext(*context), scopes=scopes), issued_at, expires_at)
