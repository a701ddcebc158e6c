"""For which organization a person comes to a service: the one named, the only one possible, or the one they choose."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization import entitlements
from identity.memberships import eligible_memberships
from identity.memberships.eligible_memberships import EligibleMembership
from portal.http.request_context import Request as HttpRequest
from portal.oidc import metadata
from portal.oidc.authorize import client_redirect
from portal.oidc.authorize.request import AuthorizationError, AuthorizationRequest

_DENIED = AuthorizationError("access_denied")


def able(request: HttpRequest, asked: AuthorizationRequest) -> list[EligibleMembership]:
    """The person's memberships that hold any right in this service now. Two statements."""
    client, user = asked.way.client, request.user.pk
    if user is None:
        return []
    mine = eligible_memberships.for_application(user=user, application=client.application, at=request.now)
    rights = entitlements.rights_of(
        memberships=[one.membership for one in mine], at=request.now, application=client.application_key
    )
    return [one for one in mine if rights[one.membership]]


def chosen(possible: Sequence[EligibleMembership], asked: AuthorizationRequest) -> list[EligibleMembership]:
    """All that are possible; of a named organization (by key or id) that one, if it is."""
    named = asked.organization
    return [one for one in possible if not named or named in {one.key, str(one.organization)}]


def choose(
    request: HttpRequest,
    asked: AuthorizationRequest,
    possible: Sequence[EligibleMembership],
    kept: list[dict[str, str]],
    again: str,
) -> HttpResponse:
    """The page that asks. Its form repeats the request with the answer; another person comes back to `again`."""
    context = {
        "application": client_redirect.name(request, asked.way),
        "organizations": [
            {"key": one.key, "name": one.name, "customer_number": one.customer_number} for one in possible
        ],
        "action_url": metadata.AUTHORIZE,
        "method": "get",
        "kept": kept,
        "signed_in_as": request.actor.label,
        "someone_else": f"{reverse('account_login')}?{urlencode({'next': again})}",
    }
    return render(request, "oidc/choose_organization.html", context)


def refused(
    request: HttpRequest, asked: AuthorizationRequest, possible: Sequence[EligibleMembership]
) -> HttpResponse:
    """The page that says why not. An organization that is not the person's own is not told from one without a right."""
    application = client_redirect.name(request, asked.way)
    why = (
        _("You may use {application}, but not for this organization.")
        if possible
        else _("You are signed in, but nobody has given you access to {application}.")
    )
    context = {
        "application": application,
        "why": why.format(application=application),
        "back_url": client_redirect.url(asked.way, **client_redirect.form_post(_DENIED)),
    }
    return render(request, "oidc/authorize_refused.html", context, status=403)
