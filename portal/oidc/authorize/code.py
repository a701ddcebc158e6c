"""The authorization code is issued under the epochs read with the session and with the membership."""

import dataclasses

from audit.foundation.actor import Channel
from delegation.authorization.event_types import Observation
from identity.grants import codes
from identity.grants.codes import CodeRequest
from identity.memberships.eligible_memberships import EligibleMembership
from identity.sessions import sign_ins
from identity.sessions import store as sessions_store
from portal.http.request_context import Request
from portal.oidc.authorize.request import AuthorizationRequest
from portal.signin.proofs import Proof


def issue_code(
    request: Request,
    authorization: AuthorizationRequest,
    candidate: EligibleMembership,
    proof: Proof,
    *,
    terminal: str = "",
) -> str:
    """Issue a code for the service, bound to its sign-in (`sid`); `auth_time` and `amr` are those of `proof`.

    `terminal` is the address of a terminal that is signed in, which the event names.
    """
    if not isinstance(request.session, sessions_store.SessionStore):
        raise TypeError(request.session)
    context = sign_ins.authentication_context(
        user=request.user,
        session_key=request.session.stored_key(),
        membership=candidate,
        application_key=authorization.target.client.application_key,
        auth_time=proof.at,
        amr=proof.amr,
    )
    actor = dataclasses.replace(request.context.actor, channel=Channel.OIDC)
    return codes.issue(
        actor=actor,
        request=_code_request(authorization, terminal),
        authentication=context,
        verb=Observation.SIGN_IN_SUCCEEDED,
    )


def _code_request(authorization: AuthorizationRequest, terminal: str) -> CodeRequest:
    return CodeRequest(
        client=authorization.target.client.id,
        redirect_uri=authorization.target.redirect_uri,
        scopes=authorization.scopes,
        nonce=authorization.nonce,
        code_challenge=authorization.challenge,
        resource=authorization.resource,
        id_token_claims=authorization.claims.id_token,
        terminal=terminal,
    )
