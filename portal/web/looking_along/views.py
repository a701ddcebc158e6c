"""A person lets support look along and ends it; an admin sets whether support needs a code."""

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import Denied, Unchanged
from delegation.authorization.verbs import Verb
from delegation.looking_along import commands, queries
from portal.http import error_pages, safe_redirects
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.web.looking_along import context
from portal.web.looking_along.forms import CODE, HIDDEN, PREPARE, AllowForm, RuleForm

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@page_context.organization_page
def ask(request: Request, page: PageContext) -> HttpResponse:
    """GET explains; POST makes a code and shows it once."""
    form = AllowForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.help_page(page, form))
    taken = rate_limits.take((rate_limits.LOOK_CODES, str(page.viewer.id)))
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    return _allowed(request, page, form)


def _allowed(request: Request, page: PageContext, form: AllowForm) -> HttpResponse:
    """Make the code and show it: no address, session or cache holds it, and a repetition shows none."""
    data, masked = form.cleaned_data, form.cleaned_data["personal"] == HIDDEN
    outcome = commands.allow(
        actor=page.viewer,
        member=queries.member_for_command(
            membership=page.own_membership.id, organization=page.organization_id
        ),
        session=page_context.session_of(request),
        mode=data["mode"],
        masked=masked,
        idempotency_key=data["idempotency_key"],
    )
    model = context.code_page(
        page,
        code=outcome.result.code,
        look=str(outcome.result.look),
        until=dt.datetime.fromisoformat(outcome.result.until),
        prepares=data["mode"] == PREPARE,
        masked=masked,
    )
    response = page_model.render(request, model)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(_METHODS)
@page_context.organization_page
def stop(request: Request, page: PageContext) -> HttpResponse:
    """POST ends the look that it names, or withdraws its code. GET, and a POST that names none, lead to the page."""
    look = shell_forms.identifier(request.POST.get("look", ""))
    if request.method != "POST" or look is None:
        return HttpResponseRedirect(page.url("look_help"))
    row = queries.for_command(look=look)
    try:
        commands.end(actor=page.viewer, look=row)
    except Unchanged:
        messages.info(request, _("Support had stopped looking along already."))
    else:
        had_begun = row.begun_at is not None
        done = _("Support no longer looks along.") if had_begun else _("The code is withdrawn.")
        messages.success(request, done)
    back = request.POST.get("next", "")
    return HttpResponseRedirect(back if safe_redirects.is_own(back) else page.url("look_help"))


@require_http_methods(_METHODS)
@page_context.organization_page
def rule(request: Request, page: PageContext) -> HttpResponse:
    """GET asks whether support needs a code; POST sets it. Raises Denied for a reader who may not."""
    if Verb.LOOK_RULE_SET not in page.abilities:
        raise Denied(reason="no_permission")
    form = RuleForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, context.rule_page(page, form))
    mode = form.cleaned_data["mode"]
    try:
        commands.set_rule(
            actor=page.viewer,
            organization=page.organization.row,
            mode="" if mode == CODE else mode,
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        messages.info(request, _("Nothing was changed."))
    else:
        messages.success(request, _("The rule for looking along is changed."))
    return HttpResponseRedirect(page.url("look_help"))
