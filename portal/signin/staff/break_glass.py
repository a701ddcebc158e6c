"""The break-glass sign-in serves the first owner and a provider that is down; each of its steps has its event.

A command on the server opens it and prints a one-time link. The first link adds a passkey, and so does
one for which the command asks; every other link asks for a passkey that is there. All events extend the supplier's
chain.
"""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from audit.foundation import clock, digests
from audit.foundation.actor import Actor, Channel, system
from audit.foundation.errors import DomainError
from audit.log.ledger import SUPPLIER, Subject
from audit.log.observations import EventBatch
from audit.personal_data import PersonalValue
from delegation.acts import locked_observations
from delegation.authorization.event_types import Observation
from delegation.staff import commands as staff_commands
from identity.people import names
from identity.people.models import User
from identity.staff import break_glass as state
from identity.staff import identities, sessions
from identity.staff.break_glass import LONGEST, AlreadyOpen, EndedOpening, LinkUnusable
from identity.staff.models import BreakGlass, BreakGlassPasskey
from identity.staff.sessions import OpenSession, StaffProof
from portal.http import request_context
from portal.signin.staff import break_glass_mail, passkeys, sign_in
from portal.signin.staff.passkeys import PasskeyRefused

__all__ = ["AlreadyOpen", "LinkUnusable", "PasskeyRefused"]

logger = logging.getLogger("keyholder.staff_sign_in")
_SUBJECT = Subject("supplier", SUPPLIER)
_LONGEST_REASON = 500
_NAME = "Break-glass"


class InvalidOpening(Exception):
    """The reason is missing or too long, or the time is too short or longer than the cap. The text says which."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Holds what the command prints. The link is not stored."""

    url: str
    link_expires_at: dt.datetime
    ends_at: dt.datetime
    enrolls: bool
    notified: int


@dataclass(frozen=True, slots=True)
class UsableOpening:
    """Holds an opening whose link can be used, and the passkeys that there are."""

    opening: BreakGlass
    known: tuple[BreakGlassPasskey, ...]


def open_link(*, lasting: dt.timedelta, reason: str, new_passkey: bool) -> Opened:
    """Open the sign-in and return its link. Raises InvalidOpening, AlreadyOpen, Busy."""
    reason = " ".join(reason.split())
    if not reason or len(reason) > _LONGEST_REASON:
        raise InvalidOpening(f"Give a reason of at most {_LONGEST_REASON} characters.")
    if not dt.timedelta(minutes=1) <= lasting <= LONGEST:
        raise InvalidOpening(f"Give a time from 1m to {int(LONGEST.total_seconds()) // 60}m.")
    with locked_observations.recording_in_chain(actor=_shell(), chain=SUPPLIER) as (batch, at):
        _record_ends(batch, state.end_expired(at=at))
        enrolls = new_passkey or not state.passkeys()
        secret, row = state.begin(ends_at=at + lasting, enrolls=enrolls, at=at)
        batch.add(
            Observation.BREAK_GLASS_OPENED,
            subject=_SUBJECT,
            chain=SUPPLIER,
            facts={
                "break_glass": str(row.pk),
                "link_hash": row.link_hash,
                "enrolls": enrolls,
                **_instants(row, "opened_at", "link_expires_at", "ends_at"),
            },
            personal={"reason": PersonalValue(reason, (SUPPLIER,))},
        )
        notified = break_glass_mail.queue_opened(row, reason=reason)
    url = f"{settings.ISSUER}{reverse('staff_break_glass', urlconf='portal.staff_urls', args=[secret])}"
    return Opened(url, row.link_expires_at, row.ends_at, enrolls, notified)


def close() -> bool:
    """End what is open, with its session. Returns whether something was open. Raises Busy."""
    with locked_observations.recording_in_chain(actor=_shell(), chain=SUPPLIER) as (batch, at):
        _record_ends(batch, state.end_expired(at=at))
        ended = state.end_open(at=at, ended_by="command")
        _record_ends(batch, ended)
    return bool(ended)


def offer(link: str) -> UsableOpening:
    """Return this link's opening with the passkeys that can open it. Raises LinkUnusable."""
    return UsableOpening(state.usable(link=link, at=clock.now()), tuple(state.passkeys()))


