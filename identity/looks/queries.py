"""A look is read as it holds at an instant: by its id, by its code, or of a member."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

from audit.foundation import db
from identity import machine_secrets
from identity.looks.models import Look, LookRule


@dataclasses.dataclass(frozen=True, slots=True)
class OpenLook:
    """Describes a look that holds now, but for the staff right, which `delegation.looking_along` checks."""

    id: uuid.UUID
    organization_id: uuid.UUID
    membership_id: uuid.UUID
    user_id: uuid.UUID
    name: str
    """Of the person."""
    session_key: str
    """The only browser session that is looked at; empty where any of the person's is."""
    mode: str
    masked: bool
    rule_id: uuid.UUID | None
    staff_id: uuid.UUID
    staff_name: str
    staff_session: str
    staff_right: uuid.UUID
    begun_at: dt.datetime
    valid_until: dt.datetime


_COLUMNS = ", ".join(field.name for field in dataclasses.fields(OpenLook))
_BY_ID = f"SELECT {_COLUMNS} FROM identity_look_at(%(at)s) WHERE id = %(look)s"  # noqa: S608 - names of columns
_OF_STAFF = f"""
SELECT {_COLUMNS} FROM identity_look_at(%(at)s) WHERE staff_session = %(session)s AND staff_id = %(staff)s
ORDER BY begun_at DESC LIMIT 20
"""  # noqa: S608 - names of columns
_BY_CODE = """
SELECT id FROM identity_look_allowed_at(%(at)s)
WHERE code_hash = ANY(%(hashes)s) AND rule_id IS NULL AND begun_at IS NULL AND code_until > %(at)s
"""
_WAITING = """
SELECT id, code_until FROM identity_look_allowed_at(%(at)s)
WHERE membership_id = %(membership)s AND rule_id IS NULL AND begun_at IS NULL AND code_until > %(at)s LIMIT 1
"""
_CONSENT = """
SELECT EXISTS (
    SELECT FROM identity_look_allowed_at(%(at)s) WHERE membership_id = %(membership)s AND rule_id IS NULL
    AND (valid_until > %(at)s OR begun_at IS NULL AND code_until > %(at)s))
"""
_SIGNED_IN = """
SELECT EXISTS (
    SELECT FROM identity_membership m JOIN identity_user u ON u.id = m.user_id
    JOIN identity_session b ON b.user_id = u.id AND b.epoch = u.epoch
    WHERE m.id = %(membership)s AND identity_session_open(b.expire_date, b.last_seen_at, %(at)s))
"""


def open_look(*, look: uuid.UUID, at: dt.datetime) -> OpenLook | None:
    """Read a look that holds at `at`. One statement."""
    rows = db.fetch_all(_BY_ID, {"look": look, "at": at})
    return OpenLook(*rows[0]) if rows else None


def open_of_staff(*, staff: uuid.UUID, session: str, at: dt.datetime) -> list[OpenLook]:
    """List the looks that a staff member has begun in this session, the newest first, up to 20. One statement."""
    return [OpenLook(*row) for row in db.fetch_all(_OF_STAFF, {"staff": staff, "session": session, "at": at})]


def of_code(*, code: str, at: dt.datetime) -> Look | None:
    """Find the consent with this code, which no look has used. None also where two have it."""
    params = {"hashes": machine_secrets.hash_candidates(code), "at": at}
    found = [row[0] for row in db.fetch_all(_BY_CODE, params)]
    return Look.objects.filter(id=found[0]).first() if len(found) == 1 else None


def is_code_in_use(*, code: str, at: dt.datetime) -> bool:
    """Return whether an unused consent has this code."""
    return bool(db.fetch_all(_BY_CODE, {"hashes": machine_secrets.hash_candidates(code), "at": at}))


def waiting_code(*, membership: uuid.UUID, at: dt.datetime) -> tuple[uuid.UUID, dt.datetime] | None:
    """Read the consent of this member that waits for its code, and when the code ends. One statement."""
    rows: list[tuple[Any, ...]] = db.fetch_all(_WAITING, {"membership": membership, "at": at})
    return (rows[0][0], rows[0][1]) if rows else None


def has_consent(*, membership: uuid.UUID, at: dt.datetime) -> bool:
    """Return whether a code of this member waits, or a look by one goes on. One statement."""
    return bool(db.fetch_only(_CONSENT, {"membership": membership, "at": at})[0])


def rule(*, organization: uuid.UUID) -> LookRule | None:
    """Read the standing rule in force of an organization. One statement."""
    return LookRule.objects.filter(organization=organization, valid_until=None).first()


def is_signed_in(*, membership: uuid.UUID, at: dt.datetime) -> bool:
    """Return whether the member has an open browser session. One statement."""
    return bool(db.fetch_only(_SIGNED_IN, {"membership": membership, "at": at})[0])
