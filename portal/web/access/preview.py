"""An access form shows its effect before it is sent, or the errors that prevent it."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from django.forms import BaseForm
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.access.queries import AssignmentView
from delegation.authorization import access_validation, entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import InvalidAccess
from delegation.catalogue.display_names import DisplayNames
from portal.http import error_responses
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.access.forms import AccessForm
from portal.wording import access_changes, admin_rights, cldr, dates, event_names, refusals
from portal.wording.access_changes import AccessChanges, Swap
from portal.wording.admin_rights import AdminRights


def is_complete(request: HttpRequest, form: BaseForm) -> bool:
    """Return whether the form is sent, not for a preview, and valid."""
    return request.method == "POST" and request.POST.get("do") != "preview" and form.is_valid()


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether htmx asks for the preview alone."""
    return request.POST.get("do") == "preview" and error_responses.is_htmx(request)


@dataclass(frozen=True, slots=True)
class Preview:
    """Describes the effect of a form for `kh.access_changes`; `nothing` is shown where nothing changes."""

    gains: Sequence[str]
    losses: Sequence[str]
    nothing: str
    swaps: Sequence[Swap] = ()
    then: Sequence[str] = ()
    """What follows from it, as far as the data says."""
    stays: str = ""
    """`5 rights stay, at Tampere`; empty where nothing changes."""
    stays_what: str = ""
    summary: str = ""
    """`Loses 1 right, 2 rights change.`, for the link to it on a phone."""
    invalid: str = ""
    """The names of the fields that are wrong, for the script that takes away the errors of corrected ones."""
    changed: str = ""
    """What has changed since the form was opened; may be empty."""


@dataclass(frozen=True, kw_only=True)
class PreviewFragment(PageModel):
    """Shows the preview alone, for htmx."""

    template: ClassVar[str] = "web/access/_preview.html"

    effect: Preview
    who: str


@dataclass(frozen=True, slots=True)
class PresentAccess:
    """Holds a colleague's present rights in connected systems, and the assignments that give them."""

    rights: Sequence[Right] = ()
    assignments: Sequence[AssignmentView] = ()


def for_form(
    page: PageContext, form: AccessForm, names: DisplayNames, present: PresentAccess, *, nothing: str
) -> Preview:
    """Return the effect of this form, `nothing` for an unbound form, or the errors. One statement."""
    errors = errors_of(page, form) if form.is_bound else ()
    invalid = " ".join(form.errors) if form.is_bound else ""
    if errors or not form.is_bound:
        return Preview([], [], " ".join(errors) if errors else nothing, invalid=invalid)
    changes = _compare(page, form, names, present)
    return of_changes(changes, nothing=_unchanged(page, form, names, present), invalid=invalid)


def of_changes(changes: AccessChanges, *, nothing: str, invalid: str = "") -> Preview:
    """Return the preview of these changes. What stays is named only beside what does not."""
    changed = bool(changes.gains or changes.losses or changes.swaps)
    stays, number = changes.stays if changed else [], len(changes.stays)
    text = ngettext("%(number)d right stays", "%(number)d rights stay", number) % {"number": number}
    return Preview(
        gains=_lines(changes.gains),
        losses=_lines(changes.losses),
        nothing=nothing,
        swaps=changes.swaps,
        stays=", ".join(filter(None, (text, changes.stays_where))) if stays else "",
        stays_what=f"{dates.first_upper(cldr.joined(stays))}." if stays else "",
        summary=_summary(changes),
        invalid=invalid,
    )


def _lines(sentences: Sequence[str]) -> list[str]:
    return [dates.first_upper(sentence) for sentence in sentences]


def _summary(changes: AccessChanges) -> str:
    """Return `Loses 1 right, 2 rights change, gains 3 rights.`; empty where nothing changes."""
    lost, swapped, gained = changes.lost, changes.swapped, changes.gained
    numbers = (
        (ngettext("loses %(number)d right", "loses %(number)d rights", lost), lost),
        (ngettext("%(number)d right changes", "%(number)d rights change", swapped), swapped),
        (ngettext("gains %(number)d right", "gains %(number)d rights", gained), gained),
    )
    parts = [text % {"number": number} for text, number in numbers if number]
    return f"{dates.first_upper(', '.join(parts))}." if parts else ""


def _unchanged(page: PageContext, form: AccessForm, names: DisplayNames, present: PresentAccess) -> str:
    """Return the sentence for equal rights. Stored values may still differ: a ceiling or a hold limits both."""
    stored = [assignment.access for assignment in present.assignments]
    if not stored or stored == [form.access]:
        return _("Nothing changes.")
    words = event_names.EventNames(names, {}, dates.Clock(page.at, page.zone)).access(form.access.to_json())
    return _("What the person can do now stays the same. Saved as: %(access)s.") % {"access": words}


def errors_of(page: PageContext, form: AccessForm) -> Sequence[str]:
    """Return the errors of a bound form that keep its effect from being said."""
    errors = form.preview_errors()
    if not errors:
        try:
            access_validation.validate_access(access=form.access, at=page.at)
        except InvalidAccess as invalid:
            with contextlib.suppress(InvalidAccess):  # of no field
                form.add_refusal(invalid)
            return [refusals.sentence_for(invalid).text]
    return errors


def _compare(
    page: PageContext, form: AccessForm, names: DisplayNames, present: PresentAccess
) -> AccessChanges:
    after = entitlements.hypothetical_rights(
        organization=page.organization_id, access=form.access, at=page.at
    )
    had, has = admin_rights.current(present.assignments), admin_rights.requested(form.access, form.options)
    return compare(page, names, before=(had, present.rights), after=(has, after))


def compare(
    page: PageContext,
    names: DisplayNames,
    *,
    before: tuple[AdminRights, Sequence[Right]],
    after: tuple[AdminRights, Sequence[Right]],
) -> AccessChanges:
    """Compare what an admin may do to people, and the rights in connected systems."""
    (had, old), (has, new) = before, after
    changes = access_changes.between(
        before=[*had.rights, *old],
        after=[*has.rights, *new],
        sites=list(names.sites.values()),
        texts={**admin_rights.texts(), **names.entitlements},
        clock=dates.Clock(page.at, page.zone),
    )
    assignable = admin_rights.compare_assignable(before=had, after=has, names=names)
    return replace(
        changes,
        gains=[*changes.gains, *assignable.gains],
        losses=[*changes.losses, *assignable.losses],
        gained=changes.gained + assignable.gained,
        lost=changes.lost + assignable.lost,
    )
