"""How long to wait, in words."""

import math

from django.utils.translation import ngettext

_HOUR = 60
"""Minutes."""


def retry_after(seconds: int) -> str:
    """`Try again in 5 minutes.`"""
    minutes = math.ceil(seconds / 60)
    if minutes < _HOUR:
        known = ngettext("Try again in %(number)d minute.", "Try again in %(number)d minutes.", minutes)
        return known % {"number": minutes}
    hours = math.ceil(minutes / _HOUR)
    known = ngettext("Try again in %(number)d hour.", "Try again in %(number)d hours.", hours)
    return known % {"number": hours}
