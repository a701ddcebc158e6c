"""People change their own names and work phones by this form."""

from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import Busy
from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput, Unchanged
from delegation.people.commands import details
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.signin.customers import rate_limits
from portal.wording import refusals, retry_after

_PHONE_LENGTH = 40
"""Characters as typed, with spaces and other punctuation."""


class DetailsForm(shell_forms.IdempotentForm):
    """Asks for the reader's name and work phone."""

    name = forms.CharField(
        max_length=shell_forms.NAME_LENGTH,
        error_messages={
            "required": gettext_lazy("Enter your name."),
            "max_length": gettext_lazy("This is too long."),
        },
    )

    phone = forms.CharField(
        required=False,
        max_length=_PHONE_LENGTH,
        error_messages={"max_length": gettext_lazy("This is too long.")},
    )

    def clean_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return shell_forms.checked_name(self.cleaned_data["name"], missing=_("Enter your name."))

    def clean_phone(self) -> str:
        """Return the number in its one form. Raises ValidationError."""
        try:
            return input_cleaning.phone(self.cleaned_data["phone"])
        except InvalidInput as refusal:
            raise ValidationError(refusals.sentence_for(refusal).text, code="phone") from refusal


@dataclass(frozen=True, kw_only=True)
class MyDetailsPage(PageModel):
    """Shows the form with the reader's name and work phone."""

    template: ClassVar[str] = "web/my/details.html"

    form: DetailsForm
    save_url: str
    back_url: str


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def change(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the present details; POST changes them, for all organizations of the reader.

    A sign-in of any age is enough: they change neither how the person signs in nor what the person may do.
    """
    sent = request.POST if request.method == "POST" else None
    user = page.own_membership.user
    form = DetailsForm(sent, initial={"name": user.name, "phone": user.phone})
    if sent is not None and form.is_valid() and _save(request, page, form):
        return HttpResponseRedirect(page.url("my_access"))
    model = MyDetailsPage(form=form, save_url=page.url("my_details"), back_url=page.url("my_access"))
    return page_model.render(request, model)


def _save(request: Request, page: PageContext, form: DetailsForm) -> bool:
    """Run the command and leave a message; False where too many changes were made, which the form says."""
    taken = rate_limits.take((rate_limits.OWN_DETAILS, str(page.viewer.id)))
    if taken.wait:
        text = _("You changed your details several times within a day. Nothing was changed. %(again)s")
        form.add_error(None, text % {"again": retry_after.retry_after(taken.wait)})
        return False
    try:
        done = details.change(
            actor=page.viewer,
            person=page.own_membership.user,
            name=form.cleaned_data["name"],
            phone=form.cleaned_data["phone"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        taken.give_back()
        messages.info(request, _("Nothing was changed: these are your details already."))
        return True
    except Busy:
        taken.give_back()
        raise
    if done.replayed:
        taken.give_back()
    messages.success(request, _("Your details are changed."))
    return True
