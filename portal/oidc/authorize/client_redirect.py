"""A person returns to the service by a redirect with the response, or by a page that continues by itself."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from identity.clients.queries import RegisteredClient
from portal.oidc import metadata
from portal.oidc.authorize import redirect_uris
from portal.oidc.authorize.request import AuthorizationError, RedirectTarget
from portal.shell import query_string

_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class _Redirect(HttpResponseRedirect):
    """Goes to a registered address, which may have the private-use scheme of a native program."""

    def __init__(self, url: str) -> None:
        self.allowed_schemes = ["https", "http", url.partition(":")[0]]
        super().__init__(url, headers=_HEADERS)


def send(request: HttpRequest, target: RedirectTarget, **response: str) -> HttpResponse:
    """Redirect to the registered redirect URI, with the unchanged state and our issuer (RFC 9207)."""
    if target.form_post:
        return _post(request, target, response)
    return leave(request, target.client, response_url(target, **response))


def _post(request: HttpRequest, target: RedirectTarget, response: Mapping[str, str]) -> HttpResponse:
    """Show a page that posts the response to the client. The content policy names its origins on this page alone."""
    values = {**response, "state": target.state, "iss": metadata.issuer()}
    context = {
        "action_url": target.redirect_uri,
        "hidden_fields": [{"name": name, "value": value} for name, value in values.items() if value],
        "application": application_name(request, target.client),
    }
    page = HttpResponse(render(request, "oidc/form_post.html", context).content, headers=_HEADERS)
    origins = redirect_uris.form_origins(target.client, target.redirect_uri)
    page._csp_update = {"form-action": origins}  # type: ignore[attr-defined] # noqa: SLF001
    return page


def send_error(request: HttpRequest, target: RedirectTarget, error: AuthorizationError) -> HttpResponse:
    """Redirect with the error response (RFC 6749 §4.1.2.1)."""
    return send(request, target, error=error.error, error_description=error.description)


def error_url(target: RedirectTarget, error: AuthorizationError) -> str:
    """Return the redirect URI with the error as parameters."""
    return response_url(target, error=error.error, error_description=error.description)


def response_url(target: RedirectTarget, **response: str) -> str:
    """Return the redirect URI with the response after the query it was registered with."""
    values = {**response, "state": target.state, "iss": metadata.issuer()}
    return query_string.with_values(target.redirect_uri, values)


def leave(request: HttpRequest, client: RegisteredClient, url: str) -> HttpResponse:
    """Show a page where a redirect would fail: browsers apply `form-action 'self'` to every hop after our own form."""
    if not _follows_own_form(request):
        return _Redirect(url)
    context = {"target_url": url, "application": application_name(request, client)}
    return HttpResponse(render(request, "oidc/continue.html", context).content, headers=_HEADERS)


def _follows_own_form(request: HttpRequest) -> bool:
    """Return whether this is a POST or comes from our own page; use the referrer in browsers without Sec-Fetch-Site."""
    site = request.headers.get("Sec-Fetch-Site", "")
    if request.method == "POST" or site == "same-origin":
        return True
    return not site and request.headers.get("Referer", "").startswith(f"{settings.ISSUER}/")


def application_name(request: HttpRequest, client: RegisteredClient) -> str:
    """Return the service's name in the reader's language."""
    names = client.application_name
    return (
        names.get(getattr(request, "LANGUAGE_CODE", ""), "")
        or names.get("en")
        or next(iter(names.values()), "")
    )
