"""A page opened from the list of people has the list's query in its address, so that the way back preserves it.

Only parameters that the list knows are kept: the way back never leaves the list.
"""

from django.http import QueryDict

from portal.shell import query_string

PARAMETER = "list"
_PARAMETERS = ("q", "site", "tier", "seen", "systems", "who", "sort", "after", "before", "pending")
"""What the list shows and where; a selection is not among them: an action ends the selection."""
_MAX_LENGTH = 2000
_PAGES = ("people/", "acts/")
"""Pages between the list and the way back, by the beginning of their path below the organization."""


def opened_from(address: QueryDict) -> str:
    """Return the query of the list that this address names; empty for none, and for one that is too long."""
    values = query_string.nested(address, PARAMETER)
    kept = {name: [value for value in values.getlist(name) if value] for name in _PARAMETERS}
    query = query_string.with_values("", kept).removeprefix("?")
    return query if len(query) <= _MAX_LENGTH else ""


def query_of(list_url: str) -> str:
    """Return the query of the list at this address."""
    named = QueryDict(mutable=True)
    named[PARAMETER] = list_url.partition("?")[2]
    return opened_from(named)


def is_between(path: str) -> bool:
    """Return whether the page at this path, below the organization's, leads back to the list."""
    return path.startswith(_PAGES)
