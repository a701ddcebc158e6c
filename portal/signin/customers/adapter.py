"""How strongly somebody is signed in, what is demanded of them, and how allauth signs customers' people in."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal import stagekit
from allauth.core.internal import ratelimit
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from audit.foundation import clock
from delegation.authorization import policy
from delegation.authorization.models.roles import Assurance
from identity.memberships import queries as memberships_queries
from identity.people.models import User
from identity.sessions.models import Session
from identity.sessions.store import SessionStore
from portal.http import error_responses, request_context, safe_redirects
from portal.signin import authentication_methods
from portal.signin.customers import emails, event_transaction, factors, first_sign_in

_APP = "allauth.account"
_EVERYWHERE = "login_failed_everywhere"  # see ACCOUNT_RATE_LIMITS


def require(request: HttpRequest) -> HttpResponse | None:
    """Nothing when the person is signed in as strongly as their access demands; else the answer that leads there.

    A form that was sent meanwhile is kept on a page (status 419). What htmx asked for is answered so that the whole
    page changes: a sign-in page must not be swapped into a panel.
    """
    if not isinstance(request.user, User):
        return error_responses.redirect_to_sign_in(request, _with_next(reverse("account_login"), request))
    if strong_enough(request):
        return None
    return error_responses.redirect_to_sign_in(request, second_factor(request))


def strong_enough(request: HttpRequest) -> bool:
    """Whether the session's methods satisfy `policy.required_assurance`. No statement where two factors were used."""
    amr = authentication_methods.authentication(request)[1]
    if "mfa" in amr:
        return True
    at = request.now if isinstance(request, request_context.Request) else clock.now()
    return bool(amr) and policy.required_assurance(user=_person(request).pk, at=at) is Assurance.PASSWORD


def second_factor(request: HttpRequest) -> str:
    """Where the second factor is asked for, or set up where there is none; it comes back to this request's page."""
    kinds = factors.kinds(_person(request))
    if "totp" in kinds:
        return _with_next(reverse("mfa_reauthenticate"), request)
    if "webauthn" in kinds:
        return _with_next(reverse("mfa_reauthenticate_webauthn"), request)
    safe_redirects.store_return_path(request, error_responses.return_path(request))
    return reverse("mfa_index")


def authentication(request: HttpRequest) -> tuple[dt.datetime, list[str]]:
    """When this person last proved who they are, and how (RFC 8176)."""
    return authentication_methods.authentication(request)


def _with_next(url: str, request: HttpRequest) -> str:
    path = error_responses.return_path(request)
    return f"{url}?{urlencode({'next': path})}" if safe_redirects.is_own(path) and path != "/" else url


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    return request.user


class AccountAdapter(DefaultAccountAdapter):
    """Signing in by invitation only, for customers' people with at least one active membership."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy("The e-mail address or the password is not right."),
        "incorrect_password": gettext_lazy("The password is not right."),
        "enter_current_password": gettext_lazy("The password is not right."),
        "too_many_login_attempts": gettext_lazy("Too many tries. Wait a few minutes and try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an invitation is the only way in."""
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase | None:
        """Refuse, now that the password was right, somebody who is no longer a colleague anywhere."""
        if user.is_active and memberships_queries.active(at=clock.now()).filter(user=user).exists():
            return None
        event_transaction.refused(user, code="no_membership" if user.is_active else "blocked")
        stagekit.clear_login(request)
        refused: HttpResponseBase = self.respond_user_inactive(request, user)
        return refused

    def get_login_stages(self) -> list[str]:
        """At the end of all steps it is asked again whether this person may come in."""
        return [*super().get_login_stages(), "portal.signin.customers.recheck_stage.RecheckStage"]

    def login(self, request: HttpRequest, user: User) -> None:
        """The session is kept within this transaction, under the epoch that was judged in it."""
        super().login(request, user)
        request.session.set_expiry(0)  # whatever time the way here was given
        if isinstance(request.session, SessionStore):
            request.session.save()
            request.session.row = Session.objects.get(session_key=request.session.stored_key())

    def get_client_ip(self, request: HttpRequest) -> str:
        """Never an error: where no address can be had, all such requests share one limit."""
        return request_context.address_of(request.META) or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Few wrong passwords for one person from one place; many more from everywhere before all places wait."""
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
        # With the place, or a stranger's wrong passwords would keep the person out. Without the Host header that
        # allauth's own key holds, with any port: another port, another five tries.
        return f"{_everywhere(credentials)}:{ratelimit.get_ip(request)}"

    def is_safe_url(self, url: str | None) -> bool:
        """Our own paths and nothing else."""
        return bool(url) and safe_redirects.is_own(str(url))

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A sign-in of a moment ago counts as well as a confirmation of a moment ago."""
        request = self.request
        if request is None or not isinstance(request.user, User):
            return True
        records = get_authentication_records(request, request.user)
        age = clock.wall().timestamp() - max(
            (authentication_methods.instant(one) for one in records), default=0.0
        )
        return not 0 <= age < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Everybody is signed out by a change of the password, also here."""
        return reverse("account_login")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """With the configured address, whatever the Host header says."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return f"{settings.ISSUER}{path.replace('UID-KEY', key)}"

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """One notice for one deed: a first factor and the codes that come with it are one."""
        notice = message_template or ""
        if first_sign_in.come_with_a_factor(request, notice=notice):
            return
        known = {**(message_context or {}), "first_codes": first_sign_in.first_codes(request, notice=notice)}
        super().add_message(request, level, message_template, known, **kwargs)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Into the queue, in this transaction. Of allauth's mails we send this one."""
        if template_prefix == "account/email/password_reset_key":
            emails.reset(to=email, url=context["password_reset_url"], user=context["user"])


def _everywhere(credentials: Mapping[str, Any]) -> str:
    return f"{settings.ISSUER}:{str(credentials.get('email', '')).lower()}"
