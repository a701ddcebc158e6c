"""Staff read here how the deliveries to a connected system go."""

import datetime as dt
from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.wording import cldr, dates, time_zones
from provisioning.accounts import target_status
from provisioning.accounts.target_status import TargetStatus

REASONS: Mapping[str, Callable[[], str]] = {
    "address_refused": lambda: _("The address lies in a network that is not allowed."),
    "ambiguous": lambda: _("It has several accounts for one person."),
    "busy": lambda: _("It asks for a pause."),
    "conflict": lambda: _("The address of the person belongs to another account there."),
    "fault": lambda: _("An internal error. The log of the deliverer has the cause."),
    "lost": lambda: _("The connection was lost before an answer came."),
    "not_applied": lambda: _("It confirmed the change and did not apply it."),
    "refused": lambda: _("It refused the change."),
    "target_error": lambda: _("It reported an error of its own."),
    "unauthorized": lambda: _("It does not accept the token."),
    "unreachable": lambda: _("It does not answer."),
    "unreadable": lambda: _("Its answer does not follow the protocol."),
}
"""Why a delivery failed, for those who can repair it."""
_LIMIT = target_status.LIMIT


def counted(number: int) -> str:
    """Return a number of accounts; above the limit, `more than` the limit."""
    text = cldr.number(min(number, _LIMIT))
    return _("more than %(number)s") % {"number": text} if number > _LIMIT else text


def waiting(status: TargetStatus) -> str:
    """Return `2 removals and 11 updates`; empty where nothing waits."""
    parts = [
        text % {"number": counted(number)}
        for number, text in (
            (status.removals, ngettext("%(number)s removal", "%(number)s removals", status.removals)),
            (status.updates, ngettext("%(number)s update", "%(number)s updates", status.updates)),
        )
        if number
    ]
    return cldr.joined(parts)


def accounts(number: int) -> str:
    """Return `1 account`, `more than 1 000 accounts`."""
    return ngettext("%(number)s account", "%(number)s accounts", number) % {"number": counted(number)}


def state_of(status: TargetStatus) -> str:
    """Return the state as `kh.state` names it; empty for a paused system."""
    if status.paused_until is not None:
        return ""
    if status.down_since is not None:
        return "failed"
    return "wait" if status.removals or status.updates or status.is_syncing else "ok"


def in_utc(at: dt.datetime | None) -> str:
    """Return the instant in UTC; empty for none."""
    return time_zones.date_time(at, None) if at else ""


def next_try(next_try_at: dt.datetime | None, at: dt.datetime) -> str:
    """Return `in 42 s`, or `now`; empty for none."""
    if next_try_at is None:
        return ""
    seconds = (next_try_at - at).total_seconds()
    return _("in %(time)s") % {"time": dates.wait(seconds)} if seconds > 0 else _("now")
