"""An authorization code is redeemed once, within a minute (RFC 6749 §4.1)."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import clock, db, ids
from audit.foundation.actor import Actor
from audit.log import observations
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from identity import machine_secrets
from identity.grants import signed_tokens, tokens, validity
from identity.grants.models import AuthorizationCode
from identity.grants.validity import GrantContext
from identity.sessions import sign_ins
from identity.sessions.sign_ins import AuthenticationContext

PREFIX = "khc"
LIFETIME = dt.timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class CodeRequest:
    """Holds the parameters of the authorization request that a code is bound to."""

    client: str
    redirect_uri: str
    scopes: str
    nonce: str
    code_challenge: str
    """S256 of the service's code verifier (RFC 7636 §4.2)."""
    resource: str = ""
    """What its access tokens are for (RFC 8707)."""
    id_token_claims: str = ""
    """Names of claims that the ID token has on request, separated by spaces (OIDC Core §5.5)."""
    terminal: str = ""
    """The network address of the terminal that a person signs in from another device (RFC 8628)."""


def issue(*, actor: Actor, request: CodeRequest, authentication: AuthenticationContext, verb: str) -> str:
    """Issue a code for a sign-in. The first code of a sign-in for a service is recorded as an event `verb`.

    Each code for a terminal is recorded too, with the address that the terminal asked from.

    Raises SessionEnded and ProofTooOld (`identity.sessions.sign_ins`).
    """
    with observations.recording(actor=actor) as events:
        at = clock.now()
        code = signed_tokens.generate(prefix=PREFIX, at=at)
        sid = sign_ins.get_or_open(authentication=authentication, at=at)
        if sign_ins.add_client(sid=sid, client=request.client) or request.terminal:
            events.add(
                verb,
                subject=Subject("membership", authentication.membership),
                chain=authentication.organization,
                organization=authentication.organization,
                facts={
                    "application": authentication.application_key,
                    "client": request.client,
                    "sid": str(sid),
                    **({"grant": "device_code"} if request.terminal else {}),
                },
                personal=_terminal(request, authentication),
            )
        _insert(code, sid, request, authentication, at)
    return code


def _terminal(request: CodeRequest, authentication: AuthenticationContext) -> dict[str, PersonalValue]:
    return {"terminal": PersonalValue(request.terminal, (authentication.user,))} if request.terminal else {}


def _insert(
    code: str,
    sid: uuid.UUID,
    request: CodeRequest,
    authentication: AuthenticationContext,
    at: dt.datetime,
) -> None:
    AuthorizationCode.objects.create(
        hash=machine_secrets.hash_secret(code),
        client_id=request.client,
        sign_in_id=sid,
        user_id=authentication.user,
        membership_id=authentication.membership,
        user_epoch=authentication.user_epoch,
        membership_epoch=authentication.membership_epoch,
        scopes=request.scopes,
        id_token_claims=request.id_token_claims,
        resource=request.resource,
        nonce=request.nonce,
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        auth_time=authentication.auth_time,
        amr=list(authentication.amr),
        issued_at=at,
        expires_at=at + LIFETIME,
    )


# The user's row and the sign-in's are locked in the order in which acts lock them. Either an ending waits for this
# redemption and then notifies the service, or this redemption waits and finds the sign-in ended. Every check of the
# tokens judges again what else was read before the wait.
_REDEEM = f"""
WITH locked AS (
  SELECT s.id, s.ended_at FROM identity_authorizationcode g, identity_user u, identity_signin s
  WHERE g.hash = ANY(%(code)s) AND u.id = g.user_id AND s.id = g.sign_in_id AND s.ended_at IS NULL
  FOR SHARE OF u, s
),
{validity.valid_grant("SELECT g.* FROM identity_authorizationcode g WHERE g.hash = ANY(%(code)s)", sign_in="locked")},
redeemed AS (
  UPDATE identity_authorizationcode c SET used_at = v.at, family = %(family)s
  FROM valid_grant v
  WHERE c.hash = ANY(%(code)s) AND c.used_at IS NULL AND c.client_id = %(client)s
    AND c.redirect_uri = %(redirect_uri)s AND c.code_challenge = %(code_challenge)s
    AND c.resource = ANY(%(resources)s::text[])
  RETURNING c.*
),
family AS (
  INSERT INTO identity_tokenfamily (id, client_id, sign_in_id, user_id, membership_id, user_epoch, membership_epoch,
                                    scopes, id_token_claims, resource, nonce, auth_time, amr, issued_at, expires_at)
  SELECT %(family)s, c.client_id, c.sign_in_id, c.user_id, c.membership_id, c.user_epoch, c.membership_epoch,
         c.scopes, c.id_token_claims, c.resource, c.nonce, c.auth_time, c.amr, c.used_at,
         c.used_at + %(family_lifetime)s
  FROM redeemed c
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
  SELECT %(access)s, %(family)s, c.scopes, c.at, {tokens.ACCESS_END.format(source="c")}
  FROM (SELECT scopes, resource, membership_id AS membership, used_at AS at, used_at + %(family_lifetime)s AS grant_end
        FROM redeemed) c
  RETURNING expires_at
)
SELECT v.*, EXISTS (SELECT 1 FROM refresh), access.expires_at FROM valid_grant v, redeemed, access
"""  # noqa: S608 - constants of this package

