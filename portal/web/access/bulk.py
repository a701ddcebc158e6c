"""An admin changes the access of several people at once, or limits them to some of their sites."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.foundation.errors import DomainError
from delegation.access import assignable
from delegation.access import commands as access_commands
from delegation.access.assignable import AssignableOptions
from delegation.authorization.errors import Denied, LastAdmin, Unchanged
from delegation.authorization.verbs import Verb
from delegation.people import queries as people_queries
from delegation.people.queries import VisibleMember
from portal.http.request_context import Request
from portal.shell import forms as shell_forms
from portal.shell import page_context, page_model
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.access import bulk_context, bulk_effects, initial_values, preview, shown_access
from portal.web.access.bulk_context import BulkFragment
from portal.web.access.bulk_effects import BulkEffect, People
from portal.web.access.bulk_forms import SitesForm
from portal.web.access.forms import AccessForm
from portal.web.people import selection
from portal.wording import dates, refusals


@dataclass(frozen=True, slots=True)
class _Change:
    """Holds what the two pages differ in."""

    form: AccessForm | SitesForm
    command: Callable[[Sequence[Any]], object]
    effect: Callable[[People], BulkEffect]
    button: Callable[[BulkEffect], str]
    model: Callable[[People, BulkEffect], PageModel]


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def change_people(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the panel; POST with `do=preview` shows the effect on each person; POST gives everyone this access."""
    options, shown = _options(page), shown_access.of_form(request.POST)
    sent = request.POST if request.method == "POST" else None
    form = AccessForm(sent, options=options, zone=page.zone, initial=initial_values.some_sites(options))
    change = _Change(
        form=form,
        command=lambda rows: access_commands.change(
            actor=page.viewer, memberships=rows, shown=shown, **form.command_arguments
        ),
        effect=lambda people: bulk_effects.change_effect(people, form),
        button=bulk_context.change_button,
        model=partial(bulk_context.change_page, page, form, bulk_url=page.url("people_access")),
    )
    return _answer(request, page, change)


@require_http_methods(["GET", "HEAD", "POST"])
@page_context.organization_page
def limit_sites(request: Request, page: PageContext) -> HttpResponse:
    """GET shows the panel; POST with `do=preview` shows the effect on each person; POST limits all to the sites."""
    options, shown = _options(page), shown_access.of_form(request.POST)
    sent = request.POST if request.method == "POST" else None
    form = SitesForm(sent, options=options, initial=initial_values.some_sites(options))
    change = _Change(
        form=form,
        command=lambda rows: access_commands.limit_sites(
            actor=page.viewer, memberships=rows, shown=shown, **form.command_arguments
        ),
        effect=lambda people: bulk_effects.sites_effect(people, form),
        button=bulk_context.sites_button,
        model=partial(bulk_context.sites_page, page, form, bulk_url=page.url("people_sites")),
    )
    return _answer(request, page, change)


def _options(page: PageContext) -> AssignableOptions:
    """Return what the reader may assign. Raises Denied for a reader who may change no person's access."""
    if Verb.ACCESS_CHANGE not in page.abilities:
        raise Denied(reason="no_permission")
    return assignable.assignable_options(
        actor=page.viewer, verb=Verb.ACCESS_CHANGE, organization=page.organization_id, at=page.at
    )


def _answer(request: Request, page: PageContext, change: _Change) -> HttpResponse:
    if preview.is_complete(request, change.form) and _save(request, page, change):
        return HttpResponseRedirect(page.list_url)
    try:
        people = _people(request, page)
    except selection.UnusableSelection as reason:
        return selection.to_list(request, page, reason)
    shown = shown_access.of_form(request.POST)
    changed = shown_access.notice_about(shown, people.members, people.assignments)
    effect = replace(change.effect(people), invalid=" ".join(change.form.errors), changed=changed)
    if preview.wants_fragment(request):
        return page_model.render(request, BulkFragment(effect=effect, button=change.button(effect)))
    return page_model.render(request, change.model(people, effect))


def _people(request: Request, page: PageContext) -> People:
    """Read the selected people. The form names each: a list that changed meanwhile adds none.

    Raises NotFound and Unusable.
    """
    if request.method == "POST":
        named = selection.named_people(request.POST)
        return bulk_effects.load(page, selection.visible_people(page, named))
    chosen = selection.selected_people(page, request.GET, verb=Verb.ACCESS_CHANGE)
    members = sorted([*chosen.members, *chosen.left_out], key=_by_name)
    return bulk_effects.load(page, members)


def _by_name(member: VisibleMember) -> tuple[str, uuid.UUID]:
    return member.membership.sort_key, member.membership.id


def _save(request: Request, page: PageContext, change: _Change) -> bool:
    """Run the command for all but those that the reader has seen to be left out; after a refusal the form says why.

    Without people left out the command runs before any check of the page: a form that is sent again gets the stored
    outcome.
    """
    left_out = set(shell_forms.identifiers(request.POST.getlist("left_out")))
    chosen = [member for member in selection.named_people(request.POST) if member not in left_out]
    if not chosen:
        change.form.add_error(None, _("No people are left to change. Select other people."))
        return False
    # A choice that was changed after the last preview may leave out fewer people than the reader saw.
    if left_out and not left_out <= set(change.effect(_people(request, page)).left_out_ids):
        change.form.add_error(None, _changed_meanwhile())
        return False
    rows = people_queries.for_command(organization=page.organization_id, ids=chosen)
    try:
        change.command(rows)
    except Unchanged:
        messages.info(request, _("Nothing was changed: these people already have this access."))
        return True
    except DomainError as refusal:
        _add_refusal(page, change.form, refusal)
        return False
    text = ngettext(
        "The access of %(number)d person is changed.",
        "The access of %(number)d people is changed.",
        len(rows),
    )
    messages.success(request, " ".join([text % {"number": len(rows)}, *_left_out(len(left_out))]))
    return True


def _left_out(number: int) -> list[str]:
    text = ngettext("%(number)d person was left out.", "%(number)d people were left out.", number)
    return [text % {"number": number}] if number else []


def _changed_meanwhile() -> str:
    return _("Nothing was changed. Check who is left out and try again.")


def _add_refusal(page: PageContext, form: AccessForm | SitesForm, refusal: DomainError) -> None:
    """Show the refusal. The people it is about stand beside the form: the effect is worked out again."""
    if isinstance(refusal, LastAdmin):
        form.add_error(None, _last_admin(page, refusal))
    elif isinstance(refusal, Denied):
        form.add_error(None, _changed_meanwhile())
    else:
        form.add_refusal(refusal)


def _last_admin(page: PageContext, refusal: LastAdmin) -> str:
    ids = shell_forms.identifiers(refusal.data["refused"])
    rows = people_queries.visible(actor=page.viewer, organization=page.organization_id, at=page.at, ids=ids)
    names = [row.membership.user.name for row in rows]
    text = _("The organization must keep an admin: %(names)s. Nothing was changed.")
    return text % {"names": dates.name_list(names)} if names else refusals.sentence_for(refusal).text
