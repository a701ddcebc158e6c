"""The customer's people and staff read here what is on hold, and why."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.catalogue.display_names import DisplayNames
from portal.wording import brands, dates, supplier_texts


@dataclass(frozen=True, slots=True)
class HoldNotice:
    """Says what is on hold; `text` says why and until when, and who helps."""

    strong: str
    text: str


REASONS: Mapping[str, Callable[[], str]] = {
    "overdue": lambda: _("Overdue invoices"),
    "contract_ended": lambda: _("Contract has ended"),
    "insolvency": lambda: _("Insolvency"),
    "misuse": lambda: _("Suspected misuse"),
}
"""What staff choose and read, by code."""
_REASONS_FOR_CUSTOMERS: Mapping[str, Callable[[], str]] = {
    "overdue": lambda: _("Invoices are overdue."),
    "contract_ended": lambda: _("The contract has ended."),
}
"""Customers do not read of insolvency and suspicions (ADR 25)."""


def is_for_customers(reason: str) -> bool:
    """Return whether customers read this reason; of the others they read that the supplier knows it."""
    return reason in _REASONS_FOR_CUSTOMERS


def notice(
    stops: str, reason: str, until: dt.datetime | None, names: DisplayNames, clock: dates.Clock
) -> HoldNotice:
    """Return what all people of the customer read on their pages while this is on hold."""
    brand, why = brands.brand(), _REASONS_FOR_CUSTOMERS.get(reason)
    sentences = [
        why() if why else "",
        _("It ends by itself; the last day is %(day)s.") % {"day": clock.last_day(until)} if until else "",
        _("This hold stops nothing else."),
        _("%(supplier)s helps: %(phone)s.") % {"supplier": brand["name"], "phone": brand["phone"]}
        if brand["phone"]
        else "",
    ]
    strong = _("On hold: %(what)s.") % {"what": name_of(stops, names)}
    return HoldNotice(strong, " ".join(sentence for sentence in sentences if sentence))


def name_of(stops: str, names: DisplayNames) -> str:
    """Return the text of the entitlement, or the name of the application, with this key."""
    text = names.entitlements.get(stops) or names.applications.get(stops) or {"en": stops}
    return supplier_texts.in_language(text)
