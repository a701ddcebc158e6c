"""Staff see what is offered to a customer, and change what a business unit offers, after its effects are shown."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceiling_difference, ceilings
from delegation.catalogue.ceiling_difference import CeilingDifference
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.ceilings import confirm_context, context, forms, offers
from portal.desk.ceilings.forms import CeilingForm
from portal.desk.ceilings.offers import UnitOffer
from portal.desk.desk_page import OrganizationPage
from portal.http.request_context import Request
from portal.shell import page_model
from portal.wording import refusals

SET, CHANGE = "set", "change"
"""What the buttons of the second page send; the first page's sends neither."""


@require_safe
@desk_page.organization_page(Verb.MEMBER_VIEW, reading=Reading.ORGANIZATION)
def listing(request: Request, found: OrganizationPage) -> HttpResponse:
    """List what each business unit offers."""
    return page_model.render(request, context.list_page(found))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.CEILING_SET, reading=Reading.ORGANIZATION)
def change(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET asks what a business unit offers; POST shows the people affected, and from there sets it."""
    catalogue = offers.catalogue()
    unit = offers.unit_of(found, request.GET.get("unit", ""))
    if request.method != "POST":
        chosen = offers.template_of(catalogue, unit, request.GET.get("template", ""))
        filled = forms.of_template(chosen) if chosen else unit.offer
        initial = forms.initial_of(filled, catalogue.entitlements)
        form = CeilingForm(None, entitlements=catalogue.entitlements, initial=initial)
        return page_model.render(request, context.change_page(found, unit, form, catalogue, chosen))
    form = CeilingForm(request.POST, entitlements=catalogue.entitlements)
    step = request.POST.get("step", "")
    if step == CHANGE or not form.is_valid():
        return page_model.render(request, context.change_page(found, unit, form, catalogue, None))
    offer = offers.changes(unit, form.limits)
    if step == SET and not offer:
        messages.info(request, _("This is what is offered already."))
        return HttpResponseRedirect(context.back_url(found))
    if step == SET and _set(found, unit, offer, form):
        messages.success(request, _("What is offered is changed."))
        return HttpResponseRedirect(context.back_url(found))
    return page_model.render(
        request, confirm_context.confirm_page(found, unit, form, _check(found, unit, offer))
    )


def _check(
    found: OrganizationPage, unit: UnitOffer, offer: dict[str, AmountLimit | None]
) -> CeilingDifference:
    return ceiling_difference.check(
        organization=found.page.organization_id, units={unit.key: unit.id}, offer=offer, at=found.page.at
    )


def _set(
    found: OrganizationPage, unit: UnitOffer, offer: dict[str, AmountLimit | None], form: CeilingForm
) -> bool:
    """Run the command; False where it refuses, which the form then says."""
    data = form.cleaned_data
    try:
        ceilings.set_ceiling(
            actor=found.reader.actor,
            organization=found.page.organization.row,
            offer=offer,
            unit=unit.key,
            seen=data["seen"] or "none",
            idempotency_key=data["idempotency_key"],
        )
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        form.add_error(None, refusals.sentence_for(refusal).text)
        return False
    return True
