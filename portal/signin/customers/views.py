"""The pages of allauth that we change."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

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

from identity.clients import queries as clients_queries
from portal.http import input_cleaning, safe_redirects
from portal.signin.customers import first_sign_in

_QUESTION = 600
"""Seconds."""


class Login(account.LoginView):
    """The address stands there already where a service knew it."""

    def get_initial(self) -> dict[str, Any]:
        """As the parent, with what came in the address of the page; shown, never believed."""
        return {**super().get_initial(), "login": self.request.GET.get("login", "")[:254]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with the service that sent the person here."""
        return {**super().get_context_data(**kwargs), "going_to": _service(self.request)}


def _service(request: HttpRequest) -> str:
    """The name of the service whose authorization request is to be gone on with; nothing where it is none."""
    path = request.POST.get("next", "") or request.GET.get("next", "")
    following = urlsplit(path if safe_redirects.is_own(path) else "")
    asked = parse_qs(following.query).get("client_id", [])
    if (
        following.path != reverse("oidc_authorize")
        or not asked
        or input_cleaning.has_control_characters(asked[0])
    ):
        return ""
    client = clients_queries.find(client=asked[0])
    names = client.application_name if client else {}
    return names.get(translation.get_language() or "") or names.get("en", "")


class LoginPasskey(webauthn.LoginWebAuthnView):
    """Before anybody is signed in, the question to the device must be kept; not for longer than it is answered."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As the parent. Signing in sets the session's own time; no address may ask without end."""
        if not ratelimit.consume(request, app="allauth.account", action="passkey_question", limit_get=True):
            limited: HttpResponse = ratelimit.respond_429(request)
            return limited
        answer: HttpResponse = super().get(request, *args, **kwargs)
        if request.session.modified:
            request.session.set_expiry(_QUESTION)
        return answer


class Security(mfa.IndexView):
    """How I sign in; says so where a second factor has to be added first."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with what our template wants besides."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        layout = first_sign_in.layout(self.request.user)
        return {
            **page,
            "required": layout == first_sign_in.DOOR,
            "layout": layout,
            "joined": first_sign_in.joined_just_now(self.request),
            "back_url": safe_redirects.stored_return_path(self.request),
        }


class RecoveryCodes(recovery.ViewRecoveryCodesView):
    """The codes, and on to where the person was going when they had to set up a factor."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with the way on, and whether they are seen for the first time."""
        kept = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.RECOVERY_CODES)
        seen = kept.exclude(data__viewed_at=None).exists()
        page = {
            **super().get_context_data(**kwargs),
            "next_url": safe_redirects.stored_return_path(self.request),
        }
        return {**page, "unused_codes": _grouped(page["unused_codes"]), "first": not seen}


class RecoveryCodesFile(recovery.DownloadRecoveryCodesView):
    """The same codes to keep as a file."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, in groups."""
        return {**super().get_context_data(**kwargs), "unused_codes": _grouped(self.unused_codes)}


def _grouped(codes: Sequence[str]) -> list[str]:
    """Four and four, as people read and type them; spaces do not count when they are typed."""
    return [" ".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in codes]


class RemovePasskey(webauthn.RemoveWebAuthnView):
    """allauth asks whether a factor may be removed for apps only."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with whether it has to stay."""
        return {**super().get_context_data(**kwargs), "stays": _stays(self.object)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Refuse at the form where it is the last that is demanded."""
        if get_adapter().can_delete_authenticator(self.object):
            answer: HttpResponse = super().form_valid(form)
            return answer
        form.add_error(None, get_adapter().validation_error("cannot_delete_authenticator"))
        refused: HttpResponse = self.form_invalid(form)
        return refused


class AddPasskey(webauthn.AddWebAuthnView):
    """Every passkey can sign in alone: it is stored on the device, which asks who is there."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with options for a passkey in place of a mere second factor."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        return {
            **page,
            "js_data": {"creation_options": auth.begin_registration(self.request.user, passwordless=True)},
            "layout": first_sign_in.layout(self.request.user),
        }


class ConnectApp(totp.ActivateTOTPView):
    """An authenticator app; a step of a door where it has to be."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with the layout."""
        return {**super().get_context_data(**kwargs), "layout": first_sign_in.layout(self.request.user)}


class ForgetApp(totp.DeactivateTOTPView):
    """allauth checks in the form, before the person's row is held; here it is checked again under it."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """As the parent, with whether it has to stay."""
        return {**super().get_context_data(**kwargs), "stays": _stays(self.authenticator)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Refuse at the form where it is the last that is demanded."""
        found = Authenticator.objects.filter(pk=self.authenticator.pk).first()
        if found is not None and get_adapter().can_delete_authenticator(found):
            answer: HttpResponse = super().form_valid(form)
            return answer
        form.add_error(None, get_adapter().validation_error("cannot_delete_authenticator"))
        refused: HttpResponse = self.form_invalid(form)
        return refused


def _stays(authenticator: Authenticator) -> bool:
    """Said before anything is pressed; decided again when it is."""
    return not get_adapter().can_delete_authenticator(authenticator)
