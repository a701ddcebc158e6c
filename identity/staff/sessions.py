"""A staff session has a secret in a cookie, a signed row, a short idle limit and an absolute end that never moves."""

import datetime as dt
import logging
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.core import signing
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from audit.foundation import clock, db, digests
from identity import machine_secrets
from identity.looks.models import Look
from identity.people.models import User
from identity.staff import break_glass
from identity.staff.break_glass import Opening
from identity.staff.models import ABSOLUTE_LIMIT, IDLE_LIMIT, BreakGlass, StaffLogout, StaffSession

logger = logging.getLogger("django.security.SuspiciousSession")
_LAST_SEEN_INTERVAL = dt.timedelta(minutes=1)
_CLOCKS_MAY_DIFFER = dt.timedelta(minutes=1)
LOCK_TIMEOUT = dt.timedelta(seconds=3)
"""The threads of customers' pages must not wait for a lock that SQL as the application's role holds longer."""
_REMEMBERED = dt.timedelta(hours=1)
"""Longer than a logout token and an ID token can be used (`portal.signin.staff.provider_tokens`)."""
# A session of a sign-in under way is either ended by a logout token or not opened.
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('identity.staff'))"


@dataclass(frozen=True, slots=True)
class StaffProof:
    """Holds what the provider said at the sign-in: groups, values of `acr` and `amr`, and an address for display."""

    groups: tuple[str, ...]
    proved: tuple[str, ...]
    email: str


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Holds a session that is valid now. `key` is the row's primary key."""

    key: str
    user: User
    proof: StaffProof
    created_at: dt.datetime
    expires_at: dt.datetime
    idle_at: dt.datetime
    """When it ends without another request."""
    break_glass: uuid.UUID | None
    """The opening that it ends with; None for a sign-in by the provider."""
    read_at: dt.datetime
    open_break_glass: Opening | None
    """The opening that is open at `read_at`, of any user."""
    look: uuid.UUID | None = None
    """The look that was begun last in this session and not ended; it may have ended by itself (`identity.looks`)."""


@dataclass(frozen=True, slots=True)
class EndedSession:
    """Names a session that was ended, and its user."""

    key: str
    user: uuid.UUID


class LoggedOut(Exception):
    """The provider ended the session at its own place after it had issued the ID token."""


class TokenUsed(Exception):
    """A logout token with this id was received before."""


def lock() -> None:
    """Let sign-ins and logout tokens pass one at a time, until the transaction ends. Raises Busy after some seconds."""
    db.limit_lock_waits(longest=LOCK_TIMEOUT)
    with db.busy_on_timeout():
        db.fetch_one(_LOCK)


def open_session(
    *,
    user: User,
    issuer: str,
    subject: str,
    provider_session: str,
    issued_at: dt.datetime,
    proof: StaffProof,
    at: dt.datetime,
) -> tuple[str, str]:
    """Open a session for the ID token issued at `issued_at`. Returns the secret for the cookie, and the row's key.

    The caller holds `lock` until the commit. Raises LoggedOut where a logout token for it came meanwhile.
    """
    by_session = Q(provider_session=provider_session) if provider_session else Q(pk=None)
    # No logout token makes a row in the future: SQL can, to shut a staff member out for good.
    logouts = StaffLogout.objects.filter(
        issuer=issuer, received_at__range=(issued_at, at + _CLOCKS_MAY_DIFFER)
    )
    if logouts.filter(by_session | Q(subject=subject, provider_session="")).exists():
        raise LoggedOut
    return _insert(
        user=user, proof=proof, at=at, provider_session=provider_session, expires_at=at + ABSOLUTE_LIMIT
    )


def open_break_glass(
    *, user: User, opening: BreakGlass, proof: StaffProof, at: dt.datetime
) -> tuple[str, str]:
    """Open the session of an opening, which ends at its stated end. Returns as `open_session`."""
    return _insert(user=user, proof=proof, at=at, break_glass=opening, expires_at=opening.ends_at)


def _insert(*, user: User, proof: StaffProof, at: dt.datetime, **columns: Any) -> tuple[str, str]:
    secret = machine_secrets.generate(prefix="khf")
    row = StaffSession(
        session_key=machine_secrets.hash_secret(secret),
        user=user,
        epoch=user.epoch,
        created_at=at,
        last_seen_at=at,
        **columns,
    )
    row.session_data = signing.dumps(asdict(proof), salt=_salt_of(row))
    row.save(force_insert=True)
    return secret, row.session_key


