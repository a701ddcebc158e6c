"""Allauth's pages that ask a signed-in person for a factor again, one after another until all are proved again."""

from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows import reauthentication
from allauth.mfa.base import views as mfa
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.webauthn import views as webauthn
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from audit.foundation import clock
from portal.signin.customers import demands, gate


def _continue(view: Any) -> HttpResponse:
    """Lead to the factor that is still to be proved, else to the page that demanded it, which decides again."""
    request: HttpRequest = view.request
    age = demands.OWN_FACTORS.max_age
    if age is None:
        raise TypeError
    page = gate.next_confirmation(request, since=clock.now() - age)
    url = view.passthrough_next_url(reverse(page)) if page else view.get_success_url()
    return HttpResponseRedirect(url)


class ConfirmPassword(account.ReauthenticateView):
    """Asks for the password."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the proof."""
        reauthentication.reauthenticate_by_password(self.request)
        return _continue(self)


class ConfirmCode(mfa.ReauthenticateView):
    """Asks for a code of the app, or a recovery code."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the proof."""
        form.save()
        return _continue(self)


class ConfirmPasskey(webauthn.ReauthenticateWebAuthnView):
    """Asks for a passkey, which verifies its user and so proves both factors."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the proof."""
        passkey = form.cleaned_data["credential"]
        post_authentication(self.request, passkey, reauthenticated=True, passwordless=True)
        return _continue(self)
