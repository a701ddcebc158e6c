"""A second factor that a person sets up counts as proved, and the first one brings recovery codes."""

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest

from identity.people.models import User
from portal.signin.customers import events, factors, recovery_codes


@dataclass(frozen=True, slots=True)
class NewCodes:
    """Holds recovery codes, which nothing stores, and their hashes."""

    codes: list[str]
    hashes: Mapping[str, str]


def first_codes(user: User) -> NewCodes | None:
    """Generate recovery codes for a person who was given none. It is slow: call it before any lock."""
    return None if recovery_codes.exist(user=user.pk) else _new_codes(user)


def complete(request: HttpRequest, authenticator: Authenticator, codes: NewCodes | None) -> list[str]:
    """Record the new factor as proved. Returns recovery codes to show once; none for a person who was given some.

    The caller holds the lock of the person's row. The first factor ends the person's other sessions: they have proved
    the password only.
    """
    user = authenticator.user
    if len(factors.types_of(user)) == 1:
        events.end_other_sessions(request, user)
    events.factor_set_up(request, user, authenticator)
    if codes is None or recovery_codes.exist(user=user.pk):
        return []
    recovery_codes.store(user=user, hashes=codes.hashes)
    return codes.codes


def replace_codes(user: User) -> list[str]:
    """Replace the person's recovery codes. Returns the codes, which nothing stores."""
    new = _new_codes(user)
    recovery_codes.store(user=user, hashes=new.hashes)
    return new.codes


def notify(request: HttpRequest, *, notice: str, **context: bool) -> None:
    """Show the notice of this template on the next page."""
    get_adapter().add_message(request, messages.SUCCESS, notice, dict(context))


def _new_codes(user: User) -> NewCodes:
    codes = recovery_codes.generate()
    return NewCodes(codes, recovery_codes.hashed(user=user, codes=codes))
