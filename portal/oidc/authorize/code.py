"""The code at last, under the epochs that were read with the session and with the membership."""

import dataclasses

from audit.foundation.actor import Channel
from delegation.authorization.verbs import Observation
from identity.grants import codes
from identity.grants.codes import CodeRequest
from identity.memberships.eligible_memberships import EligibleMembership
from identity.sessions import sign_ins
from identity.sessions import store as sessions_store
from portal.http.request_context import Request as HttpRequest
from portal.oidc.authorize.request import AuthorizationRequest
from portal.signin.customers import adapter as customers_adapter


def issue_code(request: HttpRequest, asked: AuthorizationRequest, candidate: EligibleMembership) -> str:
    """A code for the service, and the sign-in it belongs to."""
    if not isinstance(request.session, sessions_store.SessionStore):
        raise TypeError(request.session)
    proved_at, amr = customers_adapter.authentication(request)
    standing = sign_ins.authentication_context(
        user=request.user,
        session_key=request.session.stored_key(),
        membership=candidate,
        application_key=asked.way.client.application_key,
        auth_time=proved_at,
        amr=amr,
    )
    actor = dataclasses.replace(request.actor, channel=Channel.OIDC)
    return codes.issue(
        actor=actor, request=_bound(asked), authentication=standing, verb=Observation.SIGN_IN_SUCCEEDED
    )


def _bound(asked: AuthorizationRequest) -> CodeRequest:
    return CodeRequest(
        client=asked.way.client.id,
        redirect_uri=asked.way.redirect_uri,
        scopes=asked.scopes,
        nonce=asked.nonce,
        challenge=asked.challenge,
    )
