"""The state of people's accounts in connected systems is worded here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from delegation.authorization.values import AmountLimit
from delegation.catalogue.display_names import DisplayNames
from portal.wording import access, dates, delivery_attempts, supplier_texts
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
"""The states of provisioning as `kh.state` names them."""
_NEEDS_ATTENTION = ("differs", "failed")
_WAITING = ("wait", "closing")


@dataclass(frozen=True, slots=True)
class SystemRow:
    """Describes a person's account in one system. `differs` marks an actual content that is not the expected one."""

    name: str
    expected: str
    actual: str
    differs: bool
    checked: str
    state: str
    problem: str = ""
    """Why the last delivery failed, how often it was tried, and when the next attempt is."""
    is_retried: bool = False
    """Whether an attempt failed and the next one is due later: a reader may ask for it now."""


def account_states() -> Mapping[str, str]:
    """Return the states of accounts in words, for a filter."""
    return {
        "out_of_date": pgettext("state", "Out of date"),
        "failed": pgettext("state", "Failed"),
        "updating": pgettext("state", "Updating"),
        "up_to_date": pgettext("state", "Up to date"),
    }


def closing_states() -> Mapping[str, str]:
    """Return the states of removed people's accounts in words, for a filter (`closing`)."""
    return {
        "failed": pgettext("state", "Failed"),
        "updating": pgettext("state", "Closing"),
        "up_to_date": pgettext("state", "Closed"),
    }


def states_of(filters: Sequence[str], *, former: bool) -> list[str]:
    """Return the states of accounts that these choices of a filter stand for."""
    failed = ["out_of_date"] if former and "failed" in filters else []
    return [*filters, *failed]


def choice_of(state: str, *, former: bool) -> str:
    """Return the choice of a filter that a state of an account belongs to: the reverse of `states_of`."""
    return "failed" if former and state == "out_of_date" else state


def worst(status: WorstState | None, names: DisplayNames, *, former: bool = False) -> dict[str, Any]:
    """Return `state` and `state_where` of a row in a list; empty where no account is needed."""
    if status is None or status.state == "not_needed":
        return {"state": "", "state_where": ""}
    name = names.applications.get(status.application, {"en": status.application})
    where = "" if status.state == "up_to_date" else supplier_texts.in_language(name)
    state = STATES[status.state]
    return {"state": closing(state) if former else state, "state_where": where}


def worst_in_words(status: WorstState | None, names: DisplayNames) -> str:
    """Return `Failed, CRM portal`, `Up to date`; empty where no account is needed."""
    where = worst(status, names)["state_where"]
    word = account_states().get(status.state, "") if status else ""
    return f"{word}, {where}" if word and where else word


def matrix(
    statuses: Sequence[SystemStatus], names: DisplayNames, clock: dates.Clock, *, former: bool
) -> list[SystemRow]:
    """Return the rows of "Connected systems"; for a former colleague, with the states of a removal."""
    rows = [_row(status, names, clock) for status in statuses if status.state != "not_needed"]
    return [replace(row, state=closing(row.state)) for row in rows] if former else rows


def closing(state: str) -> str:
    """Return closed, closing or failed. After a removal, an account that differs has failed."""
    return {"ok": "closed", "wait": "closing", "differs": "failed"}.get(state, state)


def _row(status: SystemStatus, names: DisplayNames, clock: dates.Clock) -> SystemRow:
    name = supplier_texts.in_language(status.name)
    return SystemRow(
        name=name,
        expected=describe_rights(status.expected, names),
        actual=_actual(status, names),
        problem=_failure(status, name, clock),
        is_retried=status.attempts > 0 and status.state == "updating",
        differs=status.state == "out_of_date",
        checked=clock.when(status.checked_at) if status.checked_at else _("not yet"),
        state=STATES[status.state],
    )


def _actual(status: SystemStatus, names: DisplayNames) -> str:
    if status.actual is None:
        return "" if status.error else _("No data yet.")
    if status.state == "up_to_date":
        return _("Matches")
    return describe_rights(status.actual, names) if status.active is not False else _("inactive")


def _failure(status: SystemStatus, name: str, clock: dates.Clock) -> str:
    return "" if status.state == "up_to_date" else delivery_attempts.describe(status, name, clock)


def describe_rights(rights: Sequence[RightSummary], names: DisplayNames) -> str:
    """Return `Orderer, up to 2 000 €, Tampere`: the rights in an account, with the lowest limits."""
    if not rights:
        return _("no access")
    keys = dict.fromkeys(right["role"] for right in rights)
    tiers = [supplier_texts.in_language(names.tiers.get(key, {"en": key})) for key in keys]
    return ", ".join(part for part in (dates.name_list(tiers), _limit(rights), _sites(rights, names)) if part)


def _limit(rights: Sequence[RightSummary]) -> str:
    return access.lowest_limit(AmountLimit.from_json(right) for right in rights)


def _sites(rights: Sequence[RightSummary], names: DisplayNames) -> str:
    if any(right["all_sites"] for right in rights):
        return _("all sites")
    keys = {key for right in rights for key in right["sites"]}
    return dates.name_list([site.name for key, site in names.sites.items() if str(key) in keys])


def summary(rows: Sequence[SystemRow]) -> str:
    """Return the most urgent state in words, such as `2 of 5 need attention` or `All up to date`."""
    attention = sum(row.state in _NEEDS_ATTENTION for row in rows)
    waiting = sum(row.state in _WAITING for row in rows)
    numbers = {"number": attention or waiting, "of": len(rows)}
    if attention:
        text = ngettext(
            "%(number)d of %(of)d needs attention", "%(number)d of %(of)d need attention", attention
        )
        return text % numbers
    if waiting and any(row.state == "closing" for row in rows):
        text = ngettext("%(number)d of %(of)d is closing", "%(number)d of %(of)d are closing", waiting)
        return text % numbers
    if waiting:
        text = ngettext("%(number)d of %(of)d is updating", "%(number)d of %(of)d are updating", waiting)
        return text % numbers
    if rows and all(row.state == "closed" for row in rows):
        return _("All closed")
    return _("All up to date")
