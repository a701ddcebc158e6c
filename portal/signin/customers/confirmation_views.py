"""A signed-in person is asked again for one factor after another, until all are proved again."""

import datetime as dt
from typing import Any

from allauth.account import views as account
from allauth.account.internal.flows import reauthentication
from allauth.mfa.base import views as mfa
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.webauthn import views as webauthn
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy

from audit.foundation import clock
from portal.signin import proofs
from portal.signin.customers import demands, gate
from portal.signin.proofs import Factor

_WORDS = {
    "reauthenticate": gettext_lazy("Use your password"),
    "mfa_reauthenticate": gettext_lazy("Use a code"),
    "mfa_reauthenticate:webauthn": gettext_lazy("Use your passkey"),
}
_PROVES = {"reauthenticate": Factor.KNOWLEDGE, "mfa_reauthenticate": Factor.POSSESSION}


def _since() -> dt.datetime:
    return clock.now() - demands.RECENT


def _continue(view: Any) -> HttpResponse:
    """Lead to the factor that is still to be proved, else to the page that demanded it, which decides again."""
    request: HttpRequest = view.request
    page = gate.next_confirmation(request, since=_since())
    url = view.passthrough_next_url(reverse(page)) if page else view.get_success_url()
    return HttpResponseRedirect(url)


class _Alternatives:
    """Offers the other ways to prove a factor that is still to be proved, in our words."""

    request: HttpRequest

    def get_reauthentication_alternatives(self) -> list[dict[str, Any]]:
        """Leave out what was proved a moment ago."""
        proved = proofs.factors_since(self.request, _since())
        alternatives = super().get_reauthentication_alternatives()  # type: ignore[misc] # of the view beside it
        return [
            {**one, "description": _WORDS[one["id"]]}
            for one in alternatives
            if not (one["id"] in _PROVES and _PROVES[one["id"]] in proved)
        ]


class ConfirmPassword(_Alternatives, account.ReauthenticateView):
    """Asks for the password."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the proof."""
        reauthentication.reauthenticate_by_password(self.request)
        return _continue(self)


class ConfirmCode(_Alternatives, mfa.ReauthenticateView):
    """Asks for a code of the app, or a recovery code."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the proof."""
        form.save()
        return _continue(self)


class ConfirmPasskey(_Alternatives, webauthn.ReauthenticateWebAuthnView):
    """Asks for a passkey, which verifies its user and so proves both factors."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Record the proof."""
        passkey = form.cleaned_data["credential"]
        post_authentication(self.request, passkey, reauthenticated=True, passwordless=True)
        return _continue(self)
