"""Going back to the service: a redirect with the answer, or a page that goes on by itself."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from portal.oidc import metadata
from portal.oidc.authorize.request import AuthorizationError, RedirectTarget

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class _Redirect(HttpResponseRedirect):
    allowed_schemes = ["https", "http"]


def respond(request: HttpRequest, to: RedirectTarget, **answer: str) -> HttpResponse:
    """To the registered address, with the state as it came and our issuer (RFC 9207)."""
    return _leave(request, to, url(to, **answer))


def refused(request: HttpRequest, to: RedirectTarget, why: AuthorizationError) -> HttpResponse:
    """The error, at the service."""
    return _leave(request, to, url(to, **form_post(why)))


def form_post(why: AuthorizationError) -> dict[str, str]:
    """The error as parameters."""
    return {"error": why.error} | ({"error_description": why.description} if why.description else {})


def url(to: RedirectTarget, **answer: str) -> str:
    """The address with the answer behind whatever query it was registered with."""
    state = {"state": to.state} if to.state else {}
    query = urlencode({**answer, **state, "iss": metadata.issuer()})
    return f"{to.redirect_uri}{'&' if '?' in to.redirect_uri else '?'}{query}"


def _leave(request: HttpRequest, to: RedirectTarget, target: str) -> HttpResponse:
    """Browsers hold `form-action 'self'` against every hop after a form of ours: then the way out is a page."""
    if not _follows_a_form_of_ours(request):
        return _Redirect(target, headers=_HEADERS)
    context = {"target_url": target, "application": name(request, to)}
    return HttpResponse(render(request, "oidc/continue.html", context).content, headers=_HEADERS)


def _follows_a_form_of_ours(request: HttpRequest) -> bool:
    """A POST here, or a request that our own page began; by the referrer where the browser does not say."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if request.method == "POST" or site == "same-origin":
        return True
    return not site and request.headers.get("Referer", "").startswith(f"{settings.ISSUER}/")


def name(request: HttpRequest, to: RedirectTarget) -> str:
    """The service's name in the reader's language."""
    names = to.client.application_name
    return (
        names.get(getattr(request, "LANGUAGE_CODE", ""), "")
        or names.get("en")
        or next(iter(names.values()), "")
    )
