"""Allauth's views with our changes."""

from collections.abc import Sequence
from typing import Any

from allauth.account import views as account
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from delegation.authorization.verbs import Observation
from identity.clients import queries as clients_queries
from portal.http import input_cleaning, request_data, safe_redirects
from portal.signin.customers import first_sign_in
from portal.signin.customers.events import record_event

_CHALLENGE_LIFETIME = 600
"""Seconds."""


class Login(account.LoginView):
    """Fills in the address that a service sent as `login_hint`."""

    def get_initial(self) -> dict[str, Any]:
        """Add the address from the query; it is only shown."""
        return {**super().get_initial(), "login": self.request.GET.get("login", "")[:254]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the service that sent the person here."""
        return {**super().get_context_data(**kwargs), "going_to": _service(self.request)}


def _service(request: HttpRequest) -> str:
    """Return the name of the service whose authorization request continues after sign-in, else an empty text."""
    path = request.POST.get("next", "") or request.GET.get("next", "")
    target = request_data.split_url(path if safe_redirects.is_own(path) else "")
    client_ids = request_data.query_values(target.query, "client_id") if target else []
    if (
        target is None
        or target.path != reverse("oidc_authorize")
        or not client_ids
        or input_cleaning.has_control_characters(client_ids[0])
    ):
        return ""
    client = clients_queries.find(client=client_ids[0])
    names = client.application_name if client else {}
    return names.get(translation.get_language() or "") or names.get("en", "")


class LoginPasskey(webauthn.LoginWebAuthnView):
    """Stores the challenge in a session before sign-in, only for as long as an answer takes."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Limit challenges per address; sign-in later sets the session's own lifetime."""
        if not ratelimit.consume(request, app="allauth.account", action="passkey_question", limit_get=True):
            limited: HttpResponse = ratelimit.respond_429(request)
            return limited
        response: HttpResponse = super().get(request, *args, **kwargs)
        if request.session.modified:
            request.session.set_expiry(_CHALLENGE_LIFETIME)
        return response


class Security(mfa.IndexView):
    """Shows the person's sign-in methods, and whether a second factor must be added first."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the values of our template."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        layout = first_sign_in.layout(self.request.user)
        continues = page["is_mfa_enabled"] and safe_redirects.has_return_path(self.request)
        path = safe_redirects.stored_return_path(self.request)
        return {
            **page,
            "required": layout == first_sign_in.PUBLIC_LAYOUT,
            "layout": layout,
            "joined": first_sign_in.joined_organization(self.request),
            "back_url": "" if continues else path,
            "continue_url": path if continues else "",
        }


class RecoveryCodes(recovery.ViewRecoveryCodesView):
    """Shows the codes, and a link to the page that required a factor."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the next page, and whether the codes are shown for the first time."""
        record_event(self.request, Observation.RECOVERY_CODES_VIEWED, self.request.user)
        codes = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.RECOVERY_CODES)
        viewed = codes.exclude(data__viewed_at=None).exists()
        page = {
            **super().get_context_data(**kwargs),
            "next_url": safe_redirects.stored_return_path(self.request),
        }
        return {**page, "unused_codes": _grouped(page["unused_codes"]), "first": not viewed}


class RecoveryCodesFile(recovery.DownloadRecoveryCodesView):
    """Sends the recovery codes as a file."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the codes in groups."""
        record_event(self.request, Observation.RECOVERY_CODES_VIEWED, self.request.user)
        return {**super().get_context_data(**kwargs), "unused_codes": _grouped(self.unused_codes)}


def _grouped(codes: Sequence[str]) -> list[str]:
    """Return groups of four, as people read and type them; spaces in a typed code are ignored."""
    return [" ".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


class RenamePasskey(webauthn.EditWebAuthnView):
    """Records the change of the name."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the name, with the event in the same transaction."""
        record_event(self.request, Observation.FACTOR_RENAMED, self.request.user, {"factor": "webauthn"})
        response: HttpResponse = super().form_valid(form)
        return response


class RemovePasskey(webauthn.RemoveWebAuthnView):
    """Checks whether the factor may be removed; allauth checks that for apps only."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the factor must stay."""
        return {**super().get_context_data(**kwargs), "must_stay": _must_stay(self.object)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Add an error to the form for the last required factor."""
        if get_adapter().can_delete_authenticator(self.object):
            response: HttpResponse = super().form_valid(form)
            return response
        form.add_error(None, get_adapter().validation_error("cannot_delete_authenticator"))
        invalid: HttpResponse = self.form_invalid(form)
        return invalid


class AddPasskey(webauthn.AddWebAuthnView):
    """Every passkey can sign in alone: it is discoverable and verifies its user (WebAuthn §6.2)."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add options for a passkey instead of a second factor only."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        return {
            **page,
            "js_data": {"creation_options": auth.begin_registration(self.request.user, passwordless=True)},
            "layout": first_sign_in.layout(self.request.user),
        }


class ConnectApp(totp.ActivateTOTPView):
    """Connects an authenticator app, in the layout of the first sign-in where a factor is required."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the layout."""
        return {**super().get_context_data(**kwargs), "layout": first_sign_in.layout(self.request.user)}


class RemoveApp(totp.DeactivateTOTPView):
    """Checks again under the lock of the person's row; allauth checks in the form, before it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the factor must stay."""
        return {**super().get_context_data(**kwargs), "must_stay": _must_stay(self.authenticator)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Add an error to the form for the last required factor."""
        authenticator = Authenticator.objects.filter(pk=self.authenticator.pk).first()
        if authenticator is not None and get_adapter().can_delete_authenticator(authenticator):
            response: HttpResponse = super().form_valid(form)
            return response
        form.add_error(None, get_adapter().validation_error("cannot_delete_authenticator"))
        invalid: HttpResponse = self.form_invalid(form)
        return invalid


def _must_stay(authenticator: Authenticator) -> bool:
    """Return whether the page offers no removal; the form decides again."""
    return not get_adapter().can_delete_authenticator(authenticator)
