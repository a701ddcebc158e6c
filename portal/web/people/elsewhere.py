"""A list in which no person matches says where else the searched words are found."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.people import queries as people_queries
from delegation.people.queries import PeopleFilter
from portal.shell import components, query_string
from portal.shell.components import Link
from portal.shell.page_context import PageContext
from portal.web.people import pending_invitations
from portal.web.people.filter_menus import Matching, RemovedPeople
from portal.web.people.filters import FORMER, Filters
from portal.web.people.pending_invitations import PendingSection


def links(
    page: PageContext, active: Filters, found: Matching, removed: RemovedPeople, shown: PendingSection
) -> list[Link]:
    """Return links to removed people, to pending invitations and to present people that match the words.

    `shown`: the invitations above the list. None where a person matches, and without words. Four statements at most.
    """
    if found.total or not active.q:
        return []
    url = page.url("people")
    others = _present(page, active, found, url) if active.former else _removed(active, removed, url)
    invitations = [] if shown.is_open else _invitations(page, active, url)
    return [*others, *invitations]


def _removed(active: Filters, removed: RemovedPeople, url: str) -> list[Link]:
    address = query_string.with_values(url, {"q": active.q, "who": FORMER})
    if removed.matching is None:
        return [Link(_("Search removed people"), address)]
    text = ngettext(
        "%(number)s removed person matches", "%(number)s removed people match", removed.matching
    ) % {"number": components.counted(removed.matching)}
    return [Link(text, address)] if removed.matching else []


def _present(page: PageContext, active: Filters, found: Matching, url: str) -> list[Link]:
    rows = people_queries.narrowed(
        rows=found.readable,
        organization=page.organization_id,
        at=page.at,
        filters=PeopleFilter(text=active.q),
    )
    number = people_queries.count(rows=rows)
    text = ngettext(
        "%(number)s person who is not removed matches",
        "%(number)s people who are not removed match",
        number,
    ) % {"number": components.counted(number)}
    return [Link(text, query_string.with_values(url, {"q": active.q}))] if number else []


def _invitations(page: PageContext, active: Filters, url: str) -> list[Link]:
    number = pending_invitations.number_matching(page, active.q)
    text = ngettext(
        "%(number)s pending invitation matches", "%(number)s pending invitations match", number
    ) % {"number": components.counted(number)}
    address = query_string.with_values(url, {"q": active.q, "pending": pending_invitations.ALL})
    return [Link(text, f"{address}#invited")] if number else []
