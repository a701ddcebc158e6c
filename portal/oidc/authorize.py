"""The authorization endpoint, and the form on its consent page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.oidc import asking, deciding, endpoints, freshness, leaving, parameters
from portal.oidc.asking import AtService, OnPage
from portal.oidc.parameters import Parameters
from portal.requests import Request

_OURS = frozenset({"csrfmiddlewaretoken", "decision"})


@login_not_required
@csrf_exempt
@require_http_methods(["GET", "POST"])
def authorize(request: Request) -> HttpResponse:
    """A POST (OIDC Core §3.1.2.1) becomes a GET: it comes from another site, and so without our cookies."""
    if request.method == "POST":
        return HttpResponseRedirect(f"{endpoints.AUTHORIZE}?{request.POST.urlencode()}", status=303)
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
        to = asking.way(given)
    except OnPage as problem:
        return _problem(request, problem)
    values = {name: value for name, value in given.values.items() if name != freshness.PARAMETER}
    mark = given.get(freshness.PARAMETER)
    try:
        return deciding.Decision(request, asking.request(given, to), values, mark, decision).answer()
    except AtService as why:
        return leaving.refused(request, to, why)


def _problem(request: Request, problem: OnPage) -> HttpResponse:
    context = {
        "application": problem.application,
        "code": problem.error,
        "detail": problem.detail,
        "reference": request.request_id,
    }
    return render(request, "oidc/error.html", context, status=400)
