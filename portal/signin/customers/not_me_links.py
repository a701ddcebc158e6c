"""The link of a mail about a change of sign-in lets its person, and no one else, report that change as not theirs."""

import datetime as dt
import uuid
from typing import NamedTuple

from django.core import signing

from audit import installation
from audit.foundation import clock
from identity.people.models import User

LIFETIME = dt.timedelta(days=14)
_SALT = "keyholder.not-me"
_TICK = dt.timedelta(microseconds=1)
_START = dt.datetime.fromtimestamp(0, dt.UTC)


class NotMeLink(NamedTuple):
    """Names the person that the mail went to, and the instant of the change."""

    user: User
    changed_at: dt.datetime


def make(*, user: User, changed_at: dt.datetime) -> str:
    """Return the signed text of a link: the person and the change. No row is kept."""
    return _signer().sign(f"{user.pk.hex}.{(changed_at - _START) // _TICK}")


def read_link(token: str) -> NotMeLink | None:
    """Return what the text states; None for one that we did not sign for this purpose, or that is too old.

    It ends 14 days after the change, and with a restore from a backup: it may have been used since. Two statements.
    """
    try:
        person, instant = _signer().unsign(token).split(".")
        user = User.objects.filter(pk=uuid.UUID(person), is_active=True).first()
        changed_at = _START + int(instant) * _TICK
    except (signing.BadSignature, ValueError):
        return None
    if user is None or clock.now() - changed_at >= LIFETIME:
        return None
    return NotMeLink(user, changed_at)


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"{_SALT}:{installation.load().incarnation}", sep=".")
