"""The authorization endpoint, and the form on its consent page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.http.request_context import Request
from portal.oidc import metadata, parameters
from portal.oidc.authorize import client_redirect, reauthentication
from portal.oidc.authorize import decision as authorize_decision
from portal.oidc.authorize import request as authorize_request
from portal.oidc.authorize.request import AuthorizationError, ClientRequestError
from portal.oidc.parameters import Parameters

_OURS = frozenset({"csrfmiddlewaretoken", "decision"})


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: Request) -> HttpResponse:
    """A POST (OIDC Core §3.1.2.1) becomes a GET: it comes from another site, and so without our cookies."""
    if request.method == "POST":
        return HttpResponseRedirect(f"{metadata.AUTHORIZE}?{request.POST.urlencode()}", status=303)
    return _judged(request, parameters.read(str(request.META.get("QUERY_STRING", ""))))


@login_not_required
@require_http_methods(["POST"])
def consent(request: Request) -> HttpResponse:
    """The person's answer. The request comes along and is judged anew, as if it had just come."""
    given = parameters.read(request.body)
    asked = Parameters(
        {name: value for name, value in given.values.items() if name not in _OURS}, given.faults
    )
    return _judged(request, asked, decision=given.get("decision"))


def _judged(request: Request, given: Parameters, *, decision: str = "") -> HttpResponse:
    try:
        to = authorize_request.redirect_target(given)
    except ClientRequestError as problem:
        return _problem(request, problem)
    values = {name: value for name, value in given.values.items() if name != reauthentication.PARAMETER}
    mark = given.get(reauthentication.PARAMETER)
    try:
        return authorize_decision.AuthorizationDecision(
            request, authorize_request.authorization_request(given, to), values, mark, decision
        ).answer()
    except AuthorizationError as why:
        return client_redirect.refused(request, to, why)


def _problem(request: Request, problem: ClientRequestError) -> HttpResponse:
    context = {
        "application": problem.application,
        "code": problem.error,
        "detail": problem.detail,
        "reference": request.request_id,
    }
    return render(request, "oidc/error.html", context, status=400)
