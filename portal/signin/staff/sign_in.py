"""A provider's claims open a staff session, and its end is recorded; each step has its event."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest

from audit.foundation import clock, digests
from audit.foundation.actor import Actor, ActorKind
from audit.log import observations
from audit.log.ledger import SUPPLIER, Subject
from audit.log.observations import EventBatch
from audit.personal_data import PersonalValue
from delegation.authorization.event_types import Observation
from identity.people import names
from identity.people.models import User
from identity.staff import identities, sessions
from identity.staff.sessions import OpenSession, StaffProof
from portal.http import request_context
from portal.http.request_context import system
from portal.signin.staff import allowed_roles, configuration
from portal.signin.staff.backend import Claims
from portal.signin.staff.errors import RefusalCode, SignInRefused
from portal.signin.staff.provider_tokens import LogoutToken


def open_session(request: HttpRequest, claims: Claims) -> tuple[str, uuid.UUID]:
    """Open a session for these claims; the first one creates the staff user. Returns the secret and the user's id.

    Raises SignInRefused: no group that is mapped, too little proved, blocked, or signed out meanwhile.
    """
    _require_role(claims)
    at = clock.now()
    with observations.recording(actor=system(request)) as batch:
        sessions.lock()
        user = _user(request, batch, claims, at)
        if not user.is_active:
            raise SignInRefused(RefusalCode.BLOCKED)
        try:
            secret, key = sessions.open_session(
                user=user,
                issuer=configuration.current().issuer,
                subject=claims.token.subject,
                provider_session=claims.token.session,
                issued_at=claims.token.issued_at,
                proof=StaffProof(tuple(sorted(claims.groups)), claims.token.proved, claims.email),
                at=at,
            )
        except sessions.LoggedOut as error:
            raise SignInRefused(RefusalCode.SIGNED_OUT) from error
        identities.note_sign_in(user=user, roles=_roles(claims), at=at)
        facts = {"staff_session": key, "epoch": user.epoch, "roles": sorted(_roles(claims))}
        _add(batch, Observation.STAFF_SIGN_IN_SUCCEEDED, user, actor_of(request, user), facts=facts)
    return secret, user.pk


def _require_role(claims: Claims) -> None:
    configured = configuration.current()
    if not configured.roles(claims.groups):
        raise SignInRefused(RefusalCode.NO_GROUP)
    if not _roles(claims):
        raise SignInRefused(RefusalCode.ASSURANCE)


def _roles(claims: Claims) -> frozenset[str]:
    configured = configuration.current()
    return configured.assured(configured.roles(claims.groups), claims.token.proved)


def _user(request: HttpRequest, batch: EventBatch, claims: Claims, at: dt.datetime) -> User:
    """Return the staff user of this issuer and subject, created at the first sign-in."""
    issuer, subject, name = configuration.current().issuer, claims.token.subject, _name(claims)
    user = identities.find(issuer=issuer, subject=subject)
    if user is not None:
        if identities.rename(user=user, name=name, contact=claims.email):
            _add(batch, Observation.STAFF_RENAMED, user, actor_of(request, user), personal=_personal(user))
        return user
    return enroll(request, batch, issuer=issuer, subject=subject, name=name, at=at, contact=claims.email)


def enroll(
    request: HttpRequest,
    batch: EventBatch,
    *,
    issuer: str,
    subject: str,
    name: str,
    at: dt.datetime,
    contact: str = "",
) -> User:
    """Create the staff user of this issuer and subject, with the event."""
    user = identities.enroll(issuer=issuer, subject=subject, name=name, at=at, contact=contact)
    facts = {"issuer": issuer, "subject_digest": digests.digest(subject), "created_at": at.isoformat()}
    _add(
        batch,
        Observation.STAFF_ENROLLED,
        user,
        actor_of(request, user),
        facts=facts,
        personal=_personal(user),
    )
    return user


def _name(claims: Claims) -> str:
    """Return the provider's name where it is one, else the subject."""
    cleaned = names.clean(claims.name)
    return claims.token.subject[:200] if names.fault(cleaned) else cleaned


def _personal(user: User) -> dict[str, PersonalValue]:
    own = (user.pk,)
    contact = {"contact": PersonalValue(user.contact, own)} if user.contact else {}
    return {"name": PersonalValue(user.name, own), **contact}


def deny(request: HttpRequest, refused: SignInRefused) -> None:
    """Record a refusal; repeats within an hour are one event. Requests that began no sign-in leave none."""
    if refused.code is RefusalCode.STATE:
        return
    with observations.recording(actor=system(request)) as batch:
        batch.add_repeatable(
            Observation.STAFF_SIGN_IN_DENIED,
            subject=Subject("supplier", SUPPLIER),
            chain=SUPPLIER,
            fact=("code", refused.code.value),
        )


def sign_out(request: HttpRequest, session: OpenSession) -> None:
    """End this session by the person, with an event; a session that has ended already leaves none."""
    with observations.recording(actor=actor_of(request, session.user)) as batch:
        if sessions.end(key=session.key):
            _add_end(batch, session.user.pk, session.key, ended_by="person")


def end_for_logout_token(request: HttpRequest, token: LogoutToken) -> int:
    """End the sessions that the provider's logout token names. Returns how many. Raises TokenUsed."""
    with observations.recording(actor=system(request)) as batch:
        ended = sessions.end_for_logout_token(
            issuer=configuration.current().issuer,
            token_id=token.id,
            subject=token.subject,
            provider_session=token.session,
            # Both tokens have the provider's clock, which may run ahead.
            at=max(clock.now(), token.issued_at),
        )
        for session in ended:
            _add_end(batch, session.user, session.key, ended_by="provider")
    return len(ended)


def _add_end(batch: EventBatch, user: uuid.UUID, key: str, *, ended_by: str) -> None:
    facts = {"ended_by": ended_by, "ended_session": key}
    batch.add(Observation.STAFF_SESSION_ENDED, subject=Subject("user", user), chain=user, facts=facts)


def _add(batch: EventBatch, verb: Observation, user: User, actor: Actor, **what: Any) -> None:
    batch.add(verb, subject=Subject("user", user.pk), chain=user.pk, actor=actor, **what)


def actor_of(request: HttpRequest, user: User) -> Actor:
    """Return this staff user, acting through the web."""
    person = request_context.person(request, user=user.pk, name=user.name)
    return dataclasses.replace(person, kind=ActorKind.STAFF)


def actor_in(request: HttpRequest, session: OpenSession) -> Actor:
    """Return the staff user as an actor with the roles that this session allows: what commands and policy take."""
    allowed = allowed_roles.allowed(configuration.current(), session)
    return dataclasses.replace(actor_of(request, session.user), staff_roles=allowed)
