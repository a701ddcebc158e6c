"""In an emergency a command opens this sign-in, a one-time link and a passkey use it, and it ends at a stated time.

The functions that change rows are called under the lock of the supplier's chain, which lets them pass one at a time.
Their caller records the event.
"""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Model, Q, Subquery

from identity import machine_secrets
from identity.staff.models import BreakGlass, BreakGlassPasskey, StaffSession

LONGEST = dt.timedelta(hours=1)
LINK_LIFETIME = dt.timedelta(minutes=10)
ISSUER = "urn:keyholder:break-glass"
"""Stands for the provider in the staff identity of this sign-in; no provider can have it as its issuer."""
SUBJECT = "break-glass"


class AlreadyOpen(Exception):
    """One opening has not ended. `ends_at` is its stated end."""

    def __init__(self, ends_at: dt.datetime) -> None:
        super().__init__(ends_at)
        self.ends_at = ends_at


class LinkUnusable(Exception):
    """The link is unknown, was used, or has ended."""


@dataclass(frozen=True, slots=True)
class EndedOpening:
    """Holds an opening that was ended, and the session that ended with it, empty without one."""

    id: uuid.UUID
    ended_at: dt.datetime
    ended_by: str
    session: str

    @property
    def facts(self) -> Mapping[str, Any]:
        """Return the facts of the event."""
        session = {"ended_session": self.session} if self.session else {}
        return {
            "break_glass": str(self.id),
            "ended_at": self.ended_at.isoformat(),
            "ended_by": self.ended_by,
            **session,
        }


@dataclass(frozen=True, slots=True)
class Opening:
    """Describes an opening that has not ended."""

    id: uuid.UUID
    opened_at: dt.datetime
    ends_at: dt.datetime
    used_at: dt.datetime | None


def current(*, at: dt.datetime) -> BreakGlass | None:
    """Return the opening that is open at this instant. One statement."""
    return BreakGlass.objects.filter(ended_at=None, ends_at__gt=at).first()


def columns() -> Mapping[str, Subquery]:
    """Return annotations with the opening that was not ended, for a statement that reads another table."""
    rows = BreakGlass.objects.filter(ended_at=None).order_by("id")
    return {f"opening_{one.name}": Subquery(rows.values(one.name)[:1]) for one in fields(Opening)}


def opening_of(row: Model, *, at: dt.datetime) -> Opening | None:
    """Return the opening that is open at this instant, from a row with `columns`."""
    values = [getattr(row, f"opening_{one.name}") for one in fields(Opening)]
    opening = Opening(*values) if values[0] else None
    return opening if opening and opening.ends_at > at else None


def passkeys() -> Sequence[BreakGlassPasskey]:
    """Return all passkeys, the oldest first."""
    return list(BreakGlassPasskey.objects.order_by("created_at", "id"))


def begin(*, ends_at: dt.datetime, enrolls: bool, at: dt.datetime) -> tuple[str, BreakGlass]:
    """Open it. Returns the secret of the link, and the row. Raises AlreadyOpen; the caller has ended expired ones."""
    if other := BreakGlass.objects.filter(ended_at=None).first():
        raise AlreadyOpen(other.ends_at)
    secret = machine_secrets.generate(prefix="khb")
    row = BreakGlass.objects.create(
        link_hash=machine_secrets.hash_secret(secret),
        enrolls=enrolls,
        opened_at=at,
        link_expires_at=min(at + LINK_LIFETIME, ends_at),
        ends_at=ends_at,
    )
    return secret, row


def usable(*, link: str, at: dt.datetime) -> BreakGlass:
    """Return the opening of this link. Raises LinkUnusable. One statement."""
    row = BreakGlass.objects.filter(
        link_hash__in=machine_secrets.hash_candidates(link),
        used_at=None,
        ended_at=None,
        link_expires_at__gt=at,
    ).first()
    if row is None:
        raise LinkUnusable
    return row


def mark_used(*, opening: BreakGlass, at: dt.datetime) -> None:
    """Use up the link."""
    opening.used_at = at
    opening.save(update_fields=["used_at"])


def add_passkey(*, name: str, credential: str, at: dt.datetime) -> BreakGlassPasskey:
    """Add a passkey."""
    return BreakGlassPasskey.objects.create(name=name, credential=credential, created_at=at)


def has_expired(*, at: dt.datetime) -> bool:
    """Return whether an opening is past its stated end and was not ended. One statement."""
    return BreakGlass.objects.filter(ended_at=None, ends_at__lte=at).exists()


def end_expired(*, at: dt.datetime) -> Sequence[EndedOpening]:
    """End what is past its stated end."""
    return _end(Q(ends_at__lte=at), at=at, ended_by="time")


def end_open(*, at: dt.datetime, ended_by: str, opening: uuid.UUID | None = None) -> Sequence[EndedOpening]:
    """End what is open, or only this opening, with its session."""
    return _end(Q(pk=opening) if opening else Q(), at=at, ended_by=ended_by)


def _end(condition: Q, *, at: dt.datetime, ended_by: str) -> Sequence[EndedOpening]:
    ended = []
    for row in BreakGlass.objects.filter(condition, ended_at=None):
        row.ended_at = at
        row.save(update_fields=["ended_at"])
        sessions = StaffSession.objects.filter(break_glass=row)
        key = sessions.values_list("session_key", flat=True).first() or ""
        sessions.delete()
        ended.append(EndedOpening(row.pk, at, ended_by, key))
    return ended
