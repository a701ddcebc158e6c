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
_WAIT = ("wait", "closing")


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
    state = STATES[one.state]
    return {"state": closing(state) if former else state, "state_where": where}


def problem(code: str) -> str:
    """Why a system has not been told, to somebody who cannot mend it."""
    texts = {
        "address_refused": _("Its address is not allowed. Contact the supplier."),
        "ambiguous": _("It has several accounts for this person. Contact the supplier."),
        "busy": _("It is busy."),
        "conflict": _("This address belongs to another person there. Contact the supplier."),
        "fault": _("Keyholder had an error."),
        "lost": _("The connection was lost."),
        "not_applied": _("It confirmed the update but did not apply it. Contact the supplier."),
        "refused": _("It rejected the update. Contact the supplier."),
        "target_error": _("It reported an error."),
        "unauthorized": _("It rejected our credentials. Contact the supplier."),
        "unreachable": _("It does not answer."),
        "unreadable": _("Its answer was invalid. Contact the supplier."),
    }
    return texts.get(code, "")


def matrix(
    found: Sequence[SystemStatus], book: DisplayNames, clock: dates.Clock, *, former: bool
) -> list[SystemRow]:
    """The rows of "Connected systems". After a removal, each has a state of closing."""
    rows = [_row(one, book, clock) for one in found if one.state != "not_needed"]
    return [replace(row, state=closing(row.state)) for row in rows] if former else rows


def closing(state: str) -> str:
    """The state of a removal: closed, closing or failed. A record that is not closed as it should be has failed."""
    return {"ok": "closed", "wait": "closing", "differs": "failed"}.get(state, state)


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
        return "" if one.error else _("No data yet.")
    if one.state == "up_to_date":
        return _("Matches")
    return said(one.actual, book) if one.active is not False else _("inactive")


def _next(one: SystemStatus, clock: dates.Clock) -> str:
    if one.state == "up_to_date" or not one.error:
        return ""
    again = _("Next attempt %(when)s.") % {"when": clock.at_time(one.next_try_at)} if one.next_try_at else ""
    return " ".join(part for part in (problem(one.error), again) if part)


def said(held: Sequence[RightSummary], book: DisplayNames) -> str:
    """`Orderer, up to 2 000 €, Tampere`, from what a system was told."""
    if not held:
        return _("no access")
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
    waits = sum(row.state in _WAIT for row in rows)
    numbers = {"number": look or waits, "of": len(rows)}
    if look:
        return (
            ngettext("%(number)d of %(of)d needs attention", "%(number)d of %(of)d need attention", look)
            % numbers
        )
    if waits and any(row.state == "closing" for row in rows):
        text = ngettext("%(number)d of %(of)d is closing", "%(number)d of %(of)d are closing", waits)
        return text % numbers
    if waits:
        return (
            ngettext("%(number)d of %(of)d is updating", "%(number)d of %(of)d are updating", waits) % numbers
        )
    if rows and all(row.state == "closed" for row in rows):
        return _("All closed")
    return _("All up to date")
