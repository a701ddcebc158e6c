"""The first sign-in after joining: setting up a required second factor, and its notices."""

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from identity.people.models import User
from portal.signin.customers import factors

PUBLIC_LAYOUT, _LAYOUT = "base_public.html", "base.html"
_JOINED = "keyholder.joined"
_CODES_MADE = "mfa/messages/recovery_codes_generated.txt"
_FACTOR_ADDED = frozenset({"mfa/messages/totp_activated.txt", "mfa/messages/webauthn_added.txt"})


def store_joined(request: HttpRequest, *, organization: str) -> None:
    """Store in the session the organization that this person has just joined."""
    request.session[_JOINED] = organization


def joined_organization(request: HttpRequest) -> str:
    """Return the name that `store_joined` stored, else an empty text."""
    return str(request.session.get(_JOINED, ""))


def layout(user: User) -> str:
    """Return the layout without a menu until a required factor is added: every entry would lead back here."""
    return PUBLIC_LAYOUT if not factors.types_of(user) and factors.is_required(user) else _LAYOUT


def is_covered_by_factor_notice(request: HttpRequest, *, notice: str) -> bool:
    """Return whether this notice is about codes made with a first factor, which that factor's notice mentions."""
    match = request.resolver_match
    return notice == _CODES_MADE and (match is None or match.url_name != "mfa_generate_recovery_codes")


def shows_first_codes(request: HttpRequest, *, notice: str) -> bool:
    """Return whether this notice of a factor leads to recovery codes that the person has not yet seen."""
    if notice not in _FACTOR_ADDED or not isinstance(request.user, User):
        return False
    codes = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES)
    return not codes.exclude(data__viewed_at=None).exists()
