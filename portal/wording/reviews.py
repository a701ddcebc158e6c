"""A review, its lines and what is unusual about them are worded for pages, mails and files."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.wording import cldr, dates, supplier_texts
from portal.wording.event_names import EventNames


def title(*, scope: str, part: str) -> str:
    """Return the name of a review; `part` is the tier or the site."""
    texts = {
        "all": _("Access review, everyone"),
        "tier": _("Access review, %(part)s"),
        "site": _("Access review, %(part)s"),
        "outliers": _("Access review, unlike their peers"),
    }
    return texts[scope] % {"part": part}


def silence(kind: str, *, tier: str) -> str:
    """Return what becomes of a line without an answer, as the end of a sentence."""
    texts = {
        "keep": _("what you leave open is kept"),
        "lower": _("what you leave open becomes %(tier)s"),
        "end": _("what you leave open ends"),
    }
    return texts["keep" if kind == "lower" and not tier else kind] % {"tier": tier}


def silence_after(kind: str, *, tier: str) -> str:
    """Return the sentence for readers who answer no line: what becomes of one without an answer."""
    texts = {
        "keep": _("Without an answer, access is kept."),
        "lower": _("Without an answer, access becomes %(tier)s."),
        "end": _("Without an answer, access ends."),
    }
    return texts["keep" if kind == "lower" and not tier else kind] % {"tier": tier}


def permissions(scopes: str) -> str:
    """Return what a program may do, `Permissions: read people, invite people`, from its scopes with spaces between."""
    texts = {
        "people.read": _("read people"),
        "people.write": _("remove and restore people"),
        "access.write": _("change access"),
        "invitations.write": _("invite people"),
        "activity.read": _("read the activity"),
    }
    return _("Permissions: %(what)s") % {"what": ", ".join(texts.get(one, one) for one in scopes.split())}


def started(lines: int) -> str:
    """Return that a review with so many lines has begun."""
    text = ngettext(
        "The review of %(number)d line has begun.", "The review of %(number)d lines has begun.", lines
    )
    return text % {"number": lines}


def state(kind: str) -> str:
    """Return the state of a review."""
    texts = {
        "open": _("In progress"),
        "completed": _("Complete"),
        "lapsed": _("Complete: not all answered in time"),
        "cancelled": _("Stopped"),
    }
    return texts[kind]


def decision(kind: str, basis: str) -> str:
    """Return what was decided about a line, and on which basis."""
    texts = {
        "": _("No answer yet"),
        "keep": _("Kept"),
        "lower": _("Lowered"),
        "end": _("Ended"),
        "left": _("Had left"),
    }
    notes = {
        "silence": _("no answer in time"),
        "last_admin": _("no answer in time, the only admin"),
        "not_lower": _("no answer in time, nothing lower"),
    }
    note = notes.get(basis, "")
    return f"{texts[kind]}: {note}" if note else texts[kind]


def suggestion(kind: str) -> str:
    """Return a suggested decision, for a file."""
    return {"keep": _("Keep"), "lower": _("Lower"), "end": _("End")}[kind]


def finding(found: Mapping[str, Any]) -> str:
    """Return what is unusual about an access, for a tag."""
    if found["code"] == "absent":
        text = ngettext(
            "not signed in for %(number)d day", "not signed in for %(number)d days", found["days"]
        )
        return text % {"number": found["days"]} if found["ever"] else _("never signed in")
    if found["code"] == "limit":
        amount = cldr.money(Decimal(found["peers"]), found["currency"])
        return _("higher limit: colleagues have %(amount)s at most") % {"amount": amount}
    if found["code"] == "sites":
        text = ngettext(
            "more sites: colleagues have %(number)d at most",
            "more sites: colleagues have %(number)d at most",
            found["peers"],
        )
        return text % {"number": found["peers"]}
    return _("nobody else has this tier")


def last_used(frozen: Mapping[str, Any], *, names: EventNames, clock: dates.Clock) -> str:
    """Return `Last used 3 Nov, CRM portal; 20 Nov, Web shop`, as far as the data says."""
    used = [
        _("%(day)s, %(service)s")
        % {"day": clock.day(dt.datetime.fromisoformat(at)), "service": names.service(key)}
        for key, at in frozen.get("used", {}).items()
    ]
    if used:
        return _("Last used %(used)s") % {"used": "; ".join(used)}
    seen = frozen.get("seen_at")
    if seen is None:
        return _("No sign-in recorded")
    return _("Last signed in %(day)s") % {"day": clock.day(dt.datetime.fromisoformat(seen))}


def origin(
    access: Sequence[Mapping[str, Any]], *, people: Mapping[uuid.UUID, str], clock: dates.Clock
) -> str:
    """Return who gave each part of the access and when."""
    parts = []
    for row in access:
        by = people.get(uuid.UUID(row["given_by"]), "") or _("a former colleague")
        day = clock.date(dt.datetime.fromisoformat(row["given_at"]))
        name = by if row["given_by_kind"] == "person" else settings.SUPPLIER_NAME
        parts.append(_("Given by %(name)s, %(day)s") % {"name": name, "day": day})
    return "; ".join(dict.fromkeys(parts))


def program_origin(
    frozen: Mapping[str, Any], *, people: Mapping[uuid.UUID, str], clock: dates.Clock, person: uuid.UUID
) -> str:
    """Return who owns a program, since when, and until when it works."""
    since, until = (clock.date(dt.datetime.fromisoformat(frozen[name])) for name in ("given_at", "until"))
    return _("Program of %(name)s, %(since)s to %(until)s") % {
        "name": people.get(person) or _("a former colleague"),
        "since": since,
        "until": until,
    }


def in_language(text: Mapping[str, str]) -> str:
    """Return a supplier's text in the reader's language."""
    return supplier_texts.in_language(text)
