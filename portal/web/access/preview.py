"""What would follow from what is filled in, or what has to be said before that is clear."""

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
from portal.wording import access_changes, admin_rights, dates, refusals


@dataclass(frozen=True, slots=True)
class Preview:
    """What the form would change, as `kh.access_changes` draws it; `nothing` stands where nothing changes."""

    gains: Sequence[str]
    losses: Sequence[str]
    nothing: str


@dataclass(frozen=True, kw_only=True)
class PreviewFragment(PageModel):
    """The effect alone, for htmx."""

    template: ClassVar[str] = "web/access/_preview.html"

    effect: Preview
    who: str


@dataclass(frozen=True, slots=True)
class Before:
    """A colleague's present rights in other systems, and the assignments that give them."""

    rights: Sequence[Right] = ()
    grants: Sequence[AssignmentView] = ()


def of(page: PageContext, form: AccessForm, book: DisplayNames, before: Before, *, nothing: str) -> Preview:
    """What would follow from what is filled in; a sentence where it is not yet clear. One statement."""
    missing = _missing(page, form) if form.is_bound else ()
    if missing or not form.is_bound:
        not_yet = " ".join([_("Nothing has happened yet."), *missing]) if missing else nothing
        return Preview([], [], not_yet)
    found = _compared(page, form, book, before)
    return Preview(found.gains, found.losses, _("Nothing changes."))


def _missing(page: PageContext, form: AccessForm) -> Sequence[str]:
    found = form.missing()
    if not found:
        try:
            access_validation.validate_access(access=form.access, at=page.at)
        except InvalidAccess as senseless:
            return [refusals.sentence_for(senseless).text]
    return found


def _compared(
    page: PageContext, form: AccessForm, book: DisplayNames, before: Before
) -> access_changes.AccessChanges:
    after = entitlements.hypothetical_rights(
        organization=page.organization_id, access=form.access, at=page.at
    )
    had, has = admin_rights.current(before.grants), admin_rights.requested(form.access, form.options)
    found = access_changes.between(
        before=[*had.rights, *before.rights],
        after=[*has.rights, *after],
        sites=list(book.sites.values()),
        texts={**admin_rights.texts(), **book.entitlements},
        clock=dates.Clock(page.at, page.zone),
    )
    gives = admin_rights.compare_gives(before=had, after=has, book=book)
    return access_changes.AccessChanges([*found.gains, *gives.gains], [*found.losses, *gives.losses])
