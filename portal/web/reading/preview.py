"""What would follow from what is filled in, or what has to be said before that is clear."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation import entitlements, rules
from delegation.entitlements import Right
from delegation.errors import BadAccess
from delegation.queries.catalogue import Book
from delegation.queries.held import Grant
from portal import sentences
from portal.inside import Here
from portal.web import effect, formats, forms
from portal.web.reading import authority


@dataclass(frozen=True, slots=True)
class Before:
    """What somebody holds now: rights in other systems, and grants with what they let one do to colleagues."""

    rights: Sequence[Right] = ()
    grants: Sequence[Grant] = ()


def of(
    here: Here, form: forms.Giving, book: Book, before: Before, *, nothing: str
) -> dict[str, Sequence[str] | str]:
    """What would follow from what is filled in; a sentence where it is not yet clear. One statement."""
    missing = _missing(here, form) if form.is_bound else ()
    if missing or not form.is_bound:
        not_yet = " ".join([_("Nothing has happened yet."), *missing]) if missing else nothing
        return {"gains": [], "losses": [], "nothing": not_yet}
    found = _compared(here, form, book, before)
    return {"gains": found.gains, "losses": found.losses, "nothing": _("Nothing changes.")}


def _missing(here: Here, form: forms.Giving) -> Sequence[str]:
    found = form.missing()
    if not found:
        try:
            rules.sound(access=form.access, at=here.at)
        except BadAccess as senseless:
            return [sentences.of(senseless).text]
    return found


def _compared(here: Here, form: forms.Giving, book: Book, before: Before) -> effect.Effect:
    after = entitlements.suppose(organization=here.company, access=form.access, at=here.at)
    had, has = authority.held(before.grants), authority.wanted(form.access, form.gifts)
    found = effect.between(
        before=[*had.rights, *before.rights],
        after=[*has.rights, *after],
        sites=list(book.sites.values()),
        texts={**authority.texts(), **book.does},
        clock=formats.Clock(here.at, here.zone),
    )
    gives = authority.compare_gives(before=had, after=has, book=book)
    return effect.Effect([*found.gains, *gives.gains], [*found.losses, *gives.losses])
