"""The reason of a removal is a choice and a note. The log holds `code`, or `code: note`."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

REASONS: Mapping[str, Callable[[], str]] = {
    "left": lambda: _("Left the organization"),
    "job": lambda: _("Changed jobs"),
    "mistake": lambda: _("Added by mistake"),
    "other": lambda: _("Other"),
}


def choices() -> list[tuple[str, str]]:
    """Return code and label of each reason, as a form field takes them."""
    return [(code, label()) for code, label in REASONS.items()]


def log_reason(*, code: str, note: str) -> str:
    """Return the text that the log holds."""
    return f"{code}: {note}" if note else code


def describe(reason: str) -> str:
    """Return the text of the log for readers: `Left the organization · “Retires”`. A note stands in quotation marks."""
    code, _colon, note = reason.partition(": ")
    if code not in REASONS:
        return _("“%(text)s”") % {"text": reason} if reason else ""
    quoted = _("“%(text)s”") % {"text": note} if note else ""
    label = "" if code == "other" and note else REASONS[code]()
    return " · ".join(part for part in (label, quoted) if part)
