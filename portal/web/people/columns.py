"""Each column of the list of colleagues has a head, which leads to an order of the list."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.people.ordering import Order
from portal.web.people.filters import Filters


@dataclass(frozen=True, slots=True)
class Column:
    """Describes a column: `name` is the end of its class `kh-c-…`, `url` sorts by it, `order` is its ARIA value."""

    name: str
    label: str
    url: str = ""
    order: str = ""


_ORDERS: Mapping[str, tuple[Order, Order]] = {
    "name": (Order.NAME, Order.NAME_TURNED),
    "access": (Order.ACCESS, Order.ACCESS_TURNED),
    "seen": (Order.SEEN, Order.SEEN_TURNED),
}
"""By column, the order of its first click and of its second."""
_ARIA: Mapping[Order, str] = {
    Order.NAME: "ascending",
    Order.NAME_TURNED: "descending",
    Order.ACCESS: "ascending",
    Order.ACCESS_TURNED: "descending",
    Order.SEEN: "descending",
    Order.SEEN_TURNED: "ascending",
}


def columns(filters: Filters, url: str) -> list[Column]:
    """Return the columns after the one of the checkboxes."""
    if filters.former:
        return [
            Column("name", _("Name"), order=_ARIA[Order.NAME]),
            Column("removed", _("Removed")),
            Column("reason", _("Reason")),
            Column("sys", _("Systems")),
        ]
    labels = {
        "name": _("Name"),
        "access": _("Access"),
        "sites": _("Sites"),
        "seen": _("Last sign-in"),
        "sys": _("Systems"),
    }
    return [_column(name, label, filters, url) for name, label in labels.items()]


def _column(name: str, label: str, filters: Filters, url: str) -> Column:
    if name not in _ORDERS:
        return Column(name, label)
    first, second = _ORDERS[name]
    following = second if filters.order is first else first
    order = _ARIA[filters.order] if filters.order in (first, second) else ""
    return Column(name, label, filters.url(url, sort="" if following is Order.NAME else following), order)
