"""This cookie marks a known browser: a person has signed in completely in it, and has not revoked sessions since.

It gives no access. Wrong secrets in a known browser have a limit of their own, so that strangers cannot lock the
person out. OWASP describes this as device cookies.
"""

import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from audit.foundation import clock
from identity.people.models import User

_SEPARATOR, _MAX_ENTRIES, _MAX_LENGTH = "~", 5, 1500
COOKIE_SECONDS = 180 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Device:
    """Names one person in one browser. `number` is random and stays the same as long as the entry is valid."""

    user: uuid.UUID
    epoch: int
    issued_at: int
    number: str

    def to_text(self) -> str:
        """Return the signed entry."""
        return _signer().sign(f"{self.user.hex}.{self.epoch}.{self.issued_at}.{self.number}")


def known(request: HttpRequest, user: User | None) -> Device | None:
    """Return the valid entry of this person in this browser. Raising the person's epoch revokes all entries."""
    if user is None:
        return None
    return next((device for device in _devices(request) if _is_valid(device, user)), None)


def any_known(request: HttpRequest) -> Device | None:
    """Return the first valid entry of any person in this browser. One statement; none without an entry."""
    devices = list(_devices(request))
    users = (
        User.objects.filter(is_active=True).in_bulk({device.user for device in devices}) if devices else {}
    )
    return next(
        (device for device in devices if (user := users.get(device.user)) and _is_valid(device, user)), None
    )


def people(request: HttpRequest) -> list[uuid.UUID]:
    """Return the people who have signed in in this browser, also those whose entries were revoked since."""
    return list(dict.fromkeys(device.user for device in _devices(request)))


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Set the cookie for this person, beside those of the four last other people in this browser."""
    own = known(request, user)
    number = own.number if own else secrets.token_hex(8)
    device = Device(uuid.UUID(str(user.pk)), user.epoch, int(clock.wall().timestamp()), number)
    others = [other for other in _devices(request) if other.user != device.user]
    text = _SEPARATOR.join(entry.to_text() for entry in [device, *others][:_MAX_ENTRIES])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        text,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _is_valid(device: Device, user: User) -> bool:
    age = clock.wall().timestamp() - device.issued_at
    return device.user == user.pk and device.epoch == user.epoch and age < COOKIE_SECONDS


def _devices(request: HttpRequest) -> Iterator[Device]:
    text = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    entries = text.split(_SEPARATOR) if 0 < len(text) <= _MAX_LENGTH else []
    for entry in entries[:_MAX_ENTRIES]:
        try:
            user, epoch, issued_at, number = _signer().unsign(entry).split(".")
        except signing.BadSignature:
            continue
        yield Device(uuid.UUID(user), int(epoch), int(issued_at), number)


def _signer() -> signing.Signer:
    return signing.Signer(salt="keyholder.device")
