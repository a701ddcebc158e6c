"""Staff onboard a customer by one form, and see what was created and sent."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import Busy, DomainError
from delegation.authorization.errors import Denied, NotFound
from delegation.authorization.verbs import Verb
from delegation.onboarding import commands, queries, rules
from delegation.onboarding.new_customer import FirstAdmin
from delegation.staff.readings import Reading
from portal.desk import desk_page
from portal.desk.desk_page import OrganizationPage
from portal.desk.onboarding import context
from portal.desk.onboarding.forms import OnboardForm
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_model
from portal.signin.staff.reader import StaffReader
from portal.web.invitations import mail as invitations_mail
from portal.wording import input_problems, refusals


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.desk_page(Verb.ORGANIZATION_CREATE)
def onboard(request: Request, reader: StaffReader) -> HttpResponse:
    """GET shows the form; POST with `do=preview` shows what happens; POST with `do=onboard` does what was shown."""
    form = _form(request, reader)
    checked = request.method == "POST" and form.is_valid()
    shown = checked and request.POST.get("do") == "onboard" and form.cleaned_data["seen"] == form.digest
    if shown:
        try:
            return _onboard(reader, form)
        except (Busy, Denied, NotFound):
            raise
        except DomainError as refusal:
            form.add_refusal(refusal)
    elif checked:
        _check_free(form)
    return page_model.render(request, context.onboard_page(reader, form, checked=checked and form.is_valid()))


def _form(request: Request, reader: StaffReader) -> OnboardForm:
    units, services = queries.units(actor=reader.actor, at=reader.at), queries.services()
    language = get_language()
    return OnboardForm(
        request.POST if request.method == "POST" else None,
        units=units,
        services=services,
        templates=queries.templates(),
        initial={
            "language": language,
            "admin_language": language,
            "time_zone": "Europe/Helsinki",
            "services": [one.key for one in services],
        },
    )


def _check_free(form: OnboardForm) -> None:
    """Name what a customer of the business unit has already, before anything is created."""
    form.show_key()
    for field in rules.conflicts(new=form.customer.organization, units=[form.unit_of_customer.id]):
        form.add_error(field, input_problems.in_use(field))


def _onboard(reader: StaffReader, form: OnboardForm) -> HttpResponse:
    done = commands.onboard(
        actor=reader.actor, customer=form.customer, idempotency_key=form.cleaned_data["idempotency_key"]
    )
    invitations_mail.queue_each(done.result.links, at=reader.at)
    return HttpResponseRedirect(reverse("staff_onboarded", args=[done.result.key]))


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page.organization_page(Verb.ORGANIZATION_CREATE, reading=Reading.ORGANIZATION)
def onboarded(request: Request, found: OrganizationPage) -> HttpResponse:
    """GET shows what was created and sent; POST sends a first admin a new link, before any person has joined."""
    if request.method != "POST":
        return page_model.render(request, context.onboarded_page(found))
    _send_again(request, found)
    return HttpResponseRedirect(reverse("staff_onboarded", args=[found.page.organization.key]))


def _send_again(request: Request, found: OrganizationPage) -> None:
    """Send a new link and leave a message. Raises NotFound for an invitation that no first admin has or had."""
    invitation = shell_forms.identifier(request.POST.get("invitation", ""))
    row = queries.first_invitation(organization=found.page.organization_id, invitation=invitation)
    if row is None:
        raise NotFound
    if row.cancelled_at is not None:
        messages.info(request, _("That invitation was replaced by a newer one."))
        return
    key = shell_forms.idempotency_key(request.POST.get("idempotency_key", ""), row.id.hex)
    admin = FirstAdmin(row.email, row.name, row.language)
    try:
        done = commands.invite_again(
            actor=found.reader.actor, invitation=row, admin=admin, idempotency_key=key
        )
    except (Busy, Denied, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusals.sentence_for(refusal).text)
    else:
        invitations_mail.queue_each(done.result.links, at=found.page.at)
        messages.success(request, _("A new link is being sent to %(email)s.") % {"email": row.email})
