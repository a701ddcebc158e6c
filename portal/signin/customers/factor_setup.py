"""What follows when a person sets up a second factor: it counts as proved, and the first one brings recovery codes."""

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest

from identity.people.models import User
from portal.signin.customers import events, factors, recovery_codes


def complete(request: HttpRequest, authenticator: Authenticator) -> list[str]:
    """Record the new factor as proved. Returns recovery codes to show once; none for a person who was given some.

    The first factor ends the person's other sessions: they have proved the password only.
    """
    user = authenticator.user
    if len(factors.types_of(user)) == 1:
        events.end_other_sessions(request, user)
    events.factor_set_up(request, user, authenticator)
    return [] if recovery_codes.exist(user=user.pk) else replace_codes(user)


def replace_codes(user: User) -> list[str]:
    """Replace the person's recovery codes. Returns the codes, which nothing stores."""
    codes = recovery_codes.generate()
    recovery_codes.store(user=user, codes=codes)
    return codes


def notify(request: HttpRequest, *, notice: str, **context: bool) -> None:
    """Show the notice of this template on the next page."""
    get_adapter().add_message(request, messages.SUCCESS, notice, dict(context))
