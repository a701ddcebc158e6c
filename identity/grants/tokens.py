"""Families of tokens: opaque access tokens, and refresh tokens that are used once each.

No grace for a refresh token that is used twice, even at the same moment: one use wins, the other ends the family.
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from audit.foundation import actor
from audit.foundation.actor import Channel
from audit.log import observations
from audit.log.ledger import Subject
from identity import machine_secrets
from identity.grants import validity
from identity.grants.validity import GrantContext

ACCESS_PREFIX = "kha"
REFRESH_PREFIX = "khr"
ACCESS_LIFETIME = dt.timedelta(minutes=10)
FAMILY_LIFETIME = dt.timedelta(hours=12)
"""Absolute: rotation does not lengthen it."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Tokens in clear, on their way to the service; `refresh` is empty for a client that may not refresh."""

    access: str
    refresh: str

    def without_refresh(self) -> "TokenPair":
        """For a client that may not refresh."""
        return replace(self, refresh="")


class CheckedToken(NamedTuple):
    """A token that holds."""

    grant: GrantContext
    issued_at: dt.datetime
    expires_at: dt.datetime


def generate_pair() -> TokenPair:
    """Two secrets that nobody has seen."""
    return TokenPair(
        access=machine_secrets.generate(prefix=ACCESS_PREFIX),
        refresh=machine_secrets.generate(prefix=REFRESH_PREFIX),
    )


def store(pair: TokenPair) -> dict[str, Any]:
    """The parameters by which the statements store a pair."""
    return {
        "access": machine_secrets.hash_secret(pair.access),
        "refresh": machine_secrets.hash_secret(pair.refresh),
        "access_lifetime": ACCESS_LIFETIME,
    }


# The scopes of the answer are those asked for (a subset of the family's; RFC 6749 §6), or else the family's.
_FAMILY = """SELECT g.* FROM identity_{table} t
  JOIN identity_refreshfamily g ON g.id = t.family_id AND g.ended_at IS NULL"""
_OF_CLIENT = " WHERE t.hash = ANY(%(token)s) AND g.client_id = %(client)s"
_REFRESH = f"""
WITH {validity.valid_grant(_FAMILY.format(table="refreshtoken") + _OF_CLIENT)},
used AS (
  UPDATE identity_refreshtoken t SET used_at = f.at FROM facts f
  WHERE t.hash = ANY(%(token)s) AND t.used_at IS NULL AND string_to_array(f.scopes, ' ') @> %(scopes)s::text[]
  RETURNING t.family_id, t.used_at AS at, f.scopes
),
refresh AS (
  INSERT INTO identity_refreshtoken (hash, family_id, issued_at) SELECT %(refresh)s, family_id, at FROM used
),
access AS (
  INSERT INTO identity_accesstoken (hash, family_id, scopes, issued_at, expires_at)
  SELECT %(access)s, family_id, coalesce(nullif(array_to_string(%(scopes)s::text[], ' '), ''), scopes),
         at, at + %(access_lifetime)s FROM used
)
SELECT facts.* FROM facts, used
"""  # noqa: S608 - our own constants

_REPLAYED = f"""
WITH {validity.NOW},
family AS (
  SELECT g.id, m.organization_id, g.membership_id
  FROM identity_refreshtoken t, identity_refreshfamily g, identity_membership m
  WHERE t.hash = ANY(%(token)s) AND t.used_at IS NOT NULL AND g.id = t.family_id AND g.client_id = %(client)s
    AND m.id = g.membership_id
),
ended AS (
  UPDATE identity_refreshfamily SET ended_at = (SELECT at FROM now)
  WHERE id = (SELECT id FROM family) AND ended_at IS NULL RETURNING id
)
SELECT family.organization_id, family.membership_id, family.id, EXISTS (SELECT 1 FROM ended) FROM family
"""  # noqa: S608 - our own constants

