"""Staff see a customer's contacts and mail domains; account managers and senior support change them."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.customer_contacts import commands as contacts_commands
from delegation.customer_contacts import queries as contacts_queries
from delegation.customer_contacts.queries import ContactView
from delegation.organizations import commands as organizations_commands
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.records import context
from portal.desk.records.forms import ContactForm, DomainsForm
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_model
from portal.shell.page_context import PageContext
from portal.wording import domain_states
from provisioning.domain_checks import checks


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
def contacts(request: Request, found: OrganizationPage) -> HttpResponse:
    """List the customer's contacts."""
    return page_model.render(request, context.contacts_page(found.page))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.CUSTOMER_CONTACT_ADD, reading=Reading.ORGANIZATION)
def add_contact(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET asks for the details; POST adds the contact."""
    return _contact(request, found.page, None)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.CUSTOMER_CONTACT_CHANGE, reading=Reading.ORGANIZATION)
def contact(request: Request, found: OrganizationPage, contact: uuid.UUID) -> HttpResponse:
    """GET shows the details; POST changes them, or removes the contact with `do=remove`."""
    page = found.page
    row = contacts_queries.find(organization=page.organization_id, contact=contact)
    if row is None:
        messages.info(request, _("That contact was removed already."))
        return HttpResponseRedirect(page.url("staff_contacts"))
    if request.method == "POST" and request.POST.get("do") == "remove":
        return _remove(request, page, row)
    return _contact(request, page, row)


def _contact(request: Request, page: PageContext, row: ContactView | None) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    form = ContactForm(sent, initial=context.initial_of(row))
    if sent is None or not form.is_valid() or not _saved(page, form, row):
        return page_model.render(request, context.contact_page(page, form, row))
    text = _("%(name)s is saved.") if row else _("%(name)s is added.")
    messages.success(request, text % {"name": form.cleaned_data["name"]})
    return HttpResponseRedirect(page.url("staff_contacts"))


def _saved(page: PageContext, form: ContactForm, row: ContactView | None) -> bool:
    """Run the command; False where it refuses what the form says."""
    organization, key = page.organization.row, form.cleaned_data["idempotency_key"]
    try:
        if row is None:
            contacts_commands.add(
                actor=page.viewer, organization=organization, new=form.contact, idempotency_key=key
            )
        else:
            contacts_commands.change(
                actor=page.viewer,
                organization=organization,
                contact=row.contact,
                new=form.contact,
                idempotency_key=key,
            )
    except (Busy, NotFound):
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return False
    return True


def _remove(request: Request, page: PageContext, row: ContactView) -> HttpResponse:
    key = shell_forms.idempotency_key(request.POST.get("idempotency_key", ""), "remove")
    contacts_commands.end(
        actor=page.viewer, organization=page.organization.row, contact=row.contact, idempotency_key=key
    )
    messages.success(request, _("%(name)s is removed.") % {"name": row.name})
    return HttpResponseRedirect(page.url("staff_contacts"))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
def domains(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET shows the mail domains with their records; POST looks one up with `check`, or sets the domains."""
    page = found.page
    if request.method == "POST" and "check" in request.POST:
        _check(request, page, request.POST["check"])
        return HttpResponseRedirect(page.url("staff_domains"))
    sent = request.POST if request.method == "POST" else None
    form = _domains_form(page, sent)
    if sent is not None:
        _require(page, Verb.MAIL_DOMAINS_SET)
        if form is not None and form.is_valid() and _set(page, form):
            messages.success(request, _("The mail domains are saved."))
            return HttpResponseRedirect(page.url("staff_domains"))
    return page_model.render(request, context.domains_page(page, form, shell_forms.new_idempotency_key()))


def _require(page: PageContext, verb: Verb) -> None:
    if verb not in page.abilities:
        raise Denied(reason="no_permission")


def _domains_form(page: PageContext, sent: QueryDict | None) -> DomainsForm | None:
    if Verb.MAIL_DOMAINS_SET not in page.abilities:
        return None
    return DomainsForm(sent, initial={"domains": "\n".join(page.organization.row.mail_domains)})


def _check(request: Request, page: PageContext, domain: str) -> None:
    """Look the record up and leave a message with the answer."""
    _require(page, Verb.MAIL_DOMAIN_VERIFY)
    answer = checks.check(actor=page.viewer, organization=page.organization.row, domain=domain)
    add = messages.success if answer == "found" else messages.info
    add(request, domain_states.was_checked(domain, answer))


def _set(page: PageContext, form: DomainsForm) -> bool:
    try:
        organizations_commands.set_mail_domains(
            actor=page.viewer,
            organization=page.organization.row,
            domains=form.cleaned_data["domains"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Busy:
        raise
    except DomainError as refusal:
        form.add_refusal(refusal)
        return False
    return True
