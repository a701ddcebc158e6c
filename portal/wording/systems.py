"""Other systems in words: what should be there, what is, and what we do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.catalogue.display_names import DisplayNames
from portal.wording import admin_abilities, cldr, dates
from provisioning.accounts.status import SystemStatus, WorstState
from provisioning.connectors.rights_summary import RightSummary

STATES: Mapping[str, str] = {
    "up_to_date": "ok",
    "updating": "wait",
    "out_of_date": "differs",
    "failed": "failed",
    "not_needed": "none",
    "closed": "closed",
}
"""The words of provisioning as `kh.state` names them."""
_LOOK = ("differs", "failed")


@dataclass(frozen=True, slots=True)
class SystemRow:
    """A person's record in one system. `differs` marks what it holds as not what it should hold."""

    name: str
    expected: str
    actual: str
    differs: bool
    checked: str
    state: str


def worst(one: WorstState | None, book: DisplayNames, *, former: bool = False) -> dict[str, Any]:
    """For a list: `state` and `state_where`; nothing to say about what is in place."""
    if one is None or one.state == "not_needed":
        return {"state": "", "state_where": ""}
    name = book.applications.get(one.application, {"en": one.application})
    where = "" if one.state == "up_to_date" else admin_abilities.in_language(name)
    word = "closed" if former and one.state == "up_to_date" else one.state
    return {"state": STATES[word], "state_where": where}


def problem(code: str) -> str:
    """Why a system has not been told, to somebody who cannot mend it."""
    texts = {
        "address_refused": _("Its address is not allowed. The supplier has to look."),
        "ambiguous": _("It holds several records of this person. The supplier has to look."),
        "busy": _("It asks us to wait."),
        "conflict": _("It holds somebody else under this address. The supplier has to look."),
        "fault": _("Something went wrong on our side."),
        "lost": _("The connection broke."),
        "not_applied": _("It said yes and did nothing. The supplier has to look."),
        "refused": _("It refused. The supplier has to look."),
        "target_error": _("It has a problem of its own."),
        "unauthorized": _("It does not let us in. The supplier has to look."),
        "unreachable": _("It does not answer."),
        "unreadable": _("We do not understand its answer. The supplier has to look."),
    }
    return texts.get(code, "")


def matrix(
    found: Sequence[SystemStatus], book: DisplayNames, clock: dates.Clock, *, former: bool
) -> list[SystemRow]:
    """The rows of "In other systems". What is as it should be for somebody who was removed is closed."""
    rows = [_row(one, book, clock) for one in found if one.state != "not_needed"]
    return [replace(row, state="closed") if former and row.state == "ok" else row for row in rows]


def _row(one: SystemStatus, book: DisplayNames, clock: dates.Clock) -> SystemRow:
    expected = said(one.expected, book)
    holds = _holds(one, book)
    next_try = _next(one, clock)
    return SystemRow(
        name=admin_abilities.in_language(one.name),
        expected=expected,
        actual=" ".join(part for part in (holds, next_try) if part),
        differs=one.state == "out_of_date",
        checked=clock.when(one.checked_at) if one.checked_at else _("not yet"),
        state=STATES[one.state],
    )


def _holds(one: SystemStatus, book: DisplayNames) -> str:
    if one.actual is None:
        return "" if one.error else _("Not known yet.")
    if one.state == "up_to_date":
        return _("the same")
    return said(one.actual, book) if one.active is not False else _("inactive")


def _next(one: SystemStatus, clock: dates.Clock) -> str:
    if one.state == "up_to_date" or not one.error:
        return ""
    again = _("Next try %(when)s.") % {"when": clock.at_time(one.next_try_at)} if one.next_try_at else ""
    return " ".join(part for part in (problem(one.error), again) if part)


def said(held: Sequence[RightSummary], book: DisplayNames) -> str:
    """`Orderer, up to 2 000 €, Tampere`, from what a system was told."""
    if not held:
        return _("nothing")
    tiers = list(dict.fromkeys(one["role"] for one in held))
    names = dates.listed([admin_abilities.in_language(book.tiers.get(key, {"en": key})) for key in tiers])
    return ", ".join(part for part in (names, _limit(held), _sites(held, book)) if part)


def _limit(held: Sequence[RightSummary]) -> str:
    found = [(Decimal(one["amount"]), one["currency"]) for one in held if one["amount"] is not None]
    if not found:
        return ""
    amount, currency = min(found)
    return _("up to %(amount)s") % {"amount": cldr.money(amount, currency)}


def _sites(held: Sequence[RightSummary], book: DisplayNames) -> str:
    if any(one["all_sites"] for one in held):
        return _("all sites")
    names = {str(one): place.name for one, place in book.sites.items()}
    wanted = {site for one in held for site in one["sites"]}
    return dates.listed([name for key, name in names.items() if key in wanted])


def summary(rows: Sequence[SystemRow]) -> str:
    """`2 of 5 need a look`, `All in place`, `All closed`."""
    look = sum(row.state in _LOOK for row in rows)
    waits = sum(row.state == "wait" for row in rows)
    numbers = {"number": look or waits, "of": len(rows)}
    if look:
        return (
            ngettext("%(number)d of %(of)d needs a look", "%(number)d of %(of)d need a look", look) % numbers
        )
    if waits:
        return (
            ngettext("%(number)d of %(of)d on its way", "%(number)d of %(of)d on their way", waits) % numbers
        )
    if rows and all(row.state == "closed" for row in rows):
        return _("All closed")
    return _("All in place")
