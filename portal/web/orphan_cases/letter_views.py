"""The page behind the link of a letter objects to a proposed admin or answers a question; a GET changes nothing."""

import contextlib
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import CaseStep, Denied, NotFound
from delegation.orphan_cases import letter_pages
from delegation.orphan_cases.commands import evidence, objections
from delegation.orphan_cases.letter_pages import LetterPageFacts
from portal.http import error_pages, languages, request_context
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.customers import rate_limits
from portal.web.orphan_cases.context import LetterPage
from portal.web.orphan_cases.forms import LetterForm
from portal.wording import time_zones

_GONE = 410


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: Request, token: str) -> HttpResponse:
    """GET shows the question or the notice; POST answers by one button."""
    found = letter_pages.find(token)
    if found is None:
        return _unknown(request, is_post=request.method == "POST")
    chosen = languages.of_person(request) or languages.chosen_before_sign_in(request)
    with translation.override(languages.first_supported((chosen, found.language)) or "en"):
        form = LetterForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and found.is_open and form.is_valid():
            return _answer(request, token, found, form)
        return _page(request, token, found, form)


def _answer(request: Request, token: str, found: LetterPageFacts, form: LetterForm) -> HttpResponse:
    """Run the command of the button. A button of another kind of letter changes nothing."""
    do, actor = form.cleaned_data["do"], request.context.actor
    with contextlib.suppress(CaseStep, Denied, NotFound):  # the page says what is so now
        if found.is_notice and do == "object":
            objections.object_to(actor=actor, letter=found.row, link=token, text=form.cleaned_data["text"])
        elif not found.is_notice and do in {"yes", "no"}:
            evidence.answer(actor=actor, letter=found.row, link=token, agrees=do == "yes")
    return HttpResponseRedirect(reverse("case_letter", args=[token]))


def _page(request: Request, token: str, found: LetterPageFacts, form: LetterForm) -> HttpResponse:
    here = reverse("case_letter", args=[token])
    zone = time_zones.first_known(found.time_zone)
    kind = "notice" if found.is_notice else "question"
    if not found.is_open:
        kind = {"objected": "objected", "yes": "answered", "no": "answered"}.get(found.answer, "over")
    elif found.member is not None and getattr(request.user, "pk", None) != found.member:
        kind = "other" if request.user.is_authenticated else "sign_in"
    model = LetterPage(
        kind=kind,
        customer=found.customer,
        person=found.person,
        ends=time_zones.date_time_with_zone(found.ends, zone) if found.ends else "",
        form=form,
        here_url=here,
        is_claim=found.is_claim,
        is_admin=found.is_admin,
        sign_in_url=f"{reverse('account_login')}?{urlencode({'next': here})}",
    )
    return page_model.render(request, model, status=_GONE if kind == "over" else 200)


def _unknown(request: Request, *, is_post: bool) -> HttpResponse:
    """Answer as for any link that opens nothing; an answer to one is recorded."""
    taken = rate_limits.take(
        (rate_limits.CASE_LINKS, request_context.network(request_context.address_of(request.META)))
    )
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    if is_post:
        with contextlib.suppress(NotFound):
            evidence.refuse_unknown(actor=request.context.actor, objects=True)
    return page_model.render(request, LetterPage.unknown(), status=404)
