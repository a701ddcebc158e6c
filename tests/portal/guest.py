"""A visitor who is signed in already, with both factors or with a password only: for what is behind the doors."""

from typing import TYPE_CHECKING, TypeAlias

from allauth.account.internal.flows import login
from django.conf import settings
from django.contrib import auth
from django.http import HttpResponse

from audit import clock
from identity.models import Membership, User
from identity.sessions import SessionStore
from tests.portal.door import Visitor

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Answer: TypeAlias = _MonkeyPatchedWSGIResponse
else:
    Answer = HttpResponse
"""What a visitor gets: a response, with the request that it answers."""


def session_of(visitor: Visitor) -> SessionStore:
    """The visitor's own."""
    session = visitor.session
    assert isinstance(session, SessionStore)
    return session


def of(who: Membership, *, strong: bool = True) -> Visitor:
    """As if this colleague had come through the doors a moment ago."""
    user = User.objects.get(pk=who.user_id)
    now = clock.wall().timestamp()
    session = SessionStore()
    session.create()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[login._AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    password = {"method": "password", "at": now, "email": user.email}
    code = {"method": "mfa", "at": now, "type": "totp"}
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = [password, code] if strong else [password]
    session.save()
    visitor = Visitor()
    visitor.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return visitor
