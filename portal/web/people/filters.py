"""What the list of colleagues is searched and filtered by: read from the address, written into it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from delegation.catalogue.display_names import DisplayNames
from delegation.people.queries import PeopleFilter
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.page_context import PageContext
from portal.shell.query_string import ActiveFilter, FilterMenu
from portal.wording import admin_abilities
from provisioning.accounts import queries as accounts_queries

_SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "look": accounts_queries.NEEDS_ATTENTION,
    "wait": accounts_queries.UPDATING,
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for: values by parameter, and what each parameter may be."""

    values: dict[str, str]
    options: Mapping[str, Mapping[str, str]]
    after: uuid.UUID | None
    before: uuid.UUID | None

    @property
    def any(self) -> bool:
        """Whether anything is searched or filtered."""
        return any(self.values.values())

    def url(self, url: str) -> str:
        """The address of the same list, with where one is in it."""
        place = {"after": str(self.after or ""), "before": str(self.before or "")}
        return query_string.with_values(url, {**self.values, **place})


def read(query: QueryDict, book: DisplayNames) -> Filters:
    """Strictly: what is not one of the options is not there."""
    options = {
        "tier": {key: admin_abilities.in_language(name) for key, name in book.tiers.items()},
        "site": {str(one): place.name for one, place in book.sites.items()},
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


def wish(page: PageContext, asked: Filters) -> PeopleFilter:
    """The same for the query; one statement where systems are asked for."""
    values = asked.values
    states = _SYSTEMS.get(values["systems"])
    return PeopleFilter(
        text=values["q"],
        role=values["tier"],
        site=uuid.UUID(values["site"]) if values["site"] else None,
        former=values["who"] == "former",
        memberships=accounts_queries.in_state(organization=page.organization_id, states=states)
        if states
        else None,
        after=asked.after,
        before=asked.before,
    )


def active(asked: Filters, url: str) -> list[ActiveFilter]:
    """The filters that are on."""
    return [
        query_string.active_filter(
            label=label, name=name, options=asked.options[name], values=asked.values, url=url
        )
        for name, (label, _anything) in _labels().items()
        if asked.values[name]
    ]


def menus(asked: Filters, url: str) -> list[FilterMenu]:
    """The filters that are off and have a choice."""
    return [
        query_string.menu(
            label=label,
            name=name,
            options=asked.options[name],
            values=asked.values,
            url=url,
            any_label=anything,
        )
        for name, (label, anything) in _labels().items()
        if asked.options[name] and not asked.values[name]
    ]


def _labels() -> Mapping[str, tuple[str, str]]:
    """Each filter's label, and the label of its absence."""
    return {
        "tier": (_("Tier"), _("Any tier")),
        "site": (_("Site"), _("Any site")),
        "systems": (_("Systems"), _("Any state")),
        "who": (_("Status"), _("Active")),
    }
