"""Of several new passwords that are sent at the same moment, allauth's pages save one."""

from typing import Any

from allauth.account import views as account
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from portal.signin.customers.adapter import PasswordSuperseded


class ResetPassword(account.PasswordResetFromKeyView):
    """Says that the link no longer works where it was used meanwhile."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password, unless another one was saved since the link was checked."""
        try:
            response: HttpResponse = super().form_valid(form)
        except PasswordSuperseded:
            response = self.render_to_response(self.get_context_data(token_fail=True))
        return response


class _OfASession:
    """Leads to the sign-in page where another password was saved since this request began: that ended the session."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        except PasswordSuperseded:
            return HttpResponseRedirect(reverse("account_login"))
        return response


class ChangePassword(_OfASession, account.PasswordChangeView):
    """Asks for the present password."""


class SetPassword(_OfASession, account.PasswordSetView):
    """Is for a person who has no password yet."""
