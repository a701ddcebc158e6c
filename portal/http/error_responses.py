"""An error response gives the reason and the next step in place of a page. It preserves the values of a sent form."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from audit.foundation import clock
from delegation.catalogue import display_names
from portal.http import request_context, request_data, safe_redirects
from portal.wording import refusals, supplier_texts, time_zones

_SECRET = ("password", "csrfmiddlewaretoken", "code", "credential", "secret")
_SESSION_GONE = 419
FAULTS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
"""Statuses whose page asks the reader to call if it happens again."""
_KEPT = "kept_form"
"""The field by which the page of a kept form names itself."""


def page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    """Show the page for this status. In a response to htmx it replaces the whole page, never a panel."""
    known = request_context.context_of(request)
    zone = known.zone if known else None
    defaults: dict[str, Any] = {
        "reference": request_context.request_id(request),
        "at": time_zones.date_time(clock.wall(), zone),
    }
    defaults["without_call"] = status not in FAULTS
    response = render(request, f"{status}.html", {**defaults, **context}, status=status)
    return replace_whole_page(request, response)


def refused(
    request: HttpRequest, sentence: refusals.Sentence, *, link: tuple[str, str] = ("", "")
) -> HttpResponse:
    """Show the page for a refusal of the domain; `link` is address and label of the next step."""
    status = sentence.status if sentence.status in {403, 404, 503} else 400
    values = {"back_url": link[0], "back_label": link[1], "layout": layout(request)}
    response = page(request, status, sentence=sentence.text, **values)
    response.status_code = sentence.status
    if sentence.retry_after is not None:
        response["Retry-After"] = str(sentence.retry_after)
    return response


def redirect_to_sign_in(request: HttpRequest, url: str) -> HttpResponse:
    """Lead to one of our sign-in pages and preserve the values of a sent form."""
    if request.method not in {"GET", "HEAD"}:
        return keep_form(request, sign_in_url=url)
    if is_htmx(request):
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def keep_form(request: HttpRequest, *, sign_in_url: str = "") -> HttpResponse:
    """Show status 419: a page with the sent values, without secrets, in a form that can be sent again.

    A sign-in replaces the token that protects forms. So the form comes back once after it, and the reader checks what
    is sent. It keeps its idempotency key: the command runs once, however often the form is sent.
    """
    is_back = _KEPT in request.POST and not sign_in_url
    return page(
        request,
        _SESSION_GONE,
        fields=_sent_values(request),
        facts=_facts(request),
        kept_field=_KEPT,
        action_url=request.get_full_path(),
        button=_("Send the form") if is_back else _("Send the form again"),
        is_back=is_back,
        sign_in_url=sign_in_url,
    )


def _sent_values(request: HttpRequest) -> list[dict[str, str]]:
    """Return all values of the sent form, without secrets, as its hidden fields send them again.

    A part of them would be another form: fewer people, or no last day. Django reads no form of more than 1,000 fields.
    """
    return [
        {"name": name, "value": str(value)}
        for name, values in request.POST.lists()
        for value in values
        if name != _KEPT and not any(word in name.lower() for word in _SECRET)
    ]


def _facts(request: HttpRequest) -> list[dict[str, str]]:
    """Return the typed values that the reader checks, with labels.

    Each tier has a field for its limit: only that of the chosen tier is shown. One statement, none without a tier.
    """
    sent = request.POST
    tier = str(sent.get("tier", ""))
    tier_name = display_names.tiers().get(tier) if tier else None
    values = {
        _("People"): len(set(sent.getlist("m")) - set(sent.getlist("left_out"))),
        _("E-mail address"): sent.get("email"),
        _("Name"): sent.get("name"),
        _("Language of the mail"): dict(settings.LANGUAGES).get(sent.get("language", "")),
        _("Tier"): supplier_texts.in_language(tier_name) if tier_name else "",
        _("Limit"): sent.get(f"limit_{tier}"),
        _("Last day of access"): sent.get("until"),
        _("Reason"): sent.get("reason"),
    }
    return [{"label": label, "value": str(value)} for label, value in values.items() if value]


def return_path(request: HttpRequest) -> str:
    """Return the page to return to: this one, or the page of our host that sent the htmx request."""
    if is_htmx(request):
        current = request_data.split_url(request.headers.get("HX-Current-URL", ""))
        if current is None:
            return "/"
        path = f"{current.path or '/'}{'?' + current.query if current.query else ''}"
        return path if safe_redirects.is_own(path) else "/"
    return request.get_full_path() if request.method in {"GET", "HEAD"} else request.path


def is_htmx(request: HttpRequest) -> bool:
    """Return whether htmx requests a part of a page."""
    return request.headers.get("HX-Request") == "true"


def replace_whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make htmx replace the whole page, never a panel; no cache stores the response."""
    if is_htmx(request):
        response["HX-Retarget"] = "body"
        response["HX-Reswap"] = "innerHTML"
    response["Cache-Control"] = "no-store"
    return response


def layout(request: HttpRequest) -> str:
    """Return the base template: with navigation for a signed-in reader, else the public one."""
    if hasattr(request, "staff_session"):
        return "base_staff.html"
    user = getattr(request, "user", None)
    return "base.html" if user is not None and user.is_authenticated else "base_public.html"
