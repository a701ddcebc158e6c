"""Passkeys of the break-glass sign-in are used at the portal's own origin, and always verify the user."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from identity.staff.models import BreakGlassPasskey
from portal.http import request_data
from portal.signin.customers import passkey_answers

_REQUIRED = UserVerificationRequirement.REQUIRED
_USER = PublicKeyCredentialUserEntity(id=b"break-glass", name="Break-glass", display_name="Break-glass")


class PasskeyRefused(Exception):
    """The browser's response is no proof for this link."""


def creation_options(*, link: str, known: Sequence[BreakGlassPasskey]) -> dict[str, Any]:
    """Return the options to create a passkey; one that is there is not created again (WebAuthn §5.4)."""
    options, _state = _server().register_begin(
        _USER,
        credentials=[_data(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=_REQUIRED,
        challenge=_challenge(link),
    )
    return dict(options)


def request_options(*, link: str, known: Sequence[BreakGlassPasskey]) -> dict[str, Any]:
    """Return the options to use one of these passkeys (WebAuthn §5.5)."""
    options, _state = _server().authenticate_begin(
        credentials=[_data(one) for one in known], user_verification=_REQUIRED, challenge=_challenge(link)
    )
    return dict(options)


def created(response: str, *, link: str) -> str:
    """Return the credential of a checked registration, as `BreakGlassPasskey` stores it. Raises PasskeyRefused."""
    with _refusing():
        data = _server().register_complete(_state(link), _parsed(response)).credential_data
        if data is None:
            raise PasskeyRefused("no credential")
        return websafe_encode(bytes(data))


def used(response: str, *, link: str, known: Sequence[BreakGlassPasskey]) -> BreakGlassPasskey:
    """Return the passkey that a checked response proves. Raises PasskeyRefused."""
    by_credential = {_data(one).credential_id: one for one in known}
    with _refusing():
        data = _server().authenticate_complete(_state(link), [_data(one) for one in known], _parsed(response))
        return by_credential[data.credential_id]


@contextmanager
def _refusing() -> Iterator[None]:
    """Raise PasskeyRefused for whatever the library's parts raise: nested CBOR and a signature raise no ValueError."""
    try:
        yield
    except Exception as error:
        raise PasskeyRefused(str(error)) from error


def _server() -> Fido2Server:
    host = urlsplit(settings.ISSUER).hostname or "localhost"
    rp = PublicKeyCredentialRpEntity(id=host, name=settings.SUPPLIER_NAME)
    return Fido2Server(rp, verify_origin=lambda origin: origin == settings.ISSUER)


def _challenge(link: str) -> bytes:
    """Return the challenge of a link. It is used once, as the link is, and nothing of it has to be stored."""
    return salted_hmac("portal.signin.staff.passkeys", link, algorithm="sha256").digest()


def _state(link: str) -> Mapping[str, Any]:
    return {"challenge": websafe_encode(_challenge(link)), "user_verification": _REQUIRED}


def _data(passkey: BreakGlassPasskey) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(passkey.credential))


def _parsed(response: str) -> Mapping[str, Any]:
    parsed = request_data.json_object(response)
    if parsed is None:
        raise PasskeyRefused("no response of a browser")
    if not passkey_answers.is_for_this_origin(parsed):
        raise PasskeyRefused("a page of another origin, or a frame of another site")
    return parsed
