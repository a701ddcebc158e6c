"""Why somebody is removed: a few ready answers, and words of one's own. In the log stands `code`, or `code: words`."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

REASONS: Mapping[str, Callable[[], str]] = {
    "left": lambda: _("Left the company"),
    "job": lambda: _("Changed jobs"),
    "mistake": lambda: _("Added by mistake"),
    "other": lambda: _("Other"),
}


def choices() -> list[tuple[str, str]]:
    """For a form."""
    return [(code, word()) for code, word in REASONS.items()]


def log_reason(*, code: str, note: str) -> str:
    """As it stands in the log."""
    return f"{code}: {note}" if note else code


def shown(reason: str) -> str:
    """As it is read: `Left the company · “Retires”`; words of one's own in quotation marks."""
    code, _colon, note = reason.partition(": ")
    if code not in REASONS:
        return _("“%(text)s”") % {"text": reason} if reason else ""
    quoted = _("“%(text)s”") % {"text": note} if note else ""
    word = "" if code == "other" and note else REASONS[code]()
    return " · ".join(part for part in (word, quoted) if part)
