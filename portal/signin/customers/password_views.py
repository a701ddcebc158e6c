"""Allauth's pages for a new password: of several at the same moment, one is saved."""

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


class ChangePassword(account.PasswordChangeView):
    """Leads to the sign-in page where another password was saved meanwhile: that ended this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password, unless another one was saved since this request began."""
        try:
            response: HttpResponse = super().form_valid(form)
        except PasswordSuperseded:
            return HttpResponseRedirect(reverse("account_login"))
        return response


class SetPassword(account.PasswordSetView):
    """Leads to the sign-in page where another password was saved meanwhile: that ended this session."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password, unless another one was saved since this request began."""
        try:
            response: HttpResponse = super().form_valid(form)
        except PasswordSuperseded:
            return HttpResponseRedirect(reverse("account_login"))
        return response
