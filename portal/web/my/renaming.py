"""The form by which people change their own names."""

from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from delegation.authorization.errors import Unchanged
from delegation.people.commands import renaming
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.signin.customers import limits
from portal.wording import retry_after


class NameForm(shell_forms.IdempotentForm):
    """Asks for the reader's name."""

    name = forms.CharField(
        max_length=shell_forms.NAME_LENGTH,
        error_messages={
            "required": gettext_lazy("Enter your name."),
            "max_length": gettext_lazy("This is too long."),
        },
    )

    def clean_name(self) -> str:
        """Clean the name. Raises ValidationError."""
        return shell_forms.checked_name(self.cleaned_data["name"], missing=_("Enter your name."))


@dataclass(frozen=True, kw_only=True)
class MyNamePage(PageModel):
    """Shows the form with the reader's name."""

    template: ClassVar[str] = "web/my/name.html"

    form: NameForm
    save_url: str
    back_url: str


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def rename(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the present name; POST changes it, for all organizations of the reader.

    A sign-in of any age is enough: the name changes neither how the person signs in nor what the person may do.
    """
    sent = request.POST if request.method == "POST" else None
    form = NameForm(sent, initial={"name": page.own_membership.user.name})
    if sent is not None and form.is_valid() and _save(request, page, form):
        return HttpResponseRedirect(page.url("my_access"))
    model = MyNamePage(form=form, save_url=page.url("my_name"), back_url=page.url("my_access"))
    return page_model.render(request, model)


def _save(request: Request, page: PageContext, form: NameForm) -> bool:
    """Run the command and leave a message; False where too many changes were made, which the form says."""
    taken = limits.take((limits.RENAME, str(page.viewer.id)))
    if taken.wait:
        text = _("You changed your name several times within a day. Nothing was changed. %(again)s")
        form.add_error("name", text % {"again": retry_after.retry_after(taken.wait)})
        return False
    try:
        done = renaming.rename(
            actor=page.viewer,
            person=page.own_membership.user,
            name=form.cleaned_data["name"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except Unchanged:
        taken.give_back()
        messages.info(request, _("Nothing was changed: this is your name already."))
        return True
    if done.replayed:
        taken.give_back()
    messages.success(request, _("Your name is changed."))
    return True
