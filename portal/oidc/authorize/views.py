"""The authorization endpoint answers services, and the form of its consent page answers people."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.http.request_context import Request
from portal.oidc import metadata, parameters
from portal.oidc.authorize import client_redirect, pushed_requests, reauthentication
from portal.oidc.authorize import decision as authorize_decision
from portal.oidc.authorize import request as authorize_request
from portal.oidc.authorize.request import AuthorizationError, ClientRequestError, RedirectTarget
from portal.oidc.parameters import Parameters
from portal.signin import waiting_browser

_MUST_PUSH = "This client is registered to push its requests (RFC 9126): send them to the PAR endpoint first."
_FORM_FIELDS = frozenset({"csrfmiddlewaretoken", "decision"})


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: Request) -> HttpResponse:
    """Redirect a POST (OIDC Core §3.1.2.1) to a GET: a POST from another site comes without our cookies."""
    if request.method == "POST":
        return HttpResponseRedirect(f"{metadata.AUTHORIZE}?{request.POST.urlencode()}", status=303)
    return _decide(request, parameters.parse(str(request.META.get("QUERY_STRING", ""))))


@login_not_required
@require_http_methods(["POST"])
def consent(request: Request) -> HttpResponse:
    """Handle the person's answer. The form carries the whole request, which is validated again."""
    sent = parameters.parse(request.body)
    original = Parameters(
        {name: value for name, value in sent.values.items() if name not in _FORM_FIELDS}, sent.faults
    )
    return _decide(request, original, consent_answer=sent.get("decision"))


def _decide(request: Request, sent: Parameters, *, consent_answer: str = "") -> HttpResponse:
    values = {name: value for name, value in sent.values.items() if name != reauthentication.PARAMETER}
    is_pushed = pushed_requests.is_pushed(sent)
    try:
        sent = pushed_requests.resolve(request, sent) if is_pushed else sent
        target = authorize_request.parse_target(sent)
    except ClientRequestError as error:
        return _error_page(request, error)
    mark = sent.get(reauthentication.PARAMETER)
    try:
        _require_pushed(target, is_pushed=is_pushed)
        response = authorize_decision.AuthorizationDecision(
            request, authorize_request.parse_request(sent, target), values, mark, consent_answer
        ).respond()
        waiting_browser.remember(request, response)
        return response
    except AuthorizationError as error:
        return client_redirect.send_error(request, target, error)


def _require_pushed(target: RedirectTarget, *, is_pushed: bool) -> None:
    if target.client.requires_par and not is_pushed:
        raise AuthorizationError("invalid_request", _MUST_PUSH)


def _error_page(request: Request, error: ClientRequestError) -> HttpResponse:
    context = {
        "application": error.application,
        "code": error.error,
        "detail": error.detail,
        "reference": request.context.request_id,
    }
    return render(request, "oidc/error.html", context, status=400)
