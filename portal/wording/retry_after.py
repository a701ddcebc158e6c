"""Waiting times are worded here."""

import math

from django.utils.translation import ngettext

_HOUR = 60
"""Minutes."""


def retry_after(seconds: int) -> str:
    """Return `Try again in 5 minutes.`, rounded up."""
    minutes = math.ceil(seconds / 60)
    if minutes < _HOUR:
        text = ngettext("Try again in %(number)d minute.", "Try again in %(number)d minutes.", minutes)
        return text % {"number": minutes}
    hours = math.ceil(minutes / _HOUR)
    text = ngettext("Try again in %(number)d hour.", "Try again in %(number)d hours.", hours)
    return text % {"number": hours}
