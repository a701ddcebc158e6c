"""What people may do and until when, as the rest of "You will be able to …"."""

import datetime as dt
from collections.abc import Mapping

from django.utils import translation
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from portal.wording import cldr


def ends(until: dt.datetime | None, *, zone: dt.tzinfo) -> str:
    """A sentence for access with an end date; nothing for access without one."""
    if until is None:
        return ""
    last = (until - dt.timedelta(microseconds=1)).astimezone(zone)
    return _("This access ends on %(day)s.") % {"day": cldr.date(last)}


def admin_abilities() -> dict[Verb, str]:
    """What people may do to colleagues through pages of ours, as the rest of "You will be able to …"."""
    return {
        Verb.MEMBER_VIEW: _("view people and their access"),
        Verb.MEMBER_INVITE: _("invite people"),
        Verb.ACCESS_CHANGE: _("change people’s access"),
        Verb.MEMBER_REMOVE: _("remove people"),
        Verb.MEMBER_RESTORE: _("restore removed people"),
        Verb.ACTIVITY_VIEW: _("view the activity log"),
    }


def in_language(text: Mapping[str, str]) -> str:
    """What a supplier wrote, in the active language or else in English."""
    language = translation.get_language() or "en"
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def period(name: str) -> str:
    """Over what an amount counts, as the rest of "up to 5 000 € …"."""
    words = {
        "order": _("an order"),
        "day": _("a day"),
        "week": _("a week"),
        "month": _("a month"),
        "quarter": _("a quarter"),
        "year": _("a year"),
    }
    return words.get(name, name)
