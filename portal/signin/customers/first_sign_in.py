"""Between joining and beginning: a second factor where one is demanded, and what is said about it."""

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from identity.people.models import User
from portal.signin.customers import factors

DOOR, _INSIDE = "base_public.html", "base.html"
_JOINED = "keyholder.joined"
_CODES_MADE = "mfa/messages/recovery_codes_generated.txt"
_FACTOR_ADDED = frozenset({"mfa/messages/totp_activated.txt", "mfa/messages/webauthn_added.txt"})


def joined(request: HttpRequest, *, organization: str) -> None:
    """Remember of whom this person has just become a colleague."""
    request.session[_JOINED] = organization


def joined_just_now(request: HttpRequest) -> str:
    """The name `joined` was given; nothing for whoever came another way."""
    return str(request.session.get(_JOINED, ""))


def layout(user: User) -> str:
    """A door as long as a factor has to be added first: everything in the menu would lead back here."""
    return DOOR if not factors.kinds(user) and factors.demanded(user) else _INSIDE


def come_with_a_factor(request: HttpRequest, *, notice: str) -> bool:
    """Whether this is the notice of codes that nobody asked for: they are spoken of with the factor they come with."""
    match = request.resolver_match
    return notice == _CODES_MADE and (match is None or match.url_name != "mfa_generate_recovery_codes")


def first_codes(request: HttpRequest, *, notice: str) -> bool:
    """Whether codes come with this factor, or came with it: nobody has seen any yet."""
    if notice not in _FACTOR_ADDED or not isinstance(request.user, User):
        return False
    codes = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES)
    return not codes.exclude(data__viewed_at=None).exists()
