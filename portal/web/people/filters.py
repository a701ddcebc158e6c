"""The search and the filters of the list of colleagues, parsed from the address and written into it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from delegation.catalogue.display_names import DisplayNames
from delegation.people.queries import PeopleFilter
from portal.shell import attention, query_string
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext
from portal.shell.query_string import ActiveFilter, FilterMenu
from portal.wording import supplier_texts
from provisioning.accounts import queries as accounts_queries

_SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "look": accounts_queries.NEEDS_ATTENTION,
    "wait": accounts_queries.UPDATING,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """Holds the values of the address by parameter, the options of each parameter, and the position in the list."""

    values: dict[str, str]
    options: Mapping[str, Mapping[str, str]]
    after: uuid.UUID | None
    before: uuid.UUID | None

    @property
    def is_active(self) -> bool:
        """Return whether the list is searched or filtered."""
        return any(self.values.values())

    def url(self, url: str) -> str:
        """Return the address of the same list at the same position."""
        position = {"after": str(self.after or ""), "before": str(self.before or "")}
        return query_string.with_values(url, {**self.values, **position})


def parse(query: QueryDict, names: DisplayNames) -> Filters:
    """Return the filters of the address; values that are not among the options are ignored."""
    options = {
        "tier": {key: supplier_texts.in_language(name) for key, name in names.tiers.items()},
        "site": {str(key): site.name for key, site in names.sites.items()},
        "systems": {"look": _("Out of date or failed"), "wait": _("Updating")},
        "who": {"former": _("Removed")},
    }
    values = {name: query_string.choice(query, name, allowed) for name, allowed in options.items()}
    return Filters(
        values={"q": query_string.text(query, "q"), **values},
        options=options,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )


def to_query(page: PageContext, filters: Filters) -> PeopleFilter:
    """Return the filters as the query takes them. One statement where the state of systems is filtered."""
    values = filters.values
    states = _SYSTEMS.get(values["systems"])
    return PeopleFilter(
        text=values["q"],
        role=values["tier"],
        site=uuid.UUID(values["site"]) if values["site"] else None,
        former=values["who"] == "former",
        memberships=attention.members_in_state(page, states) if states else None,
        after=filters.after,
        before=filters.before,
    )


def active(filters: Filters, url: str) -> list[ActiveFilter]:
    """Return the filters that are on."""
    return [
        query_string.active_filter(
            label=label, name=name, options=filters.options[name], values=filters.values, url=url
        )
        for name, (label, _any_label) in _labels().items()
        if filters.values[name]
    ]


def menus(filters: Filters, url: str) -> list[FilterMenu]:
    """Return the filters that are off and have options."""
    return [
        query_string.menu(
            label=label,
            name=name,
            options=filters.options[name],
            values=filters.values,
            url=url,
            any_label=any_label,
        )
        for name, (label, any_label) in _labels().items()
        if filters.options[name] and not filters.values[name]
    ]


def _labels() -> Mapping[str, tuple[str, str]]:
    """Return each filter's label, and the label of its absence."""
    return {
        "tier": (_("Tier"), _("Any tier")),
        "site": (_("Site"), _("Any site")),
        "systems": (_("Systems"), _("Any state")),
        "who": (_("Status"), _("Active")),
    }
