"""The code at last, under the epochs that were read with the session and with the membership."""

import dataclasses

from audit.actor import Door
from delegation.verbs import Noted
from identity import sessions
from identity.grants import codes, sign_ins
from identity.grants.candidates import Candidate
from identity.grants.codes import Asked
from portal import signin
from portal.oidc.asking import Request
from portal.requests import Request as HttpRequest


def code(request: HttpRequest, asked: Request, candidate: Candidate) -> str:
    """A code for the service, and the sign-in it belongs to."""
    if not isinstance(request.session, sessions.SessionStore):
        raise TypeError(request.session)
    proved_at, amr = signin.authentication(request)
    standing = sign_ins.standing(
        user=request.user,
        session_key=request.session.stored_key(),
        candidate=candidate,
        application_key=asked.way.client.application_key,
        auth_time=proved_at,
        amr=amr,
    )
    actor = dataclasses.replace(request.actor, door=Door.OIDC)
    return codes.issue(actor=actor, asked=_bound(asked), standing=standing, noted=Noted.SIGN_IN_DONE)


def _bound(asked: Request) -> Asked:
    return Asked(
        client=asked.way.client.id,
        redirect_uri=asked.way.redirect_uri,
        scopes=asked.scopes,
        nonce=asked.nonce,
        challenge=asked.challenge,
    )