def use(request: HttpRequest, *, link: str, response: str, name: str) -> tuple[str, uuid.UUID]:
    """Open the session of this link with the browser's response. Returns the secret and the user's id.

    Raises LinkUnusable, and PasskeyRefused and Busy, after which the link still works.
    """
    offered = offer(link)
    passkey = _proved(offered, link=link, response=response, name=name)
    actor = request_context.system(request)
    with locked_observations.recording_in_chain(actor=actor, chain=SUPPLIER) as (batch, at):
        opening = state.usable(link=link, at=at)
        state.mark_used(opening=opening, at=at)
        user = _user(request, batch, at)
        batch.actor = sign_in.actor_of(request, user)
        key_id = passkey(batch, opening, at)
        proof = StaffProof(groups=(), proved=("passkey",), email="")
        secret, key = sessions.open_break_glass(user=user, opening=opening, proof=proof, at=at)
        facts = {"break_glass": str(opening.pk), "passkey": key_id, "staff_session": key, "epoch": user.epoch}
        batch.add(
            Observation.BREAK_GLASS_USED,
            subject=Subject("user", user.pk),
            chain=SUPPLIER,
            facts={**facts, **_instants(opening, "used_at")},
        )
        break_glass_mail.queue_used(opening)
    _appoint(user, until=opening.ends_at)
    return secret, user.pk


def _appoint(user: User, *, until: dt.datetime) -> None:
    """Make the user of this sign-in the owner until its end.

    The session is open already: where this is refused, it has no right, and signs in all the same.
    """
    try:
        staff_commands.appoint_owner(actor=system(channel=Channel.WEB), user=user, reason=_NAME, until=until)
    except DomainError as refused:
        logger.info("The user of a break-glass sign-in is not made the owner: %s", refused.code)


_Passkey = Callable[[EventBatch, BreakGlass, dt.datetime], str]


def _proved(offered: UsableOpening, *, link: str, response: str, name: str) -> _Passkey:
    """Check the response before any lock. Returns how to store or name the passkey. Raises PasskeyRefused."""
    if not offered.opening.enrolls:
        known = passkeys.used(response, link=link, known=offered.known)
        return lambda _batch, _opening, _at: str(known.pk)
    credential = passkeys.created(response, link=link)
    label = names.clean(name)[:100]
    label = _NAME if names.fault(label) else label

    def add(batch: EventBatch, opening: BreakGlass, at: dt.datetime) -> str:
        row = state.add_passkey(name=label, credential=credential, at=at)
        batch.add(
            Observation.BREAK_GLASS_PASSKEY_ADDED,
            subject=_SUBJECT,
            chain=SUPPLIER,
            facts={
                "break_glass": str(opening.pk),
                "passkey": str(row.pk),
                "credential_digest": digests.digest(credential),
                "created_at": at.isoformat(),
            },
            personal={"name": PersonalValue(label, (SUPPLIER,))},
        )
        return str(row.pk)

    return add


def end_with(request: HttpRequest, session: OpenSession) -> None:
    """End the opening of this session, which its person signs out of. Raises Busy."""
    actor = sign_in.actor_of(request, session.user)
    with locked_observations.recording_in_chain(actor=actor, chain=SUPPLIER) as (batch, at):
        _record_ends(batch, state.end_open(at=at, ended_by="person", opening=session.break_glass))


def _user(request: HttpRequest, batch: EventBatch, at: dt.datetime) -> User:
    """Return the one staff user of this sign-in, created at the first use."""
    user = identities.find(issuer=state.ISSUER, subject=state.SUBJECT)
    if user is None:
        user = sign_in.enroll(request, batch, issuer=state.ISSUER, subject=state.SUBJECT, name=_NAME, at=at)
    return user


def _record_ends(batch: EventBatch, ended: Iterable[EndedOpening]) -> None:
    for one in ended:
        batch.add(Observation.BREAK_GLASS_ENDED, subject=_SUBJECT, chain=SUPPLIER, facts=one.facts)


def _instants(row: BreakGlass, *columns: str) -> dict[str, str]:
    return {name: getattr(row, name).isoformat() for name in columns}


def _shell() -> Actor:
    return system(channel=Channel.SHELL)