_REPLAYED = f"""
WITH {validity.NOW},
code AS (
  SELECT g.family, m.organization_id, g.membership_id, a.key
  FROM identity_authorizationcode g, identity_membership m, identity_client c, identity_application a
  WHERE g.hash = ANY(%(code)s) AND g.client_id = %(client)s AND g.used_at IS NOT NULL AND m.id = g.membership_id
    AND c.protocol_id = g.client_id AND a.id = c.application_id
),
ended AS (
  UPDATE identity_tokenfamily SET ended_at = (SELECT at FROM now), logout_at = (SELECT at FROM now)
  WHERE id = (SELECT family FROM code) AND ended_at IS NULL RETURNING id
)
SELECT code.organization_id, code.membership_id, code.family, code.key, EXISTS (SELECT 1 FROM ended) FROM code
"""  # noqa: S608 - constants of this package


def redeem(
    *, code: str, client: str, redirect_uri: str, code_challenge: str, resources: Sequence[str] = ("",)
) -> tuple[GrantContext, tokens.TokenPair] | None:
    """Exchange a code for tokens, once. None unless it is a valid code of this client, redirect URI and challenge.

    Its resource must be one of `resources`; "" stands for none.
    """
    family = ids.uuid7()
    pair = tokens.generate_pair(family=family)
    row = validity.fetch_one(
        _REDEEM,
        code=signed_tokens.verify(code, prefix=PREFIX, lifetime=LIFETIME).hashes,
        client=client,
        redirect_uri=redirect_uri,
        code_challenge=code_challenge,
        resources=list(resources),
        family=family,
        family_lifetime=tokens.FAMILY_LIFETIME,
        **tokens.storage_params(pair),
    )
    if row is None:
        return None
    *context, may_refresh, expires_at = row
    pair = pair.stored(family=family, expires_at=expires_at)
    return GrantContext(*context), pair if may_refresh else pair.without_refresh()


def has_another_resource(*, code: str, client: str, resources: Sequence[str]) -> bool:
    """Return whether this client's code is unused and has none of these resources."""
    unused = AuthorizationCode.objects.filter(
        hash__in=signed_tokens.verify(code, prefix=PREFIX, lifetime=LIFETIME).hashes,
        client_id=client,
        used_at=None,
        expires_at__gt=clock.now(),
    )
    return unused.exclude(resource__in=list(resources)).exists()


_LAST_USED = """
SELECT s.membership_id FROM identity_signin s JOIN identity_authorizationcode g ON g.sign_in_id = s.id
WHERE s.session_key = %(session)s AND g.client_id = %(client)s
ORDER BY g.issued_at DESC LIMIT 1
"""


def last_membership(*, session_key: str, client: str) -> uuid.UUID | None:
    """Return the membership of this session's newest code for this client, also of one that has ended. One statement.

    Codes stay for a day, and a session is open for half of one.
    """
    row = db.fetch_one(_LAST_USED, {"session": session_key, "client": client})
    return row[0] if row else None


def revoke_if_replayed(*, code: str, client: str, verb: str) -> bool:
    """End the token family of a code that this client used before (RFC 6749 §4.1.2), and record it as `verb`.

    Returns whether the code was used before.
    """
    found = signed_tokens.verify(code, prefix=PREFIX)
    row = validity.fetch_one(_REPLAYED, code=found.hashes, client=client)
    return tokens.record_replay(row, client=client, credential="authorization_code", verb=verb)
