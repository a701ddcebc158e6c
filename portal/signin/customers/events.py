"""Events of sign-ins, sign-outs and factors are recorded in the open batch (`event_transaction`)."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from audit.foundation import clock
from audit.log.ledger import SUPPLIER, Subject
from delegation.authorization.event_types import Observation
from identity import revocation
from identity.people import addresses, credentials
from identity.people.models import User
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from portal.http import request_context
from portal.operations import metrics
from portal.signin import proofs, waiting_browser
from portal.signin.customers import event_transaction, factors, secret_attempts

_AGENT = 200
_BY_PASSWORD = "password"  # noqa: S105 - the name of a method


def record_event(
    request: HttpRequest, verb: Observation, user: User, facts: Mapping[str, Any] | None = None
) -> None:
    """Record one event in the person's own chain; nothing without an open batch."""
    batch = event_transaction.current_batch()
    if batch is not None:
        actor = request_context.person(request, user=user.pk, name=user.name)
        batch.add(verb, subject=Subject("user", user.pk), chain=user.pk, facts=facts, actor=actor)


def signed_in(request: HttpRequest, user: User) -> None:
    """Record the sign-in, and the browser's name for the list of sessions."""
    metrics.record_sign_in(outcome="done")
    waiting_browser.signed_in(request)
    facts: dict[str, Any] = {"amr": list(proofs.strongest(request).amr)}
    if isinstance(request.session, SessionStore):
        if not request.session.session_key:
            request.session.save()  # another person's session was flushed: the new one has a key only now
        facts |= {"session": request.session.stored_key(), "epoch": user.epoch}
    record_event(request, Observation.SIGN_IN_SUCCEEDED, user, facts)
    if isinstance(request.session, SessionStore):
        agent = request.headers.get("User-Agent", "")[:_AGENT]
        Session.objects.filter(session_key=request.session.stored_key()).update(agent=agent)


def signed_out(request: HttpRequest, user: User) -> None:
    """End this browser session only, with its sign-ins to services and its token families."""
    session = request.session
    key = session.stored_key() if isinstance(session, SessionStore) and session.session_key else ""
    _end_sessions(request, user, [key], ended_by="person")


def end_weak_session(request: HttpRequest, user: User) -> None:
    """End the session of this request, which has proved less than its person's factors or roles demand."""
    if isinstance(request.session, SessionStore):
        with event_transaction.event_transaction(request_context.require_context(request)):
            _end_sessions(request, user, [request.session.stored_key()], ended_by="assurance")


def end_other_sessions(request: HttpRequest, user: User) -> None:
    """End every session of this person but the one of this request, which has just proved a first second factor."""
    if isinstance(request.session, SessionStore):
        others = Session.objects.filter(user=user).exclude(session_key=request.session.stored_key())
        keys = list(others.values_list("session_key", flat=True))
        _end_sessions(request, user, keys, ended_by="assurance")


def _end_sessions(
    request: HttpRequest, user: User, session_keys: Iterable[str], *, ended_by: Literal["person", "assurance"]
) -> None:
    at = clock.now()
    for key in session_keys:
        revocation.revoke_session(user=uuid.UUID(str(user.pk)), session_key=key, at=at)
        facts = {"ended_by": ended_by, "ended_session": key}
        record_event(request, Observation.SESSION_ENDED, user, facts)


def failed(*, user: User | None, method: str) -> None:
    """Record a failed attempt. An unknown address costs the same work, so that the response time hides it."""
    metrics.record_sign_in(outcome="failed")
    batch = event_transaction.current_batch()
    if batch is not None:
        chain = user.pk if user else SUPPLIER
        subject = Subject("user", chain) if user else Subject("supplier", SUPPLIER)
        batch.add_repeatable(
            Observation.SIGN_IN_FAILED, subject=subject, chain=chain, fact=("method", method)
        )


def new_password(request: HttpRequest, user: User, verb: Observation) -> None:
    """Revoke what was issued under the old password: sessions, services' sign-ins, tokens."""
    reachable = verb is Observation.PASSWORD_RESET and user.mail_bounced_at is not None
    if reachable:
        addresses.mark_deliverable(user=user.pk)
    revoked = revocation.revoke_users(users=[uuid.UUID(str(user.pk))], at=clock.now())
    secret_attempts.remember(request, user)
    record_event(
        request,
        verb,
        user,
        {
            "sessions": revoked.sessions,
            "sign_ins": revoked.sign_ins,
            "token_families": revoked.token_families,
            "everywhere": True,
            "password": credentials.password_digest(user=user),
            **({"deliverable": True} if reachable else {}),
        },
    )


def password_rehashed(user: User) -> None:
    """Record that the stored hash was replaced, which may be all that a first step of signing in changes."""
    batch = event_transaction.current_batch()
    if batch is not None:
        facts = {"password": credentials.password_digest(user=user)}
        batch.add(Observation.PASSWORD_REHASHED, subject=Subject("user", user.pk), chain=user.pk, facts=facts)


def step_completed(request: HttpRequest, user: User, method: str, facts: Mapping[str, Any]) -> None:
    """Add the instant by our clock and the kind of key to allauth's record of the step.

    A reauthentication is an event: it marks the factor as used, and no sign-in follows.
    """
    if facts.get("reauthenticated"):
        _record_reauthentication(request, user, str(facts.get("type", method)))
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if not records:
        return
    records[-1]["instant"] = clock.now().timestamp()
    if method == "mfa" and facts.get("type") == Authenticator.Type.WEBAUTHN:
        authenticator = Authenticator.objects.get(pk=facts["id"])
        records[-1]["amr"] = factors.key_amr(authenticator)
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records


def _record_reauthentication(request: HttpRequest, user: User, method: str) -> None:
    """Record it. A password can be confirmed without end, and changes no row: repeats within an hour are one event."""
    batch = event_transaction.current_batch()
    if batch is None or method != _BY_PASSWORD:
        record_event(request, Observation.SESSION_REAUTHENTICATED, user, {"method": method})
        return
    batch.add_repeatable(
        Observation.SESSION_REAUTHENTICATED,
        subject=Subject("user", user.pk),
        chain=user.pk,
        fact=("method", method),
    )


def factor_set_up(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """Record that setting up a factor counts as authentication with it, so it is not requested again at once."""
    if authenticator.type in factors.SECOND_FACTORS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def factor_changed(verb: Observation, authenticator: Authenticator) -> None:
    """Record an added or removed factor; a replacement in one batch is one event, a reset."""
    batch = event_transaction.current_batch()
    if batch is None:
        return
    kind = str(authenticator.type)
    is_removed = verb is Observation.FACTOR_REMOVED
    facts = (
        credentials.removed_factor(authenticator) if is_removed else credentials.added_factor(authenticator)
    )
    removed = [
        entry
        for entry in batch.drafts
        if entry[3].verb == Observation.FACTOR_REMOVED and entry[3].facts.get("factor") == kind
    ]
    if verb is Observation.FACTOR_ADDED and removed:
        batch.drafts.remove(removed[-1])
        verb = Observation.FACTOR_RESET
        facts |= {"removed": removed[-1][3].facts["removed"]}
    user = uuid.UUID(str(authenticator.user_id))
    batch.add(verb, subject=Subject("user", user), chain=user, facts=facts)
