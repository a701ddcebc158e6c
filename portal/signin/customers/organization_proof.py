"""An organization from which a person was signed out opens only to a session that has proved the person since."""

import datetime as dt

from identity.sessions import sign_ins
from identity.sessions.store import SessionStore
from portal.http import request_context


def required_since(request: request_context.Request, key: str) -> dt.datetime | None:
    """Return the instant after which a proof opens the organization of this key; None where any proof does.

    The session of a person with other organizations goes on when one of them signs the person out: one statement. Of
    other people, it has ended. None for an organization that is not the person's.
    """
    memberships = request.context.memberships
    membership = next((one for one in memberships if one.organization.key == key), None)
    if membership is None:
        return None
    ended_at = None
    if len(memberships) > 1 and isinstance(request.session, SessionStore):
        ended_at = sign_ins.last_ended_at(session_key=request.session.stored_key(), membership=membership.id)
    return max((at for at in (membership.revoked_at, ended_at) if at), default=None)
