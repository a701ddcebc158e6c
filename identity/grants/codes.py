"""Authorization codes: from the browser to the service, once, within a minute."""

import datetime as dt
import uuid
from dataclasses import dataclass

from audit.foundation import clock, ids
from audit.foundation.actor import Actor
from audit.log import observations
from audit.log.ledger import Subject
from identity import machine_secrets
from identity.grants import sign_ins, tokens, validity
from identity.grants.models import AuthorizationCode
from identity.grants.sign_ins import AuthenticationContext
from identity.grants.validity import GrantContext

PREFIX = "khc"
LIFETIME = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """What the authorization request asked for and the code is bound to."""

    client: str
    redirect_uri: str
    scopes: str
    nonce: str
    challenge: str
    """S256 of the service's verifier (RFC 7636)."""


def issue(*, actor: Actor, asked: CodeRequest, standing: AuthenticationContext, noted: str) -> str:
    """A fresh code with its `sid`; the first sign-in to a service is noted under the verb `noted`."""
    code = machine_secrets.generate(prefix=PREFIX)
    with observations.recording(actor=actor) as note:
        at = clock.now()
        sid = sign_ins.get_or_open(standing=standing, at=at)
        if sign_ins.add_client(sid=sid, client=asked.client):
            note.add(
                noted,
                subject=Subject("membership", standing.membership),
                chain=standing.organization,
                organization=standing.organization,
                facts={"application": standing.application_key, "client": asked.client, "sid": str(sid)},
            )
        _insert(code, sid, asked, standing, at)
    return code


def _insert(
    code: str, sid: uuid.UUID, asked: CodeRequest, standing: AuthenticationContext, at: dt.datetime
) -> None:
    AuthorizationCode.objects.create(
        hash=machine_secrets.hash_secret(code),
        client_id=asked.client,
        sign_in_id=sid,
        user_id=standing.user,
        membership_id=standing.membership,
        user_epoch=standing.user_epoch,
        membership_epoch=standing.membership_epoch,
        scopes=asked.scopes,
        nonce=asked.nonce,
        redirect_uri=asked.redirect_uri,
        challenge=asked.challenge,
        auth_time=standing.auth_time,
        amr=list(standing.amr),
        issued_at=at,
        expires_at=at + LIFETIME,
    )


# The user's row and the sign-in's are locked in the order in which acts lock them: an ending waits for this redemption
# and then tells the service, or this one waits for the ending and finds the sign-in ended. Whatever else was read
# before the wait is judged again by every check of the tokens.
_REDEEM = f"""
WITH held AS (
  SELECT s.id, s.ended_at FROM identity_authorizationcode g, identity_user u, identity_signin s
  WHERE g.hash = ANY(%(code)s) AND u.id = g.user_id AND s.id = g.sign_in_id AND s.ended_at IS NULL
  FOR SHARE OF u, s
),
{validity.valid_grant("SELECT g.* FROM identity_authorizationcode g WHERE g.hash = ANY(%(code)s)", sign_in="held")},
redeemed AS (
  UPDATE identity_authorizationcode c SET used_at = f.at, family = %(family)s
  FROM facts f
  WHERE c.hash = ANY(%(code)s) AND c.used_at IS NULL AND c.client_id = %(client)s
    AND c.redirect_uri = %(redirect_uri)s AND c.challenge = %(challenge)s
  RETURNING c.*
),
family AS (
  INSERT INTO identity_refreshfamily (id, client_id, sign_in_id, user_id, membership_id, user_epoch, membership_epoch,
                                      scopes, nonce, auth_time, amr, issued_at, expires_at)
  SELECT %(family)s, c.client_id, c.sign_in_id, c.user_id, c.membership_id, c.user_epoch, c.membership_epoch,
         c.scopes, c.nonce, c.auth_time, c.amr, c.used_at, c.used_at + %(family_lifetime)s FROM redeemed c
),
refresh AS (
  INSERT INTO identity_refreshtoken (hash, family_id, issued_at)
  SELECT %(refresh)s, %(family)s, c.used_at
  FROM redeemed c JOIN allauth_idp_oidc_client p ON p.id = c.client_id
  WHERE 'refresh_token' = ANY (string_to_array(p.grant_types, E'\\n'))
  RETURNING hash
),
access AS (
  INSERT INTO identity_accesstoken (hash, family_id, scopes, issued_at, expires_at)
  SELECT %(access)s, %(family)s, c.scopes, c.used_at, c.used_at + %(access_lifetime)s FROM redeemed c
)
SELECT facts.*, EXISTS (SELECT 1 FROM refresh) FROM facts, redeemed
"""  # noqa: S608 - our own constants

_REPLAYED = f"""
WITH {validity.NOW},
code AS (
  SELECT g.family, g.user_id, m.organization_id, g.membership_id
  FROM identity_authorizationcode g, identity_membership m
  WHERE g.hash = ANY(%(code)s) AND g.client_id = %(client)s AND g.used_at IS NOT NULL AND m.id = g.membership_id
),
ended AS (
  UPDATE identity_refreshfamily SET ended_at = (SELECT at FROM now)
  WHERE id = (SELECT family FROM code) AND ended_at IS NULL RETURNING id
)
SELECT code.organization_id, code.membership_id, code.family, EXISTS (SELECT 1 FROM ended) FROM code
"""  # noqa: S608 - our own constants


def redeem(
    *, code: str, client: str, redirect_uri: str, challenge: str
) -> tuple[GrantContext, tokens.TokenPair] | None:
    """Tokens for a code, once; None where it is not (any more) a code of this client, address and verifier."""
    pair = tokens.generate_pair()
    row = validity.grant_from_row(
        _REDEEM,
        code=machine_secrets.hash_candidates(code),
        client=client,
        redirect_uri=redirect_uri,
        challenge=challenge,
        family=ids.uuid7(),
        family_lifetime=tokens.FAMILY_LIFETIME,
        **tokens.store(pair),
    )
    return None if row is None else (GrantContext(*row[:-1]), pair if row[-1] else pair.without_refresh())


def was_replayed(*, code: str, client: str, noted: str) -> bool:
    """When this code of this client was used before: end all that came of it (RFC 6749 §4.1.2), and note it."""
    row = validity.grant_from_row(_REPLAYED, code=machine_secrets.hash_candidates(code), client=client)
    return tokens.record_replay(row, client=client, what="code", noted=noted)
