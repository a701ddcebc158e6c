"""Allauth's sign-in of customers' people."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal import stagekit
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy

from audit.foundation import clock
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from portal.http import request_context, safe_redirects
from portal.signin.customers import assurance, demands, emails, event_transaction
from portal.signin.customers.assurance import Step

_APP = "allauth.account"
_EVERYWHERE = "login_failed_everywhere"  # see ACCOUNT_RATE_LIMITS


class AccountAdapter(DefaultAccountAdapter):
    """Signs in customers' people with at least one active membership; sign-up is by invitation only."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is incorrect."),
        "incorrect_password": gettext_lazy("The password is incorrect."),
        "enter_current_password": gettext_lazy("The password is incorrect."),
        "too_many_login_attempts": gettext_lazy("Too many attempts. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: people join by invitation."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase | None:
        """Refuse a person without any active membership, after the right password."""
        if user.is_active and memberships_queries.active(at=clock.now()).filter(user=user).exists():
            return None
        event_transaction.record_denied_sign_in(user, code="no_membership" if user.is_active else "blocked")
        stagekit.clear_login(request)
        response: HttpResponseBase = self.respond_user_inactive(request, user)
        return response

    def get_login_stages(self) -> list[str]:
        """Add the last stage, which checks the person again."""
        return [*super().get_login_stages(), "portal.signin.customers.recheck_stage.RecheckStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        """Save the session in this transaction, under the epoch that was checked in it."""
        super().login(request, user)
        request.session.set_expiry(0)  # replaces the short time of the sign-in pages
        if isinstance(request.session, SessionStore):
            request.session.save()
            request.session.row = Session.objects.get(session_key=request.session.stored_key())

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address; requests without a valid address share one limit."""
        return request_context.address_of(request.META) or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Allow few wrong passwords for one person from one place; a much higher limit for all places together."""
        super().pre_authenticate(request, **credentials)
        key = _everywhere(credentials)
        self._everywhere = ratelimit.consume(request, app=_APP, action=_EVERYWHERE, key=key)
        if not self._everywhere:
            raise self.validation_error("too_many_login_attempts")

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        if self._everywhere:
            self._everywhere.rollback()

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        super()._delete_login_attempts_cached_email(request, **credentials)
        ratelimit.clear(request, app=_APP, action=_EVERYWHERE, key=_everywhere(credentials))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # With the place, or a stranger's wrong passwords would lock the person out. Without the Host header that
        # allauth's own key holds, with any port: each port would allow five more attempts.
        return f"{_everywhere(credentials)}:{ratelimit.get_ip(request)}"

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether this is one of our own paths."""
        return bool(url) and safe_redirects.is_own(str(url))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Ask the same decision as the page before: allauth's own accepts any recent proof."""
        if self.request is None:
            return True
        return assurance.assess(self.request, demands.OWN_FACTORS).step is not Step.NONE

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


def _everywhere(credentials: Mapping[str, Any]) -> str:
    return f"{settings.ISSUER}:{str(credentials.get('email', '')).lower()}"
