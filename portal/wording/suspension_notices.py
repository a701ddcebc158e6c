"""Staff and the customer's people read here why an organization is suspended."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

REASONS: Mapping[str, Callable[[], str]] = {
    "requested": lambda: _("The customer asked for it"),
    "security": lambda: _("Suspected break-in"),
    "overdue": lambda: _("Overdue invoices"),
    "contract_ended": lambda: _("Contract has ended"),
    "misuse": lambda: _("Suspected misuse"),
}
"""What staff choose and read, by code."""
_NOT_FOR_CUSTOMERS = {"security", "misuse"}


def is_for_customers(reason: str) -> bool:
    """Return whether customers read this reason; of the others they read that the supplier knows it (ADR 25)."""
    return reason in REASONS and reason not in _NOT_FOR_CUSTOMERS
