"""The effect of an access form before it is sent, or the errors that prevent it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from delegation.access.queries import AssignmentView
from delegation.authorization import access_validation, entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import InvalidAccess
from delegation.catalogue.display_names import DisplayNames
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.access.forms import AccessForm
from portal.wording import access_changes, admin_rights, dates, event_names, refusals


@dataclass(frozen=True, slots=True)
class Preview:
    """Describes the effect of a form for `kh.access_changes`; `nothing` is shown where nothing changes."""

    gains: Sequence[str]
    losses: Sequence[str]
    nothing: str


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
    errors = _errors(page, form) if form.is_bound else ()
    if errors or not form.is_bound:
        return Preview([], [], " ".join([_("Nothing has happened yet."), *errors]) if errors else nothing)
    changes = _compare(page, form, names, present)
    return Preview(changes.gains, changes.losses, _unchanged(page, form, names, present))


def _unchanged(page: PageContext, form: AccessForm, names: DisplayNames, present: PresentAccess) -> str:
    """Return the sentence for equal rights. Stored values may still differ: a ceiling or a hold limits both."""
    stored = [assignment.access for assignment in present.assignments]
    if not stored or stored == [form.access]:
        return _("Nothing changes.")
    words = event_names.EventNames(names, {}, dates.Clock(page.at, page.zone)).access(form.access.to_json())
    return _("What the person can do now stays the same. Saved as: %(access)s.") % {"access": words}


def _errors(page: PageContext, form: AccessForm) -> Sequence[str]:
    errors = form.preview_errors()
    if not errors:
        try:
            access_validation.validate_access(access=form.access, at=page.at)
        except InvalidAccess as invalid:
            return [refusals.sentence_for(invalid).text]
    return errors


def _compare(
    page: PageContext, form: AccessForm, names: DisplayNames, present: PresentAccess
) -> access_changes.AccessChanges:
    after = entitlements.hypothetical_rights(
        organization=page.organization_id, access=form.access, at=page.at
    )
    had, has = admin_rights.current(present.assignments), admin_rights.requested(form.access, form.options)
    changes = access_changes.between(
        before=[*had.rights, *present.rights],
        after=[*has.rights, *after],
        sites=list(names.sites.values()),
        texts={**admin_rights.texts(), **names.entitlements},
        clock=dates.Clock(page.at, page.zone),
    )
    assignable = admin_rights.compare_assignable(before=had, after=has, names=names)
    return access_changes.AccessChanges(
        [*changes.gains, *assignable.gains], [*changes.losses, *assignable.losses]
    )
