"""What is written down when people sign in and out, by signals of Django and allauth, within the note being taken."""

import uuid
from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from audit.foundation import clock
from audit.log.ledger import SUPPLIER, Subject
from delegation.authorization.verbs import Observation
from identity import revocation
from identity.people import addresses
from identity.people.models import User
from identity.sessions import sign_ins
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from portal.http import request_context
from portal.operations import metrics
from portal.signin import authentication_methods
from portal.signin.customers import event_transaction, factors

_AGENT = 200


def record_event(
    request: HttpRequest, verb: Observation, user: User, facts: Mapping[str, Any] | None = None
) -> None:
    """One event in the person's own stream; nothing where no note is being taken."""
    note = event_transaction.current()
    if note is not None:
        actor = request_context.person(request, user=user.pk, name=user.name)
        note.add(verb, subject=Subject("user", user.pk), chain=user.pk, facts=facts, actor=actor)


def signed_in(request: HttpRequest, user: User) -> None:
    """Write down the sign-in, and the browser where a person looks through their sessions."""
    metrics.record_sign_in(outcome="done")
    record_event(
        request,
        Observation.SIGN_IN_SUCCEEDED,
        user,
        {"amr": authentication_methods.authentication(request)[1]},
    )
    if isinstance(request.session, SessionStore):
        agent = request.headers.get("User-Agent", "")[:_AGENT]
        Session.objects.filter(session_key=request.session.stored_key()).update(agent=agent)


def signed_out(request: HttpRequest, user: User) -> None:
    """End what services have from this browser session, and nothing of the person's others."""
    record_event(request, Observation.SESSION_ENDED, user, {"by": "person"})
    if isinstance(request.session, SessionStore) and request.session.session_key:
        sign_ins.end_for_session(session_key=request.session.stored_key(), at=clock.now())


def failed(*, user: User | None, method: str) -> None:
    """A try that failed. For an address that nobody has, the same work is done: time must not tell which it was."""
    metrics.record_sign_in(outcome="failed")
    note = event_transaction.current()
    if note is not None:
        where = user.pk if user else SUPPLIER
        subject = Subject("user", where) if user else Subject("supplier", SUPPLIER)
        note.add(Observation.SIGN_IN_FAILED, subject=subject, chain=where, facts={"method": method})


def new_password(request: HttpRequest, user: User, verb: Observation) -> None:
    """Everything issued under the old password ends: sessions, services' sign-ins, tokens."""
    if verb is Observation.PASSWORD_RESET and user.mail_bounced_at is not None:
        addresses.mark_deliverable(user=user.pk)
    ended = revocation.revoke_users(users=[uuid.UUID(str(user.pk))], at=clock.now())
    record_event(request, verb, user, {"sessions": ended.sessions, "sign_ins": ended.sign_ins})


def proved(request: HttpRequest, method: str, facts: Mapping[str, Any]) -> None:
    """Complete allauth's record of what was just proved: the instant by our clock, and which kind of key."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if not records:
        return
    records[-1]["instant"] = clock.wall().timestamp()
    if method == "mfa" and facts.get("type") == Authenticator.Type.WEBAUTHN:
        authenticator = Authenticator.objects.get(pk=facts["id"])
        records[-1]["amr"] = factors.hardware(authenticator)
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records


def added(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """Who has just set up a factor has proved it: nobody is asked for it again in the same breath."""
    if authenticator.type in factors.SECOND:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def factor_changed(verb: Observation, authenticator: Authenticator) -> None:
    """A factor came or went. Recovery codes made anew are one event: reset."""
    note = event_transaction.current()
    if note is None:
        return
    kind = str(authenticator.type)
    gone = [
        one
        for one in note.drafts
        if one[3].verb == Observation.FACTOR_REMOVED and one[3].facts.get("type") == kind
    ]
    if verb is Observation.FACTOR_ADDED and gone:
        note.drafts.remove(gone[-1])
        verb = Observation.FACTOR_RESET
    who = uuid.UUID(str(authenticator.user_id))
    note.add(verb, subject=Subject("user", who), chain=who, facts={"type": kind})
