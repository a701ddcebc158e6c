"""Allauth's views sign people in and list their sign-in methods, with our changes."""

from typing import Any
from urllib.parse import urlencode

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation

from identity.clients import queries as clients_queries
from portal.http import (
    control_characters,
    current_organization,
    request_context,
    request_data,
    safe_redirects,
)
from portal.signin.customers import ended_sessions, first_sign_in, recovery_codes


class Login(account.LoginView):
    """Fills in the address that a service sent as `login_hint`."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Ask a signed-in person to sign out before another one signs in."""
        if request.user.is_authenticated and request.method == "POST":
            return HttpResponseRedirect(safe_redirects.another_person_url(request))
        if request.user.is_authenticated and safe_redirects.ANOTHER_PERSON in request.GET:
            return render(request, "account/signed_in.html", _choice(request))
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def get_initial(self) -> dict[str, Any]:
        """Add the address from the query; it is only shown."""
        return {**super().get_initial(), "login": self.request.GET.get("login", "")[:254]}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the service that sent the person here, and why the browser's last session ended."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        return page | {"going_to": _service(self.request), "ended": ended_sessions.sentence(self.request)}


class Inactive(account.AccountInactiveView):
    """Refuses a sign-in without access, and says which access has ended or is suspended."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the reason, which the refusal left in the browser."""
        page: dict[str, Any] = super().get_context_data(**kwargs)
        return page | ended_sessions.inactive_context(self.request)


class SignOut(account.LogoutView):
    """Ends this browser's session; the sign-in page then says what has ended, and what has not."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Leave the reason where there was a session."""
        was_signed_in = request.user.is_authenticated
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        if was_signed_in:
            ended_sessions.remember(response, ended_sessions.by_person())
        return response


def _choice(request: HttpRequest) -> dict[str, str]:
    path = safe_redirects.next_path(request)
    url = reverse("account_login")
    return {
        "signed_in_as": request_context.require_context(request).context.actor.label,
        "continue_url": path or "/",
        "next_url": f"{url}?{urlencode({'next': path})}" if path else url,
    }


def _service(request: HttpRequest) -> str:
    """Return the name of the service whose authorization request continues after sign-in, else an empty text."""
    target = request_data.split_url(safe_redirects.next_path(request))
    client_ids = request_data.query_values(target.query, "client_id") if target else []
    if (
        target is None
        or target.path != reverse("oidc_authorize")
        or not client_ids
        or control_characters.has_control_characters(client_ids[0])
    ):
        return ""
    client = clients_queries.find(client=client_ids[0])
    names = client.application_name if client else {}
    return names.get(translation.get_language() or "") or names.get("en", "")


class Security(mfa.IndexView):
    """Shows the person's sign-in methods, and whether a second factor must be added first."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Drop the stored return address where the link names an organization: it may be a page of another one."""
        own_request = request_context.require_context(request)
        if current_organization.PARAMETER in request.GET:
            safe_redirects.forget_return_path(request)
        response: HttpResponse = super().get(request, *args, **kwargs)
        current_organization.remember(request, response, own_request.context.memberships)
        return response

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
            "codes_left": recovery_codes.count(user=self.request.user.pk),
        }
