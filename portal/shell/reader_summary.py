"""One sentence says which part the reader has in an organization, on the start page and beside their own access."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization.entitlements import Right
from delegation.authorization.verbs import Verb
from delegation.catalogue.display_names import DisplayNames
from delegation.people import queries as people_queries
from portal.shell import components
from portal.shell.page_context import PageContext
from portal.wording import access, dates

_MANAGEMENT = frozenset({Verb.MEMBER_INVITE, Verb.MEMBER_REMOVE, Verb.ACCESS_CHANGE})


def manages_people(page: PageContext) -> bool:
    """Return whether the reader manages access for colleagues."""
    return bool(_MANAGEMENT & page.abilities)


def managed_people(page: PageContext) -> str:
    """Return the number of people that the reader manages, in a sentence; empty without any. Two statements at most."""
    rows = people_queries.manageable(actor=page.viewer, organization=page.organization_id, at=page.at)
    others = people_queries.count(rows=rows)
    if not others:
        return ""
    text = ngettext(
        "You manage access for %(number)s person.", "You manage access for %(number)s people.", others
    )
    return text % {"number": components.counted(others)}


def rights_sentence(rights: Sequence[Right], names: DisplayNames, clock: dates.Clock) -> str:
    """Return the reader's rights in connected systems with limits, sites and end (`access.rights_summary`)."""
    if not rights:
        return _("You do not have access to any service yet.")
    return _("You can %(do)s.") % {"do": access.rights_summary(rights, texts=names.entitlements, clock=clock)}
