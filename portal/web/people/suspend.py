"""An admin suspends a colleague's access, and lets it go on: a page asks first."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from delegation.authorization import authorities
from delegation.authorization.errors import Denied, LastAdmin, Unchanged
from delegation.authorization.verbs import Verb
from delegation.people.commands import suspension as commands
from delegation.people.queries import VisibleMember
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.forms import IdempotentForm
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.people import detail

_NOTE_LENGTH = 300


class SuspensionForm(IdempotentForm):
    """Asks for a note for the log."""

    note = forms.CharField(required=False, max_length=_NOTE_LENGTH)


@dataclass(frozen=True, kw_only=True)
class SuspensionPage(PageModel):
    """Asks before access is suspended or resumed."""

    template: ClassVar[str] = "web/people/suspend_confirm.html"

    title: str
    sub: str
    effects: tuple[str, ...]
    not_affected: str
    form: forms.BaseForm
    button: str
    is_danger: bool
    here_url: str
    back_url: str
    back_label: str


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def suspend(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET asks, POST suspends. Raises Denied and NotFound."""
    return _answer(request, page, membership, resumes=False)


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def resume(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET asks, POST lets the access go on. Raises Denied and NotFound."""
    return _answer(request, page, membership, resumes=True)


def _answer(request: Request, page: PageContext, membership: uuid.UUID, *, resumes: bool) -> HttpResponse:
    member = detail.visible_member(page, membership)
    form = SuspensionForm(request.POST if request.method == "POST" else None)
    is_post = request.method == "POST" and form.is_valid()
    if member.former or (is_post and _run(request, page, member, form, resumes=resumes)):
        return HttpResponseRedirect(page.url("person", membership=membership))
    page.require(Verb.MEMBER_RESUME if resumes else Verb.MEMBER_SUSPEND, [membership])
    if not is_post and is_suspended(page, membership) is not resumes:
        return HttpResponseRedirect(page.url("person", membership=membership))
    make = _resume_page if resumes else _suspend_page
    return page_model.render(request, make(page, member, form))


def is_suspended(page: PageContext, membership: uuid.UUID) -> bool:
    """Return whether this colleague's access is suspended. One statement."""
    return authorities.period_states(ids=[membership], at=page.at).get(membership) == "suspended"


def _run(
    request: Request, page: PageContext, member: VisibleMember, form: SuspensionForm, *, resumes: bool
) -> bool:
    """Run the command and store the notice; False with the refusal in the form."""
    command = commands.resume if resumes else commands.suspend
    key, note = form.cleaned_data["idempotency_key"], form.cleaned_data["note"]
    name = {"name": member.membership.user.name}
    try:
        command(actor=page.viewer, memberships=[member.membership], reason=note, idempotency_key=key)
    except Unchanged:
        messages.info(request, _("Nothing was changed: %(name)s’s access was so already.") % name)
    except LastAdmin:
        form.add_error(None, _("This is the only admin. The organization must keep an admin."))
        return False
    except Denied as denied:
        if denied.data["reason"] != "wrong_state":
            raise
        messages.info(request, _("The access has ended already."))
    else:
        text = _("%(name)s’s access is resumed.") if resumes else _("%(name)s’s access is suspended.")
        messages.success(request, text % name)
    return True


def _suspend_page(page: PageContext, member: VisibleMember, form: SuspensionForm) -> SuspensionPage:
    name = {"name": member.membership.user.name, "organization": page.organization.name}
    return SuspensionPage(
        title=_("Suspend %(name)s’s access") % name,
        sub=_("to %(organization)s. Nothing has happened yet.") % name,
        effects=(
            _("Sign-in to %(organization)s is blocked; sessions end at once.") % name,
            _("Accounts in connected systems are closed until the access is resumed."),
            _("Programs of %(name)s end. They do not come back.") % name,
        ),
        not_affected=_("What %(name)s was given stays. One step brings it back.") % name,
        form=form,
        button=_("Suspend access"),
        is_danger=True,
        here_url=page.url("person_suspend", membership=member.membership.id),
        back_url=page.url("person", membership=member.membership.id),
        back_label=member.membership.user.name,
    )


def _resume_page(page: PageContext, member: VisibleMember, form: SuspensionForm) -> SuspensionPage:
    name = {"name": member.membership.user.name, "organization": page.organization.name}
    return SuspensionPage(
        title=_("Resume %(name)s’s access") % name,
        sub=_("to %(organization)s. Nothing has happened yet.") % name,
        effects=(
            _("%(name)s can sign in again, with the same access as before.") % name,
            _("Accounts in connected systems are opened again."),
        ),
        not_affected=_("Sessions and programs of earlier stay ended."),
        form=form,
        button=_("Resume access"),
        is_danger=False,
        here_url=page.url("person_resume", membership=member.membership.id),
        back_url=page.url("person", membership=member.membership.id),
        back_label=member.membership.user.name,
    )
