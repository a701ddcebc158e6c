"""The search, filters and order of the list of colleagues are parsed from the address and written into it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict
from django.utils.translation import gettext as _

from delegation.catalogue.display_names import DisplayNames
from delegation.people.ordering import Order
from delegation.people.queries import PeopleFilter
from delegation.people.recency import Recency
from portal.shell import forms as shell_forms
from portal.shell import query_string
from portal.shell.query_string import HiddenField
from portal.wording import supplier_texts, systems
from provisioning.accounts import queries as accounts_queries

FORMER = "former"
_TURNED = "-"


@dataclass(frozen=True, slots=True)
class Filters:
    """Holds the parameters of the address: text, chosen values, order, and position in the list."""

    q: str
    chosen: Mapping[str, Sequence[str]]
    """By parameter: tier, site, seen, systems, who."""
    options: Mapping[str, Mapping[str, str]]
    order: Order
    after: uuid.UUID | None
    before: uuid.UUID | None
    pending: str
    """Which pending invitations are shown: `all`, or those after this id; empty for the first few."""
    everything: bool
    """Whether all matching people are selected."""
    has_unknown: bool
    """Whether the address has values that are not among the options: a site that is gone, a mistyped tier."""

    @property
    def is_active(self) -> bool:
        """Return whether the list is searched or filtered."""
        return bool(self.q) or any(self.chosen.values())

    @property
    def former(self) -> bool:
        """Return whether the list is that of removed people."""
        return FORMER in self.chosen["who"]

    def values(self, **changed: str | Sequence[str]) -> dict[str, str | Sequence[str]]:
        """Return the parameters of the same list from its beginning, with some of them changed."""
        order = "" if self.order is Order.NAME else self.order.value
        return {"q": self.q, **self.chosen, "sort": order, **changed}

    def url(self, url: str, **changed: str | Sequence[str]) -> str:
        """Return the address of the same list, with some parameters changed, from its beginning."""
        return query_string.with_values(url, self.values(**changed))

    def here(self, url: str) -> str:
        """Return the address of the same list at the same position, with the same selection."""
        position = {"after": str(self.after or ""), "before": str(self.before or "")}
        return self.url(url, **position, pending=self.pending, all="1" if self.everything else "")

    @property
    def has_position(self) -> bool:
        """Return whether the list continues after or before a person."""
        return bool(self.after or self.before)

    def from_beginning(self) -> "Filters":
        """Return the same filters without a position."""
        return replace(self, after=None, before=None)

    def fields(self, *, without: str = "") -> list[HiddenField]:
        """Return the parameters as a form sends them along."""
        return query_string.hidden_fields(self.values(), without=without)

    def without(self, name: str) -> "Filters":
        """Return the same filters but for one of them."""
        return replace(self, chosen={**self.chosen, name: ()})


def parse(query: QueryDict, names: DisplayNames) -> Filters:
    """Return the filters of the address; values that are not among the options are ignored."""
    former = FORMER in query.getlist("who")
    options = _options(names, former=former)
    chosen = {name: query_string.choices(query, name, allowed) for name, allowed in options.items()}
    order = query.get("sort", "")
    return Filters(
        q=query_string.text(query, "q"),
        chosen={name: values for name, (values, _unknown) in chosen.items()},
        options=options,
        order=Order(order) if order in set(Order) and not former else Order.NAME,
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
        pending=query.get("pending", ""),
        everything=query.get("all") == "1" and not former,
        has_unknown=any(unknown for _values, unknown in chosen.values()),
    )


def _options(names: DisplayNames, *, former: bool) -> Mapping[str, Mapping[str, str]]:
    return {
        "site": {str(key): site.name for key, site in names.sites.items()},
        "tier": {key: supplier_texts.in_language(name) for key, name in names.tiers.items()},
        "seen": {
            Recency.MONTH.value: _("Last 30 days"),
            Recency.QUARTER.value: _("30 to 90 days ago"),
            Recency.OLDER.value: _("More than 90 days ago"),
            Recency.NEVER.value: _("No sign-in recorded"),
        },
        "systems": systems.closing_states() if former else systems.account_states(),
        "who": {FORMER: _("Removed")},
    }


def labels() -> Mapping[str, str]:
    """Return each filter's label."""
    return {
        "site": _("Site"),
        "tier": _("Tier"),
        "seen": _("Last sign-in"),
        "systems": _("Systems"),
        "who": _("Status"),
    }


def to_query(filters: Filters) -> PeopleFilter:
    """Return the filters as the query takes them."""
    chosen = filters.chosen
    return PeopleFilter(
        text=filters.q,
        roles=chosen["tier"],
        sites=[uuid.UUID(site) for site in chosen["site"]],
        recency=chosen["seen"],
        former=filters.former,
        condition=accounts_queries.worst_state_is(
            systems.states_of(chosen["systems"], former=filters.former)
        ),
        order=filters.order,
        after=filters.after,
        before=filters.before,
    )
