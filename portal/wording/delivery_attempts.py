"""Pages say why a system has not confirmed, how often it was tried, and when it is tried again."""

import datetime as dt
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.wording import cldr, dates
from provisioning.delivery.errors import Code

_NO_ANSWER = frozenset({Code.UNREACHABLE, Code.LOST})


class Attempts(Protocol):
    """Describes the failures in a row of one delivery, or of several to one system."""

    @property
    def attempts(self) -> int:
        """Return the number of failures in a row."""

    @property
    def last_failed_at(self) -> dt.datetime | None:
        """Return when the last of them happened."""

    @property
    def next_try_at(self) -> dt.datetime | None:
        """Return when the next attempt is due."""

    @property
    def error(self) -> str:
        """Return a code of `provisioning.delivery.errors`; may be empty."""


def problem(code: str, system: str) -> str:
    """Return the failure of a delivery, for readers who cannot repair it; empty for an unknown code."""
    texts = {
        "address_refused": _("The address of %(system)s is not allowed. Contact %(supplier)s."),
        "ambiguous": _("%(system)s has several accounts for this person. Contact %(supplier)s."),
        "busy": _("%(system)s does not take updates at the moment."),
        "conflict": _("In %(system)s, this address belongs to another person. Contact %(supplier)s."),
        "fault": _("%(supplier)s had an internal error."),
        "lost": _("The connection to %(system)s was lost."),
        "not_applied": _("%(system)s confirmed the update but did not apply it. Contact %(supplier)s."),
        "refused": _("%(system)s rejected the update. Contact %(supplier)s."),
        "target_error": _("%(system)s reported an error."),
        "unauthorized": _("%(system)s rejected the credentials of %(supplier)s. Contact %(supplier)s."),
        "unreachable": _("%(system)s does not answer."),
        "unreadable": _("The answer of %(system)s was invalid. Contact %(supplier)s."),
    }
    return texts.get(code, "") % {"system": system, "supplier": settings.SUPPLIER_NAME}


def describe(one: Attempts, system: str, clock: dates.Clock) -> str:
    """Return `No answer to 3 attempts, the last at 13:08:12. Next attempt at 13:09:12.`; empty before the first one."""
    return " ".join(part for part in (_failures(one, system, clock), _next(one, clock)) if part)


def _failures(one: Attempts, system: str, clock: dates.Clock) -> str:
    if not one.attempts or one.last_failed_at is None:
        return problem(one.error, system)
    values = {"number": cldr.number(one.attempts), "when": clock.at_time(one.last_failed_at)}
    if one.error in _NO_ANSWER:
        text = ngettext(
            "No answer to %(number)s attempt, %(when)s.",
            "No answer to %(number)s attempts, the last %(when)s.",
            one.attempts,
        )
        return text % values
    text = ngettext("%(number)s attempt, %(when)s.", "%(number)s attempts, the last %(when)s.", one.attempts)
    return " ".join(part for part in (problem(one.error, system), text % values) if part)


def _next(one: Attempts, clock: dates.Clock) -> str:
    if one.next_try_at is None or not (one.attempts or one.error):
        return ""
    if one.next_try_at <= clock.now:
        return _("Trying again now.")
    return _("Next attempt %(when)s.") % {"when": clock.coming(one.next_try_at)}
