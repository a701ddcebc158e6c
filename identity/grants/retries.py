"""A service may send a refresh token again, because an answer was lost or its workers refresh at the same time.

A client that authenticates is then given the same next refresh token (RFC 9700 §4.14.2 lets the server decide). So a
family has one current refresh token, whichever answer the service stores.
"""

import datetime as dt
from dataclasses import replace

from identity import machine_secrets
from identity.grants import signed_tokens, tokens, validity
from identity.grants.tokens import TokenPair
from identity.grants.validity import GrantContext

WINDOW = dt.timedelta(seconds=15)
"""How long after its first use a refresh token may be sent again: longer than services wait for an answer (10 s)."""

# Its own statement and not a part of the first: one that waited for the other use still reads the state before it.
# A public client proves nothing, so its second use may be a thief's; a successor in use shows that the answer arrived.
_RETRY = f"""
WITH {validity.valid_grant(tokens.FAMILY.format(table="refreshtoken") + tokens.OF_CLIENT)},
retried AS (
  SELECT t.family_id, v.at, v.scopes, n.hash AS successor
  FROM valid_grant v
  JOIN identity_refreshtoken t ON t.hash = ANY(%(token)s) AND t.used_at > v.at - %(window)s
  JOIN identity_refreshtoken n ON n.hash = ANY(%(successors)s) AND n.family_id = t.family_id AND n.used_at IS NULL
  JOIN allauth_idp_oidc_client p ON p.id = v.client AND p.type = 'confidential'
  WHERE string_to_array(v.scopes, ' ') @> %(scopes)s::text[]
),
access AS ({tokens.INSERT_ACCESS.format(source="retried")})
SELECT v.*, retried.successor FROM valid_grant v, retried
"""  # noqa: S608 - constants of this package


def answer(*, token: str, client: str, scopes: list[str]) -> tuple[GrantContext, TokenPair] | None:
    """Give the retry of an authenticated client the same refresh token as the first use, and a new access token.

    None unless the token was used within WINDOW and its successor was not. `scopes` as in `tokens.refresh`.
    """
    presented = signed_tokens.verify(token, prefix=tokens.REFRESH_PREFIX, lifetime=tokens.FAMILY_LIFETIME)
    if presented.family is None:
        return None
    successors = {
        stored: text
        for text in signed_tokens.successors(token)
        for stored in machine_secrets.hash_candidates(text)
    }
    pair = tokens.generate_pair(family=presented.family)
    row = validity.fetch_one(
        _RETRY,
        token=presented.hashes,
        family=presented.family,
        client=client,
        scopes=scopes,
        successors=list(successors),
        window=WINDOW,
        access=machine_secrets.hash_secret(pair.access),
        access_lifetime=tokens.ACCESS_LIFETIME,
    )
    if row is None:
        return None
    grant = GrantContext(*row[:-1])
    return replace(grant, scopes=" ".join(scopes) or grant.scopes), replace(pair, refresh=successors[row[-1]])