def _rows(secret: str) -> QuerySet[Any]:
    """Filter the session of this secret, with the open break-glass sign-in and the last look."""
    rows = StaffSession.objects.select_related("user").filter(
        session_key__in=machine_secrets.hash_candidates(secret),
        epoch=F("user__epoch"),
        user__directory=User.Directory.STAFF,
        user__is_active=True,
    )
    begun = Look.objects.filter(staff_session=OuterRef("pk"), ended_at=None).order_by("-begun_at")
    return rows.annotate(**break_glass.columns()).annotate(last_look=Subquery(begun.values("id")[:1]))


def load(*, secret: str, at: dt.datetime | None = None, is_polled: bool = False) -> OpenSession | None:
    """Return the session of this secret if it is valid. One statement, and one a minute for `last_seen_at`.

    `at`: None for the database's clock, which the same statement reads. A polled request, which no person
    caused, moves no idle limit.
    """
    row = _rows(secret).annotate(clock=clock.expression()).first()
    at = at or (row.clock if row else None)
    if row is None or at is None or min(row.expires_at, row.last_seen_at + IDLE_LIMIT) <= at:
        return None
    try:
        data: dict[str, Any] = signing.loads(row.session_data, salt=_salt_of(row))
    except signing.BadSignature:
        logger.warning("The data of a staff session do not belong to its row.")
        return None
    if not is_polled and at - row.last_seen_at > _LAST_SEEN_INTERVAL:
        StaffSession.objects.filter(pk=row.pk).update(last_seen_at=at)
    return OpenSession(
        key=row.session_key,
        user=row.user,
        proof=StaffProof(tuple(data["groups"]), tuple(data["proved"]), str(data["email"])),
        created_at=row.created_at,
        expires_at=row.expires_at,
        idle_at=min((row.last_seen_at if is_polled else at) + IDLE_LIMIT, row.expires_at),
        break_glass=row.break_glass_id,
        read_at=at,
        open_break_glass=break_glass.opening_of(row, at=at),
        look=row.last_look,
    )


def end(*, key: str) -> bool:
    """End this session. Returns whether it was there."""
    return StaffSession.objects.filter(pk=key).delete()[0] > 0


def end_for_logout_token(
    *, issuer: str, token_id: str, subject: str, provider_session: str, at: dt.datetime
) -> Sequence[EndedSession]:
    """End the sessions that a checked logout token names: those of its `sid`, or of its subject without one.

    Raises TokenUsed for a repeated token. A sign-in under way that these would end opens no session.
    """
    lock()
    used = digests.digest(f"{issuer}\n{token_id}")
    if StaffLogout.objects.filter(pk=used).exists():
        raise TokenUsed
    StaffLogout.objects.create(
        token=used, issuer=issuer, subject=subject, provider_session=provider_session, received_at=at
    )
    named = StaffSession.objects.filter(user__staff_identity__issuer=issuer)
    if provider_session:
        named = named.filter(provider_session=provider_session)
    if subject:
        named = named.filter(user__staff_identity__subject=subject)
    ended = [EndedSession(key, user) for key, user in named.values_list("session_key", "user_id")]
    StaffSession.objects.filter(pk__in=[session.key for session in ended]).delete()
    return ended


def clear_expired(*, at: dt.datetime) -> None:
    """Delete sessions that a limit has ended, and logout tokens that can be used no more."""
    StaffSession.objects.filter(Q(expires_at__lte=at) | Q(last_seen_at__lte=at - IDLE_LIMIT)).delete()
    StaffLogout.objects.filter(received_at__lt=at - _REMEMBERED).delete()


def _salt_of(row: StaffSession) -> str:
    """Bind the data to the row: one with another key, user, epoch, origin or end is not loaded."""
    limits = " ".join(at.astimezone(dt.UTC).isoformat() for at in (row.created_at, row.expires_at))
    origin = f"{row.break_glass_id} {row.provider_session}"
    return f"identity.staff {row.session_key} {row.user_id} {row.epoch} {limits} {origin}"
