"""Each request that may try a secret is counted first, and given back where it tried no wrong one.

Secrets and requests are counted outside the request's transaction: a failure that is rolled back stays counted, and no
counter is locked while a password is hashed. Mails are counted in the transaction that queues them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from allauth.account.internal import stagekit
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import ngettext

from identity.people import addresses
from identity.people.models import User
from portal.http import error_pages, request_context
from portal.http.request_context import Request
from portal.signin.customers import device_cookies, rate_limits
from portal.signin.customers.rate_limits import Limit, Taken

_ATTRIBUTE = "sign_in_attempt"
_LONGEST_IN_SECONDS = 300


@dataclass(slots=True)
class Attempt:
    """Holds what one request has counted, whether it tried a wrong secret, and a person to remember in this browser.

    `taken` is None on a page where nothing limits the tries of a secret.
    """

    taken: Taken | None
    failed: bool = False
    remembered: User | None = None


@dataclass(frozen=True, slots=True)
class AttemptedPerson:
    """Names the person whose secret is tried: the user, or an address that no user has."""

    user: User | None
    key: str
    further: tuple[Limit, ...] = ()
    """Limits for the person in unknown browsers, besides those of every secret."""


def require_allowed(request: HttpRequest, *, advice: str = "") -> None:
    """Raise ValidationError with the wait in whole seconds; call it before a secret is tried.

    Raises TypeError on a page that is not in `_SUBJECTS`: it would try secrets without a limit.
    """
    taken = attempt_of(request).taken
    if taken is None:
        raise TypeError(f"no limit: {request.path}")
    if wait := taken.wait:
        sentences = [_wait_sentence(wait), advice]
        raise ValidationError(" ".join(filter(None, sentences)), code="too_many_attempts")


def _wait_sentence(seconds: int) -> str:
    if seconds > _LONGEST_IN_SECONDS:
        minutes = math.ceil(seconds / 60)
        text = ngettext(
            "Too many attempts. Wait %(minutes)s minute and try again.",
            "Too many attempts. Wait %(minutes)s minutes and try again.",
            minutes,
        )
        return text % {"minutes": minutes}
    text = ngettext(
        "Too many attempts. Wait %(seconds)s second and try again.",
        "Too many attempts. Wait %(seconds)s seconds and try again.",
        seconds,
    )
    return text % {"seconds": seconds}


def attempt_of(request: HttpRequest) -> Attempt:
    """Return the attempt of this request. Raises TypeError outside `run`."""
    attempt = getattr(request, _ATTRIBUTE, None)
    if not isinstance(attempt, Attempt):
        raise TypeError(f"no attempt: {request.path}")
    return attempt


def mark_failed(request: HttpRequest) -> None:
    """Keep the attempt counted: it tried a wrong secret."""
    attempt_of(request).failed = True


def remember(request: HttpRequest, user: User) -> None:
    """Make this browser known for the person, who has just chosen a new password in it."""
    if isinstance(attempt := getattr(request, _ATTRIBUTE, None), Attempt):
        attempt.remembered = user


def run(request: Request, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Run a page under its limits."""
    match = request.resolver_match
    name = (match.url_name if match else None) or ""
    if name in _COUNTED and request.method not in _COUNTED[name]:
        device, network = device_cookies.any_known(request), _network(request)
        taken = rate_limits.take(
            *[(rate_limits.REQUESTS, device.number), (rate_limits.REQUESTS_KNOWN, network)]
            if device
            else [(rate_limits.REQUESTS, network)]
        )
        if taken.wait:
            return error_pages.too_many(request, seconds=taken.wait)
    subject = _SUBJECTS.get(name)
    attempt = Attempt(_take(request, subject(request)) if subject and request.method == "POST" else None)
    setattr(request, _ATTRIBUTE, attempt)
    response = view()
    if attempt.taken is not None and not attempt.failed:
        attempt.taken.give_back()
    if attempt.remembered is not None:
        device_cookies.remember(request, response, User.objects.get(pk=attempt.remembered.pk))
    return response


def take_reset_mail(request: HttpRequest, *, address: str, user: User | None) -> bool:
    """Return whether a reset mail may go to this address; counted alike for an address that no user has.

    Strangers cannot use up the mails: links are valid for as long as the wait for the next mail is, and a known
    browser has mails of its own.
    """
    device = device_cookies.known(request, user)
    if device is not None and not rate_limits.take((rate_limits.RESET_MAIL_DEVICE, device.number)).wait:
        return True
    return any(
        not rate_limits.take((limit, address)).wait
        for limit in (rate_limits.RESET_MAIL, rate_limits.RESET_MAIL_LATER)
    )


def _take(request: HttpRequest, subject: AttemptedPerson) -> Taken:
    """Count under the limit of the known browser or of the session; otherwise under those of strangers."""
    device = device_cookies.known(request, subject.user)
    if device is not None:
        taken = rate_limits.take((rate_limits.DEVICE, device.number))
        if not taken.wait:
            return taken
    if request.user.is_authenticated:
        return rate_limits.take((rate_limits.SESSION, str(request.session.session_key)))
    network = _network(request)
    strangers: tuple[tuple[Limit, str], ...] = (
        (rate_limits.NETWORK, network),
        (rate_limits.PERSON_NETWORK, f"{subject.key} {network}"),
        *((limit, subject.key) for limit in (rate_limits.PERSON, *subject.further)),
    )
    return rate_limits.take(*strangers)


def _network(request: HttpRequest) -> str:
    return request_context.network(request_context.address_of(request.META))


def _typed_address(request: HttpRequest) -> AttemptedPerson:
    typed = request.POST.get("login", "")
    try:
        address = addresses.canonical(typed)
    except addresses.InvalidAddress:
        return AttemptedPerson(None, "password:")
    user = addresses.owners(addresses=[address]).get(address)
    return AttemptedPerson(user, f"password:{user.pk if user else address}")


def _half_signed_in(request: HttpRequest) -> AttemptedPerson:
    login = stagekit.unstash_login(request, peek=True)
    user = login.user if login and isinstance(login.user, User) else None
    return AttemptedPerson(user, f"code:{user.pk if user else ''}", (rate_limits.CODES,))


def _signed_in(request: HttpRequest) -> AttemptedPerson:
    user = request.user if isinstance(request.user, User) else None
    return AttemptedPerson(user, f"signed in:{user.pk if user else ''}")


_SUBJECTS: Mapping[str, Callable[[HttpRequest], AttemptedPerson]] = {
    "account_login": _typed_address,
    "account_change_password": _signed_in,
    "account_reauthenticate": _signed_in,
    "mfa_authenticate": _half_signed_in,
    "mfa_reauthenticate": _signed_in,
}
"""The pages that try a secret which can be guessed, and whose secret it is."""
_COUNTED: Mapping[str, tuple[str, ...]] = {
    "account_reset_password": ("GET", "HEAD"),
    "account_reset_password_from_key": (),
    "account_not_me": (),
    "mfa_login_webauthn": (),
}
"""The pages of which each request leaves a row, a mail or a check of a link; with the methods that are not counted."""
