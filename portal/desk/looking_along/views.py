"""Staff begin a look by a code or by the customer's rule, see the page that the person has open, and stop."""

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from delegation.authorization.errors import InvalidInput, LookNotAllowed, NotFound, Unchanged
from delegation.authorization.verbs import Verb
from delegation.looking_along import commands, queries
from delegation.people import queries as people_queries
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.looking_along import context, looked, preparing
from portal.desk.looking_along.forms import CodeForm, ReasonForm
from portal.http import error_pages
from portal.http.request_context import Request
from portal.shell import page_model
from portal.signin.customers import rate_limits
from portal.signin.staff import middleware
from portal.signin.staff.reader import StaffReader
from portal.wording import staff_refusals

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@desk_page.desk_page(Verb.LOOK_BEGIN)
def listing(request: Request, reader: StaffReader) -> HttpResponse:
    """GET asks for a code; POST begins the look. Every code that opens nothing has the same answer."""
    session = middleware.require_session(request).staff_session.key
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        person = str(reader.actor.id)
        taken = rate_limits.take((rate_limits.LOOK_GUESSES, person), (rate_limits.LOOK_GUESSES_DAY, person))
        if taken.wait:
            return error_pages.too_many(request, seconds=taken.wait)
        data = form.cleaned_data
        try:
            begun = commands.begin_by_code(
                actor=reader.actor,
                code=data["code"],
                session=session,
                idempotency_key=data["idempotency_key"],
            )
        except NotFound:
            form.add_error("code", _("This code opens nothing. Ask the caller for a new one."))
        else:
            taken.give_back()
            return HttpResponseRedirect(reverse("staff_look", args=[begun.result.look]))
    looks = queries.open_of_staff(actor=reader.actor, session=session, at=reader.at)
    return page_model.render(request, context.looks_page(form, looks))


@require_safe
@desk_page.desk_page(Verb.LOOK_BEGIN)
def follow(request: Request, reader: StaffReader, look: uuid.UUID) -> HttpResponse:
    """Show the page that the person has open now; of a look of one's own that has ended, lead to the first page."""
    try:
        found = looked.require(request, reader, look)
    except NotFound:
        if queries.for_command(look=look).staff_id != reader.actor.id:
            raise
        messages.info(request, _("This looking along has ended."))
        url = reverse("staff_looks")
        if "HX-Request" in request.headers:
            return HttpResponse(headers={"HX-Redirect": url})
        return HttpResponseRedirect(url)
    return looked.page(request, reader, found)


@require_http_methods(_METHODS)
@desk_page.desk_page(Verb.LOOK_BEGIN)
def stop(request: Request, reader: StaffReader, look: uuid.UUID) -> HttpResponse:
    """POST that names the look again ends it; anything else leads to its page. Raises NotFound for another's look."""
    row = queries.for_command(look=look)
    if row.staff_id != reader.actor.id:
        raise NotFound
    if request.method != "POST" or request.POST.get("look") != str(look):
        return HttpResponseRedirect(reverse("staff_look", args=[look]))
    try:
        commands.end(actor=reader.actor, look=row)
    except Unchanged:
        messages.info(request, _("This looking along has ended."))
    else:
        messages.success(request, _("You no longer look along."))
    return HttpResponseRedirect(reverse("staff_looks"))


@require_http_methods(_METHODS)
@desk_page.desk_page(Verb.LOOK_PREPARE)
def prepare(
    request: Request, reader: StaffReader, look: uuid.UUID, kind: str, membership: uuid.UUID | None = None
) -> HttpResponse:
    """GET shows a form of the person's, about the colleague in the address; POST prepares it. The person sends it."""
    found = looked.require(request, reader, look)
    form = preparing.form_of(request, found, kind, membership, reader.at)
    looked.record_form(reader, found, membership)
    if request.method != "POST" or not form.is_valid():
        return page_model.render(request, preparing.page(found, form))
    commands.prepare(
        actor=reader.actor,
        look=queries.for_command(look=look),
        kind=kind,
        membership=form.about,
        content=form.content,
        idempotency_key=form.idempotency_key,
    )
    messages.success(
        request, _("The form is prepared. %(name)s sees it on every page.") % {"name": found.name}
    )
    return HttpResponseRedirect(reverse("staff_look", args=[look]))


@require_http_methods(_METHODS)
@desk_page.organization_page(Verb.LOOK_BEGIN)
def begin(request: Request, found: OrganizationPage, membership: uuid.UUID) -> HttpResponse:
    """GET asks for a reason; POST begins a look by the customer's rule. Raises NotFound for another's member."""
    page = found.page
    member = people_queries.get(
        actor=page.viewer, organization=page.organization_id, at=page.at, membership=membership
    )
    found.record(Reading.PERSON, membership=membership)
    rule = queries.rule_mode(organization=page.organization_id)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        row = queries.member_for_command(membership=membership, organization=page.organization_id)
        try:
            begun = commands.begin_by_rule(
                actor=page.viewer,
                member=row,
                reason=data["reason"],
                session=middleware.require_session(request).staff_session.key,
                idempotency_key=data["idempotency_key"],
            )
        except LookNotAllowed as refusal:
            form.add_error("reason", staff_refusals.look_not_allowed(refusal.data))
        except InvalidInput:
            form.add_error("reason", _("Enter a reason."))
        else:
            return HttpResponseRedirect(reverse("staff_look", args=[begun.result.look]))
    model = context.begin_page(page, member.membership.shown_name, membership, form=form, rule=rule)
    return page_model.render(request, model)