CHECK = f"""
WITH {validity.valid_grant(_FAMILY.format(table="accesstoken") + " WHERE t.hash = ANY(%(token)s)")}
SELECT facts.*, t.issued_at, t.expires_at, t.scopes
FROM facts JOIN identity_accesstoken t ON t.hash = ANY(%(token)s) AND t.expires_at > facts.at
"""  # noqa: S608 - our own constants

CHECK_REFRESH = f"""
WITH {
    validity.valid_grant(
        _FAMILY.format(table="refreshtoken") + " WHERE t.hash = ANY(%(token)s) AND t.used_at IS NULL"
    )
}
SELECT facts.*, t.issued_at, g.expires_at, g.scopes
FROM facts JOIN g ON true JOIN identity_refreshtoken t ON t.hash = ANY(%(token)s)
"""  # noqa: S608 - our own constants

_REVOKE_ACCESS = """
DELETE FROM identity_accesstoken t USING identity_refreshfamily g
WHERE t.hash = ANY(%(token)s) AND g.id = t.family_id AND g.client_id = %(client)s RETURNING t.hash
"""

_REVOKE_FAMILY = f"""
WITH {validity.NOW}
UPDATE identity_refreshfamily g SET ended_at = (SELECT at FROM now)
FROM identity_refreshtoken t
WHERE t.hash = ANY(%(token)s) AND g.id = t.family_id AND g.client_id = %(client)s AND g.ended_at IS NULL RETURNING g.id
"""  # noqa: S608 - our own constants


def refresh(*, token: str, client: str, scopes: list[str]) -> tuple[GrantContext, TokenPair] | None:
    """The next pair of a family, once per refresh token; None where it is none (any more) of this client."""
    pair = generate_pair()
    row = validity.grant_from_row(
        _REFRESH, token=machine_secrets.hash_candidates(token), client=client, scopes=scopes, **store(pair)
    )
    if row is None:
        return None
    grant = GrantContext(*row)
    return replace(grant, scopes=" ".join(scopes) or grant.scopes), pair


def was_replayed(*, token: str, client: str, noted: str) -> bool:
    """When this refresh token of this client was used before: end its family (RFC 9700 §4.14.2), and note it."""
    row = validity.grant_from_row(_REPLAYED, token=machine_secrets.hash_candidates(token), client=client)
    return record_replay(row, client=client, what="refresh_token", noted=noted)


def record_replay(row: tuple[Any, ...] | None, *, client: str, what: str, noted: str) -> bool:
    """Somebody else may hold a copy: the organization's log says so, once per family."""
    if row is None:
        return False
    organization, membership, family, ended_now = row
    if ended_now:
        with observations.recording(actor=actor.system(channel=Channel.OIDC)) as note:
            note.add(
                noted,
                subject=Subject("membership", membership),
                chain=organization,
                organization=organization,
                facts={"client": client, "family": str(family), "what": what},
            )
    return True


def check(*, token: str) -> CheckedToken | None:
    """What an access token stands for, while it holds. One statement."""
    return token_from_row(validity.grant_from_row(CHECK, token=machine_secrets.hash_candidates(token)))


def check_refresh(*, token: str) -> CheckedToken | None:
    """The same for a refresh token, without using it."""
    return token_from_row(
        validity.grant_from_row(CHECK_REFRESH, token=machine_secrets.hash_candidates(token))
    )


def revoke(*, token: str, client: str) -> bool:
    """End a token of this client: an access token alone, a refresh token with its whole family (RFC 7009 §2.1)."""
    statement = _REVOKE_FAMILY if token.startswith(REFRESH_PREFIX) else _REVOKE_ACCESS
    return (
        validity.grant_from_row(statement, token=machine_secrets.hash_candidates(token), client=client)
        is not None
    )


def token_from_row(row: tuple[Any, ...] | None) -> CheckedToken | None:
    """From a row of CHECK or CHECK_REFRESH."""
    if row is None:
        return None
    *facts, issued_at, expires_at, scopes = row
    return CheckedToken(replace(GrantContext(*facts), scopes=scopes), issued_at, expires_at)
