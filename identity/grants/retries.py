"""A service may send a refresh token again, because an answer was lost or its workers refresh at the same time.

A client that authenticates is then given the same next refresh token (RFC 9700 §4.14.2 lets the server decide). So a
family has one current refresh token, whichever answer the service stores.
"""

import datetime as dt
from collections.abc import Sequence
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
  SELECT t.family_id, v.at, v.scopes, v.resource, v.membership, (SELECT expires_at FROM g) AS grant_end,
         n.hash AS successor
  FROM valid_grant v
  JOIN identity_refreshtoken t ON t.hash = ANY(%(token)s) AND t.used_at > v.at - %(window)s
  JOIN identity_refreshtoken n ON n.hash = ANY(%(successors)s) AND n.family_id = t.family_id AND n.used_at IS NULL
  JOIN allauth_idp_oidc_client p ON p.id = v.client AND p.type = 'confidential'
  WHERE string_to_array(v.scopes, ' ') @> %(scopes)s::text[] AND v.resource = ANY(%(resources)s::text[])
),
access AS ({tokens.INSERT_ACCESS.format(source="retried")})
SELECT v.*, retried.successor, access.expires_at FROM valid_grant v, retried, access
"""  # noqa: S608 - constants of this package


def answer(
    *, token: str, client: str, scopes: list[str], resources: Sequence[str] = ("",)
) -> tuple[GrantContext, TokenPair] | None:
    """Give the retry of an authenticated client the same refresh token as the first use, and a new access token.

    None unless the token was used within WINDOW and its successor was not. `scopes` and `resources` as in
    `tokens.refresh`.
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
        resources=list(resources),
        successors=list(successors),
        window=WINDOW,
        **tokens.access_params(pair),
    )
    if row is None:
        return None
    *context, successor, expires_at = row
    grant = GrantContext(*context)
    pair = replace(pair, refresh=successors[successor]).stored(family=presented.family, expires_at=expires_at)
    return replace(grant, scopes=" ".join(scopes) or grant.scopes), pair
