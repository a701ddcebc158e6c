"""The sentences about connected systems follow from their events; each takes the names `application` and `who`."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from portal.wording import dates

Facts = Mapping[str, Any]


def synced(facts: Facts) -> str:
    """Return the sentence of a change that the system acknowledged."""
    if _has_access(facts):
        return _("%(application)s: %(who)s’s access updated")
    return _("%(application)s: %(who)s’s access closed")


def sync_failed(facts: Facts) -> str:
    """Return the sentence of a failed attempt, in the past tense: the system may have acknowledged since."""
    if _has_access(facts):
        return _("%(application)s: update of %(who)s’s access failed")
    return _("%(application)s did not confirm that %(who)s’s access is closed")


def logout_delivered(_facts: Facts) -> str:
    """Return the sentence of a logout that the service acknowledged."""
    return _("%(application)s: %(who)s signed out")


def logout_failed(_facts: Facts) -> str:
    """Return the sentence of a logout that the service has not acknowledged."""
    return _("%(application)s did not confirm that %(who)s is signed out")


def duration(facts: Facts) -> str:
    """Return how long the system took, as `after 0.1 s`; empty where the event holds no time."""
    seconds = facts.get("seconds")
    return _("after %(span)s") % {"span": dates.span(float(seconds))} if seconds else ""


def retries(_facts: Facts) -> str:
    """Return what follows a failure: a rule, which stays true after the system has confirmed."""
    return _("Failed updates are retried until they are confirmed")


def _has_access(facts: Facts) -> bool:
    return bool(facts.get("active", True))
