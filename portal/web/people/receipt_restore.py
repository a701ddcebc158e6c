"""The receipt of a removal offers to restore the people at any time, and says who has been restored."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from delegation.people import leavers
from portal.shell import query_string
from portal.shell.page_context import PageContext
from portal.wording import dates


@dataclass(frozen=True, slots=True)
class Restore:
    """Says who is still removed, who is not, and which page restores."""

    gone: str
    """The names of those who are still removed; may be empty."""
    sentence: str
    """`Mikko Laine has since been restored.`; empty where no one has."""
    url: str
    """Empty without the right, and where everyone has been restored."""
    label: str


def restore(page: PageContext, people: Mapping[uuid.UUID, str]) -> Restore:
    """Return what became of these removed people, by membership. Three statements, one where no one is removed.

    A system that has not confirmed is no obstacle: a mistaken removal is reversed as soon as it is noticed.
    """
    removed = leavers.names(memberships=people, at=page.at)
    gone = [membership for membership in people if membership in removed]
    names = dates.name_list([people[membership] for membership in gone], most=5)
    restored = [name for membership, name in people.items() if membership not in removed]
    url, label = _link(page, gone, names, is_single=len(people) == 1)
    return Restore(gone=names, sentence=_sentence(restored), url=url, label=label)


def _sentence(restored: Sequence[str]) -> str:
    if not restored:
        return ""
    text = ngettext("%(who)s has since been restored.", "%(who)s have since been restored.", len(restored))
    return text % {"who": dates.name_list(restored, most=5)}


def _link(page: PageContext, gone: Sequence[uuid.UUID], names: str, *, is_single: bool) -> tuple[str, str]:
    verb = Verb.MEMBER_RESTORE
    may = policy.abilities(actor=page.viewer, memberships=gone, at=page.at, verbs=[verb]) if gone else {}
    if not any(decisions[verb] for decisions in may.values()):
        return "", ""
    if not is_single:
        url = query_string.with_values(page.url("people"), {"who": "former"})
        return url, _("View removed people")
    return page.url("person_restore", membership=gone[0]), _("Restore %(name)s") % {"name": names}
