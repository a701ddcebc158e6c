"""Allauth's views add, rename and remove a factor, with our changes; a page of our own creates recovery codes."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import TemplateView

from delegation.authorization.event_types import Observation
from identity.people.models import User
from portal.http import request_context, safe_redirects
from portal.signin.customers import (
    authenticator_apps,
    code_input,
    factor_setup,
    factors,
    first_sign_in,
    new_codes,
    recovery_codes,
)
from portal.signin.customers.events import record_event
from portal.signin.customers.factor_setup import NewCodes


class ListPasskeys(webauthn.ListWebAuthnView):
    """Shows days in the zone of the reader's organization; the address of the page names none."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Activate the zone for the rest of the request."""
        if zone := request_context.require_context(self.request).context.zone:
            timezone.activate(zone)
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context


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

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the passkey, and show the recovery codes that come with a first factor."""
        codes = factor_setup.first_codes(_user(self.request))
        user = _locked(self.request)
        passkey = auth.WebAuthn.add(user, form.cleaned_data["name"], form.cleaned_data["credential"]).instance
        return _after_setup(self.request, passkey, codes, notice="mfa/messages/webauthn_added.txt")

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

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead a person who has an app to the list of sign-in methods, also after a repeated form."""
        if "totp" in factors.types_of(_user(request)):
            return HttpResponseRedirect(reverse("mfa_index"))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the layout."""
        return {**super().get_context_data(**kwargs), "layout": first_sign_in.layout(self.request.user)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Store the app, and show the recovery codes that come with a first factor."""
        codes = factor_setup.first_codes(_user(self.request))
        user = _locked(self.request)
        if "totp" in factors.types_of(user):
            return HttpResponseRedirect(reverse("mfa_index"))
        app = authenticator_apps.connect(user=user, secret=form.secret, step=form.time_step)
        authenticator_apps.forget_pending(self.request)
        return _after_setup(self.request, app, codes, notice="mfa/messages/totp_activated.txt")


class CreateCodes(TemplateView):
    """Creates recovery codes, which are stored as hashes, and leads to the page that shows them."""

    template_name = "mfa/recovery_codes/generate.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the number of codes that stop working, and whether the person has a factor that they replace."""
        user = _user(self.request)
        return {
            **super().get_context_data(**kwargs),
            "unused_code_count": recovery_codes.count(user=user.pk),
            "has_factor": bool(factors.types_of(user)),
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Replace the codes. A person without a second factor has nothing to recover."""
        user = _user(request)
        if not factors.types_of(user):
            return HttpResponseRedirect(reverse("mfa_index"))
        replaces = recovery_codes.exist(user=user.pk)
        codes = factor_setup.replace_codes(user)
        if replaces:
            factor_setup.notify(request, notice="mfa/messages/recovery_codes_generated.txt")
        return _lead_to_codes(request, codes)


class ShowCodes(TemplateView):
    """Shows new recovery codes until the person has saved them."""

    template_name = "mfa/recovery_codes/index.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the codes; without any to show, lead to the list of sign-in methods."""
        codes = [code_input.in_groups(code) for code in new_codes.load(request, _user(request))]
        if not codes:
            return HttpResponseRedirect(reverse("mfa_index"))
        return self.render_to_response({"codes": codes, "codes_text": "\n".join(codes)})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Stop showing the codes, and continue where the person was going before."""
        new_codes.forget(request)
        return HttpResponseRedirect(safe_redirects.stored_return_path(request))


def _after_setup(
    request: HttpRequest, authenticator: Authenticator, codes: NewCodes | None, *, notice: str
) -> HttpResponse:
    given = factor_setup.complete(request, authenticator, codes)
    factor_setup.notify(request, notice=notice, first_codes=bool(given))
    return _lead_to_codes(request, given) if given else HttpResponseRedirect(reverse("mfa_index"))


def _lead_to_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    new_codes.store(request, _user(request), codes)
    return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))


def _user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError(request.user)
    return request.user


def _locked(request: HttpRequest) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=_user(request).pk)


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
