"""The first sign-in after joining leads to setting up a required second factor."""

from django.http import HttpRequest

from identity.people.models import User
from portal.signin.customers import factors

PUBLIC_LAYOUT, _LAYOUT = "base_public.html", "base.html"
_JOINED = "keyholder.joined"


def store_joined(request: HttpRequest, *, organization: str) -> None:
    """Store in the session the organization that this person has just joined."""
    request.session[_JOINED] = organization


def joined_organization(request: HttpRequest) -> str:
    """Return the name that `store_joined` stored, else an empty text."""
    return str(request.session.get(_JOINED, ""))


def layout(user: User) -> str:
    """Return the layout without a menu until a required factor is added: every entry would lead back here."""
    return PUBLIC_LAYOUT if not factors.types_of(user) and factors.is_required(user) else _LAYOUT
