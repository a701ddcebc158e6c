"""Customers' people sign in by allauth, which calls this adapter."""

import datetime as dt
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal import stagekit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy

from audit.foundation import clock
from delegation.activity import session_endings
from delegation.invitations import queries as invitations_queries
from delegation.suspensions import queries as suspensions_queries
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from portal.http import languages, safe_redirects
from portal.shell import former_access
from portal.signin.customers import (
    assurance,
    demands,
    device_cookies,
    emails,
    ended_sessions,
    event_transaction,
    factors,
    secret_attempts,
)
from portal.signin.customers.assurance import Step
from portal.wording import session_endings as wording


class PasswordSuperseded(Exception):
    """Another password was saved, or everything issued to the person revoked, since this request loaded the person."""


class AccountAdapter(DefaultAccountAdapter):
    """Signs in customers' people with an active membership or an invitation; sign-up is by invitation only."""

    error_messages = {
        **dict.fromkeys(DefaultAccountAdapter.error_messages, factors.DID_NOT_WORK),
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is incorrect."),
        "incorrect_password": gettext_lazy("The password is incorrect."),
        "enter_current_password": gettext_lazy("The password is incorrect."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people join by invitation."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase | None:
        """Refuse a person without an active membership, after the right password.

        Someone who has left and is invited again must sign in to accept, and may.
        """
        if user.is_active and _may_enter(user, clock.now()):
            return None
        suspension = (
            suspensions_queries.closing_sign_in(user=user.pk, at=clock.now()) if user.is_active else None
        )
        code = "organization_suspended" if suspension else "no_membership" if user.is_active else "blocked"
        event_transaction.record_denied_sign_in(user, code=code)
        stagekit.clear_login(request)
        if suspension is not None:
            return former_access.page(request, session_endings.by_suspension(suspension))
        response: HttpResponseBase = self.respond_user_inactive(request, user)
        former = memberships_queries.former_of_user(user=user.id, at=clock.now()) if user.is_active else None
        if former is not None:
            ended_sessions.remember(response, wording.of_former(former))
        return response

    def get_login_stages(self) -> list[str]:
        """Add the last stage, which checks the person again."""
        return [*super().get_login_stages(), "portal.signin.customers.recheck_stage.RecheckStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        """Save the session in this transaction, under the epoch that was checked in it."""
        super().login(request, user)
        request.session.set_expiry(0)  # the cookie ends with the browser
        if isinstance(request.session, SessionStore):
            request.session.save()
            request.session.row = Session.objects.get(session_key=request.session.stored_key())

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Remember the person and their language in this browser: every step of the sign-in is done."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        device_cookies.remember(request, response, user)
        ended_sessions.forget(request, response)
        # Sign-out pages, and the sign-in page that says why a session ended, speak it too.
        if user.language and user.language != languages.of_browser(request):
            languages.remember(response, user.language)
        return response

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a password beyond the limits (`secret_attempts`) before it is compared. Raises ValidationError."""
        advice = gettext("A passkey, or a link by “Forgot your password?”, works at once.")
        secret_attempts.require_allowed(request, advice="" if request.user.is_authenticated else advice)

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether this is one of our own paths."""
        return bool(url) and safe_redirects.is_own(str(url))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask the same decision as the page before: allauth's own accepts any recent proof."""
        if self.request is None:
            return True
        return assurance.assess(self.request, demands.OWN_FACTORS).step is not Step.NONE

    def set_password(self, user: User, password: str) -> None:
        """Save the password alone, under the lock of the person's row. Raises PasswordSuperseded.

        Whatever allowed the new password (a link, the old password) was checked before the hash, which is slow.
        """
        loaded = (user.password, user.epoch)
        user.set_password(password)
        locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if (locked.password, locked.epoch) != loaded:
            raise PasswordSuperseded
        user.save(update_fields=["password"])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return the sign-in page: a change of the password ends every session, this one too."""
        return reverse("account_login")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link with the configured address, for any Host header."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.ISSUER}{path.replace('UID-KEY', key)}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue the reset mail in this transaction; allauth's other mails are not sent."""
        if template_prefix == "account/email/password_reset_key":
            emails.queue_reset(to=email, url=context["password_reset_url"], user=context["user"])


def _may_enter(user: User, at: dt.datetime) -> bool:
    """Return whether the person has an active membership, or an invitation that leads to one."""
    is_member = memberships_queries.active(at=at).filter(user=user).exists()
    return is_member or invitations_queries.awaits_acceptance(user=user.pk, at=at)
