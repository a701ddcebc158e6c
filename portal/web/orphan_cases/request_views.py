"""A stranger asks for the admin's place, and confirms the own address; every answer is the same for any company."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import CaseStep, NotFound, RateLimited
from delegation.orphan_cases import letters
from delegation.orphan_cases.commands import requests
from portal.http import error_pages, request_context
from portal.http.request_context import Request
from portal.shell import case_mails, page_model
from portal.signin.customers import rate_limits
from portal.signin.customers.rate_limits import Taken
from portal.web.orphan_cases.context import CaseRequestedPage, CaseRequestPage
from portal.web.orphan_cases.forms import CaseRequestForm

_METHODS = ["GET", "HEAD", "POST"]
_GONE = 410
_IPV6_SITE = 48
"""Many providers give one customer a /48, whose 65,536 networks of /64 could fill the day of all strangers."""


@login_not_required
@require_http_methods(_METHODS)
def ask(request: Request) -> HttpResponse:
    """GET shows the form; POST stores the request and mails the link that confirms it."""
    form = CaseRequestForm(request.POST if request.method == "POST" else None)
    model = CaseRequestPage(form=form, sign_in_url=reverse("account_login"))
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, model)
    taken = _taken(request)
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    try:
        _store(request, form)
    except Busy:
        raise
    except RateLimited as refusal:
        # Whether this address has asked before is for its owner alone.
        if refusal.data.get("what") != "address":
            return error_pages.too_many(request, seconds=int(refusal.data.get("seconds", 60)))
    except DomainError as refusal:
        form.add_refusal(refusal)
        return page_model.render(request, model)
    return HttpResponseRedirect(reverse("case_requested"))


def _network(request: Request) -> str:
    return request_context.network(request_context.address_of(request.META), site=_IPV6_SITE)


def _taken(request: Request) -> Taken:
    network = _network(request)
    return rate_limits.take((rate_limits.CASE_REQUESTS, network), (rate_limits.CASE_REQUESTS_DAY, network))


def _store(request: Request, form: CaseRequestForm) -> None:
    """Store the request, and queue one mail, whatever is known about the company."""
    claim = form.claim(get_language() or "en").cleaned()
    network = _network(request)
    if rate_limits.take((rate_limits.CASE_ADDRESSES, f"{network} {claim.person.email}")).wait:
        raise RateLimited(what="address")
    done = requests.request(actor=request_context.system(request), claim=claim)
    person = claim.person
    case_mails.queue_request(link=done.result.link, email=person.email, language=person.language)


@login_not_required
@require_http_methods(_METHODS)
def ask_by_link(request: Request, token: str) -> HttpResponse:
    """GET shows the form to one who has a link of the address; POST stores the request and leads to its confirmation.

    Strangers who enter this address all day keep no one from asking: each of their mails has such a link.
    """
    earlier = letters.find_request(token)
    if earlier is None or earlier.expires_at <= request.context.now:
        return page_model.render(request, CaseRequestedPage(kind="gone"), status=_GONE)
    form = CaseRequestForm(request.POST if request.method == "POST" else None)
    form.keep_address(earlier.email)
    model = CaseRequestPage(form=form, sign_in_url=reverse("account_login"), by_link=True)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, model)
    taken = _taken(request)
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    claim = form.claim(get_language() or "en")
    try:
        done = requests.request(actor=request_context.system(request), claim=claim, earlier=earlier)
    except Busy:
        raise
    except RateLimited as refusal:
        return error_pages.too_many(request, seconds=int(refusal.data.get("seconds", 60)))
    except DomainError as refusal:
        form.add_refusal(refusal)
        return page_model.render(request, model)
    # The link that opened this page came by mail: no second mail is needed, and none fills the mailbox.
    return HttpResponseRedirect(reverse("case_confirm", args=[done.result.link]))


@login_not_required
@require_safe
def requested(request: Request) -> HttpResponse:
    """Say that a mail is on its way."""
    return page_model.render(request, CaseRequestedPage(kind="sent"))


@login_not_required
@require_http_methods(_METHODS)
def confirm(request: Request, token: str) -> HttpResponse:
    """GET asks to confirm; POST confirms the address, once. The link alone allows it, with and without a sign-in."""
    found = letters.find_request(token)
    if found is None:
        return page_model.render(request, CaseRequestedPage(kind="gone"), status=_GONE)
    if request.method != "POST":
        done = found.confirmed_at is not None
        is_over = not done and found.expires_at <= request.context.now
        kind = "confirmed" if done else "gone" if is_over else "confirm"
        model = CaseRequestedPage(
            kind=kind,
            confirm_url=reverse("case_confirm", args=[token]),
            name=found.name,
            company=found.company,
            number=found.number,
            other_url=reverse("case_request_by_link", args=[token]),
        )
        return page_model.render(request, model, status=_GONE if is_over else 200)
    try:
        requests.confirm(actor=request_context.system(request), request=found, link=token)
    except (CaseStep, NotFound) as refusal:  # used before, or too old by now
        if refusal.data.get("state") != "confirmed":
            return page_model.render(request, CaseRequestedPage(kind="gone"), status=_GONE)
    # The same answer for any company, also where nothing could be opened for it.
    return HttpResponseRedirect(reverse("case_confirmed"))


@login_not_required
@require_safe
def confirmed(request: Request) -> HttpResponse:
    """Say what follows."""
    return page_model.render(request, CaseRequestedPage(kind="confirmed"))
