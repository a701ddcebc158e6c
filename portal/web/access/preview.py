"""What would follow from what is filled in, or what has to be said before that is clear."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.access.queries import AssignmentView
from delegation.authorization import access_validation, entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.errors import InvalidAccess
from delegation.catalogue.display_names import DisplayNames
from portal.shell.page_context import PageContext
from portal.web.access import admin_rights
from portal.web.access.forms import AccessForm
from portal.wording import access_changes, dates, refusals


@dataclass(frozen=True, slots=True)
class Before:
    """What somebody holds now: rights in other systems, and grants with what they let one do to colleagues."""

    rights: Sequence[Right] = ()
    grants: Sequence[AssignmentView] = ()


def of(
    here: PageContext, form: AccessForm, book: DisplayNames, before: Before, *, nothing: str
) -> dict[str, Sequence[str] | str]:
    """What would follow from what is filled in; a sentence where it is not yet clear. One statement."""
    missing = _missing(here, form) if form.is_bound else ()
    if missing or not form.is_bound:
        not_yet = " ".join([_("Nothing has happened yet."), *missing]) if missing else nothing
        return {"gains": [], "losses": [], "nothing": not_yet}
    found = _compared(here, form, book, before)
    return {"gains": found.gains, "losses": found.losses, "nothing": _("Nothing changes.")}


def _missing(here: PageContext, form: AccessForm) -> Sequence[str]:
    found = form.missing()
    if not found:
        try:
            access_validation.validate_access(access=form.access, at=here.at)
        except InvalidAccess as senseless:
            return [refusals.sentence_for(senseless).text]
    return found


def _compared(
    here: PageContext, form: AccessForm, book: DisplayNames, before: Before
) -> access_changes.AccessChanges:
    after = entitlements.hypothetical_rights(
        organization=here.organization_id, access=form.access, at=here.at
    )
    had, has = admin_rights.current(before.grants), admin_rights.requested(form.access, form.options)
    found = access_changes.between(
        before=[*had.rights, *before.rights],
        after=[*has.rights, *after],
        sites=list(book.sites.values()),
        texts={**admin_rights.texts(), **book.entitlements},
        clock=dates.Clock(here.at, here.zone),
    )
    gives = admin_rights.compare_gives(before=had, after=has, book=book)
    return access_changes.AccessChanges([*found.gains, *gives.gains], [*found.losses, *gives.losses])
