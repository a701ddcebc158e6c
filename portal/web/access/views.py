"""An admin changes the access of a colleague, or restores a former colleague."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import DomainError
from delegation.access import assignable
from delegation.access import commands as access_commands
from delegation.access.assignable import AssignableOptions
from delegation.authorization.errors import NotFound, Unchanged
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.people.commands import members as people_commands
from delegation.people.queries import VisibleMember
from portal.http.request_context import Request
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.web.access import context, initial_values, preview, shown_access
from portal.web.access.forms import AccessForm
from portal.web.access.preview import PreviewFragment
from portal.web.people import detail, detail_context, removal_facts
from portal.wording import dates


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def change(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """GET shows the present access; POST with `do=preview` shows the effect; POST changes the access."""
    try:
        member = detail.visible_member(page, membership)
    except NotFound:
        return detail.redirect_to_receipt(page, membership)
    if member.former:  # that page shows the receipt and the restore button
        return HttpResponseRedirect(page.url("person", membership=membership))
    explanation = detail_context.explain_rights(page, member, dates.Clock(page.at, page.zone))
    options = _options(page, Verb.ACCESS_CHANGE)
    present = initial_values.present_access(explanation.assignments)
    texts = initial_values.for_change(present, options=options, clock=explanation.clock)
    initial = texts | initial_values.with_tier(request.GET.get("tier", ""), options) | page.prepared_values
    form = _form(request, page, options, initial, present, texts)
    shown = shown_access.of_form(request.POST)
    if preview.is_complete(request, form):
        values = {"memberships": [member.membership], "shown": shown, **form.command_arguments}
        command = partial(access_commands.change, actor=page.viewer, **values)
        if notice := _save(form, command, success=_("%(name)s’s access is changed.")):
            return _redirect_to_person(request, page, member, notice)
    page.require(Verb.ACCESS_CHANGE, [membership])
    changed = shown_access.notice(shown, member, explanation.assignments, explanation.clock)
    effect = replace(context.form_preview(page, form, explanation), changed=changed)
    if preview.wants_fragment(request):
        return page_model.render(request, PreviewFragment(effect=effect, who=member.membership.shown_name))
    return page_model.render(request, context.change_page(page, member, form, explanation, effect))


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def restore(request: Request, page: PageContext, membership: uuid.UUID) -> HttpResponse:
    """Restore a former colleague: the form starts with the access at the removal; the assignments are new."""
    member = detail.visible_member(page, membership)
    if not member.former:
        return HttpResponseRedirect(page.url("person", membership=membership))
    explanation = detail_context.explain_rights(page, member, dates.Clock(page.at, page.zone))
    had, had_in_words = removal_facts.access_at_removal(page, member, explanation)
    options = _options(page, Verb.MEMBER_RESTORE)
    restorable = initial_values.restorable(had, options, explanation.clock)
    initial = initial_values.for_restore(restorable, options, explanation.clock)
    form = _form(request, page, options, initial, restorable)
    if preview.is_complete(request, form):
        members, values = [member.membership], form.command_arguments
        command = partial(people_commands.restore, actor=page.viewer, memberships=members, **values)
        if notice := _save(form, command, success=_("%(name)s is restored.")):
            return _redirect_to_person(request, page, member, notice)
    page.require(Verb.MEMBER_RESTORE, [membership])
    effect = context.form_preview(page, form, explanation)
    if preview.wants_fragment(request):
        return page_model.render(request, PreviewFragment(effect=effect, who=member.membership.shown_name))
    return page_model.render(
        request, context.restore_page(page, member, form, explanation, effect, had=had_in_words)
    )


def _options(page: PageContext, verb: Verb) -> AssignableOptions:
    return assignable.assignable_options(
        actor=page.viewer, verb=verb, organization=page.organization_id, at=page.at
    )


def _form(
    request: Request,
    page: PageContext,
    options: AssignableOptions,
    initial: Mapping[str, Any],
    present: AccessSpec | None,
    present_texts: Mapping[str, Any] | None = None,
) -> AccessForm:
    sent = request.POST if request.method == "POST" else None
    return AccessForm(
        sent,
        options=options,
        zone=page.zone,
        present=present,
        present_texts=present_texts,
        initial=dict(initial),
    )


def _save(form: AccessForm, command: Callable[[], object], *, success: str) -> str:
    """Run the command and return the notice; empty after a refusal, which the form shows at its field."""
    try:
        command()
    except Unchanged:
        return _("Nothing was changed: %(name)s already has this access.")
    except DomainError as refusal:
        form.add_refusal(refusal)
        return ""
    return success


def _redirect_to_person(
    request: Request, page: PageContext, member: VisibleMember, notice: str
) -> HttpResponse:
    messages.success(request, notice % {"name": member.membership.shown_name})
    return HttpResponseRedirect(page.url("person", membership=member.membership.id))
