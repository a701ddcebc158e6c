"""An admin sees the organization's mail domains, adds one, has its record looked up, and withdraws one."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.organizations import commands
from portal.http import error_pages
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.signin.customers import rate_limits
from portal.web.mail_domains import context
from portal.web.mail_domains.forms import AddDomainForm, WithdrawForm
from portal.wording import domain_states, refusals
from provisioning.domain_checks import checks

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@page_context.organization_page
def domains(request: Request, page: PageContext) -> HttpResponse:
    """GET lists the domains; POST adds one, or with `check` looks a record up. Raises Denied for other readers."""
    _require(page)
    if request.method == "POST" and "check" in request.POST:
        return _check(request, page, request.POST["check"])
    form = AddDomainForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid() or not _add(page, form):
        return page_model.render(request, context.domains_page(page, form))
    text = _("%(domain)s is added. Set its TXT record, then check it.")
    messages.success(request, text % {"domain": form.cleaned_data["domain"]})
    return HttpResponseRedirect(page.url("domains"))


@require_http_methods(_METHODS)
@page_context.organization_page
def withdraw(request: Request, page: PageContext) -> HttpResponse:
    """GET says what ends; POST withdraws the domain. A domain that is not the organization's leads to the list."""
    _require(page)
    sent = request.POST if request.method == "POST" else None
    domain = (sent or request.GET).get("domain", "")
    form = WithdrawForm(sent, initial={"domain": domain})
    if sent is not None and form.is_valid():
        _withdraw(request, page, form)
        return HttpResponseRedirect(page.url("domains"))
    if domain not in page.organization.row.mail_domains:
        return HttpResponseRedirect(page.url("domains"))
    return page_model.render(request, context.withdraw_page(page, domain, form))


def _require(page: PageContext) -> None:
    if Verb.MAIL_DOMAINS_SET not in page.abilities:
        raise Denied(reason="no_permission")


def _check(request: Request, page: PageContext, domain: str) -> HttpResponse:
    """Look the record up and leave a message with the answer; a browser asks the DNS some times a minute at most."""
    taken = rate_limits.take((rate_limits.DOMAIN_CHECKS, str(page.organization_id)))
    if taken.wait:
        return error_pages.too_many(request, seconds=taken.wait)
    answer = checks.check(actor=page.viewer, organization=page.organization.row, domain=domain)
    add = messages.success if answer == "found" else messages.info
    add(request, domain_states.was_checked(domain, answer))
    return HttpResponseRedirect(page.url("domains"))


def _add(page: PageContext, form: AddDomainForm) -> bool:
    """Run the command; False where it refuses, which the form then says."""
    data = form.cleaned_data
    try:
        commands.add_mail_domain(
            actor=page.viewer,
            organization=page.organization.row,
            domain=data["domain"],
            idempotency_key=data["idempotency_key"],
        )
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        form.add_error("domain", refusals.sentence_for(refusal).text)
        return False
    return True


def _withdraw(request: Request, page: PageContext, form: WithdrawForm) -> None:
    """Run the command and leave a message; a colleague may have withdrawn the domain meanwhile."""
    data = form.cleaned_data
    try:
        commands.withdraw_mail_domain(
            actor=page.viewer,
            organization=page.organization.row,
            domain=data["domain"],
            idempotency_key=data["idempotency_key"],
        )
    except NotFound:
        messages.info(request, _("%(domain)s was withdrawn already.") % {"domain": data["domain"]})
    else:
        messages.success(request, _("%(domain)s is withdrawn.") % {"domain": data["domain"]})
