"""What is written down when people sign in and out, by signals of Django and allauth, within the note being taken."""

import uuid
from collections.abc import Mapping
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from audit import clock
from audit.ledger import SUPPLIER, Subject
from delegation.verbs import Noted
from identity import access, addresses
from identity.grants import sign_ins
from identity.models import Session, User
from identity.sessions import SessionStore
from portal import metrics, proof, requests
from portal.accounts import factors, noted

_AGENT = 200


def say(request: HttpRequest, verb: Noted, user: User, facts: Mapping[str, Any] | None = None) -> None:
    """One event in the person's own stream; nothing where no note is being taken."""
    note = noted.current()
    if note is not None:
        actor = requests.person(request, user)
        note.say(verb, subject=Subject("user", user.pk), chain=user.pk, facts=facts, actor=actor)


def signed_in(request: HttpRequest, user: User) -> None:
    """Write down the sign-in, and the browser where a person looks through their sessions."""
    metrics.sign_in(outcome="done")
    say(request, Noted.SIGN_IN_DONE, user, {"amr": proof.authentication(request)[1]})
    if isinstance(request.session, SessionStore):
        agent = request.headers.get("User-Agent", "")[:_AGENT]
        Session.objects.filter(session_key=request.session.stored_key()).update(agent=agent)


def signed_out(request: HttpRequest, user: User) -> None:
    """End what services have from this browser session, and nothing of the person's others."""
    say(request, Noted.SESSION_ENDED, user, {"by": "person"})
    if isinstance(request.session, SessionStore) and request.session.session_key:
        sign_ins.end_of_session(session_key=request.session.stored_key(), at=clock.now())


def failed(*, user: User | None, method: str) -> None:
    """A try that failed. For an address that nobody has, the same work is done: time must not tell which it was."""
    metrics.sign_in(outcome="failed")
    note = noted.current()
    if note is not None:
        where = user.pk if user else SUPPLIER
        subject = Subject("user", where) if user else Subject("supplier", SUPPLIER)
        note.say(Noted.SIGN_IN_FAILED, subject=subject, chain=where, facts={"method": method})


def new_password(request: HttpRequest, user: User, verb: Noted) -> None:
    """Everything issued under the old password ends: sessions, services' sign-ins, tokens."""
    if verb is Noted.PASSWORD_RESET and user.mail_bounced_at is not None:
        addresses.reached(user=user.pk)
    ended = access.end_person(users=[uuid.UUID(str(user.pk))], at=clock.now())
    say(request, verb, user, {"sessions": ended.sessions, "sign_ins": ended.sign_ins})


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


def factor_changed(verb: Noted, authenticator: Authenticator) -> None:
    """A factor came or went. Recovery codes made anew are one event: reset."""
    note = noted.current()
    if note is None:
        return
    kind = str(authenticator.type)
    gone = [
        one for one in note.said if one[3].verb == Noted.FACTOR_REMOVED and one[3].facts.get("type") == kind
    ]
    if verb is Noted.FACTOR_ADDED and gone:
        note.said.remove(gone[-1])
        verb = Noted.FACTOR_RESET
    who = uuid.UUID(str(authenticator.user_id))
    note.say(verb, subject=Subject("user", who), chain=who, facts={"type": kind})
