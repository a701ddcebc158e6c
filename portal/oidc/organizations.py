"""For which organization a person comes to a service: the one named, the only one possible, or the one they choose."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from delegation import entitlements
from identity.grants import candidates
from identity.grants.candidates import Candidate
from portal.oidc import endpoints, leaving
from portal.oidc.asking import AtService, Request
from portal.requests import Request as HttpRequest

_DENIED = AtService("access_denied")


def able(request: HttpRequest, asked: Request) -> list[Candidate]:
    """The person's memberships that hold any right in this service now. Two statements."""
    client, user = asked.way.client, request.user.pk
    if user is None:
        return []
    mine = candidates.of(user=user, application=client.application, at=request.now)
    rights = entitlements.of(
        memberships=[one.membership for one in mine], at=request.now, application=client.application_key
    )
    return [one for one in mine if rights[one.membership]]


def chosen(possible: Sequence[Candidate], asked: Request) -> list[Candidate]:
    """All that are possible; of a named organization (by key or id) that one, if it is."""
    named = asked.organization
    return [one for one in possible if not named or named in {one.key, str(one.organization)}]


def choose(
    request: HttpRequest,
    asked: Request,
    possible: Sequence[Candidate],
    kept: list[dict[str, str]],
    again: str,
) -> HttpResponse:
    """The page that asks. Its form repeats the request with the answer; another person comes back to `again`."""
    context = {
        "application": leaving.name(request, asked.way),
        "organizations": [
            {"key": one.key, "name": one.name, "customer_number": one.customer_number} for one in possible
        ],
        "action_url": endpoints.AUTHORIZE,
        "method": "get",
        "kept": kept,
        "signed_in_as": request.actor.label,
        "someone_else": f"{reverse('account_login')}?{urlencode({'next': again})}",
    }
    return render(request, "oidc/choose_organization.html", context)


def refused(request: HttpRequest, asked: Request, possible: Sequence[Candidate]) -> HttpResponse:
    """The page that says why not. An organization that is not the person's own is not told from one without a right."""
    application = leaving.name(request, asked.way)
    why = (
        _("You may use {application}, but not for this organization.")
        if possible
        else _("You are signed in, but nobody has given you access to {application}.")
    )
    context = {
        "application": application,
        "why": why.format(application=application),
        "back_url": leaving.url(asked.way, **leaving.told(_DENIED)),
    }
    return render(request, "oidc/authorize_refused.html", context, status=403)
