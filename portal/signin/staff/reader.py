"""A staff page has a reader: the actor with the roles of the session, and the verbs that staff rights allow."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from audit.foundation.actor import Actor
from delegation.authorization import policy
from delegation.authorization.authorities import Authority
from delegation.authorization.verbs import Verb
from portal.http import request_context
from portal.signin.staff import middleware, sign_in

_ATTRIBUTE = "staff_reader"


@dataclass(frozen=True, slots=True)
class StaffReader:
    """Holds who reads a staff page; `verbs` are those that a right in force allows for some part of the supplier."""

    actor: Actor
    at: dt.datetime
    verbs: frozenset[Verb]
    own: Sequence[Authority] = ()
    """The authorities that these rights give."""


def reader_of(request: HttpRequest) -> StaffReader:
    """Return the reader of this request, read once. One statement. Raises TypeError without a staff session."""
    known = getattr(request, _ATTRIBUTE, None)
    if isinstance(known, StaffReader):
        return known
    session = middleware.require_session(request).staff_session
    actor, at = sign_in.actor_in(request, session), request_context.require_context(request).context.now
    own = policy.staff_authorities(actor=actor, at=at)
    reader = StaffReader(actor, at, policy.staff_verbs(own=own), own)
    setattr(request, _ATTRIBUTE, reader)
    return reader
