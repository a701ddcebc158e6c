"""The start page, as templates/home/start.html describes it."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import entitlements
from delegation.entitlements import Right
from delegation.queries import admins, catalogue, colleagues, invited, log, services
from delegation.queries.catalogue import Book
from delegation.queries.services import Service
from delegation.verbs import Verb
from portal import context as shells
from portal import gains
from portal.inside import Here
from portal.web import formats, words
from portal.web.reading import people, telling
from provisioning import searching

_ICON = "box"
"""Of an application without an icon in the catalogue."""
_EVENTS = 5
_LOOKS_AFTER = frozenset({Verb.MEMBER_INVITE, Verb.MEMBER_REMOVE, Verb.ACCESS_CHANGE})


def context(here: Here, clock: formats.Clock) -> dict[str, Any]:
    """The whole page."""
    book = catalogue.read(organization=here.company)
    rights = entitlements.of(memberships=[here.membership.id], at=here.at)[here.membership.id]
    mine = entitlements.by_application(rights)
    looking_after = admins.working(organization=here.company, at=here.at)
    known = {one.key: one for one in services.every()}
    cares = looks_after(here)
    happened = _happened(here, book, clock)  # before what waits: a system told in between has been told
    return {
        "lead": (cares_for(here) if cares else "") or lead(rights, book, clock),
        "note": people.only_admin(here, [one.id for one in looking_after]) if cares else None,
        "services": [_service(here, known[key], mine[key], book) for key in mine if key in known],
        "can_look_after": cares,
        "todo": _todo(here) if cares else [],
        **happened,
        "admins": [{"name": one.user.name, "email": one.user.email} for one in looking_after],
    }


def looks_after(here: Here) -> bool:
    """Whether the reader has colleagues to look after."""
    return bool(_LOOKS_AFTER & here.verbs)


def cares_for(here: Here) -> str:
    """`You look after 298 colleagues.`, nothing for who may change nobody's access. Two statements at most."""
    rows = colleagues.looked_after(actor=here.actor, organization=here.company, at=here.at)
    others = colleagues.count(rows=rows)
    if not others:
        return ""
    text = ngettext("You look after %(number)s colleague.", "You look after %(number)s colleagues.", others)
    return text % {"number": people.counted(others)}


def lead(rights: Sequence[Right], book: Book, clock: formats.Clock) -> str:
    """What one can do here in one sentence: what weighs most, with its limit, where, and until when."""
    if not rights:
        return _("You have no access to a service yet.")
    return _("You can %(do)s.") % {"do": words.can(rights, texts=book.does, clock=clock)}


def _service(here: Here, one: Service, rights: Sequence[Right], book: Book) -> dict[str, Any]:
    most = max(rights, key=lambda right: (right.takes_amount, right.amount or 0))
    return {
        "name": gains.in_language(one.name),
        "icon": one.icon or _ICON,
        "url": here.url("open", application=one.key) if one.initiate_login_uri else "",
        "sentence": _("You can %(do)s.") % {"do": words.right(most, text=book.does[most.entitlement])},
    }


def _todo(here: Here) -> list[dict[str, str]]:
    """What waits for somebody who looks after others: most urgent first."""
    found = searching.in_state(organization=here.company, states=searching.NEEDS_A_LOOK)
    rows = [_look(here, len(found))] if found and Verb.MEMBER_SEE in here.verbs else []
    waiting = invited.waiting(actor=here.actor, organization=here.company, at=here.at)
    over = [one for one in waiting if one.expires_at <= here.at]
    for number, text, sub in (
        (len(over), *_expired(len(over))),
        (len(waiting) - len(over), *_open(len(waiting) - len(over))),
    ):
        if number:
            rows.append(
                {"text": text, "sub": sub, "url": here.url("people"), "label": _("Look"), "state": ""}
            )
    return rows


def _look(here: Here, number: int) -> dict[str, str]:
    text = ngettext(
        "%(number)s person differs in another system",
        "%(number)s people differ in other systems",
        number,
    )
    return {
        "text": text % {"number": people.counted(number)},
        "sub": _way_out(here),
        "url": here.url("people") + "?systems=look",
        "label": _("Look"),
        "state": "",
    }


def _way_out(here: Here) -> str:
    """For who may, the button on the person's page; others can only call."""
    if Verb.ACCOUNT_PUT_RIGHT in here.verbs:
        return _("Open the person and choose “Put right now”.")
    brand = shells.brand()
    text = _("%(supplier)s has to put it right, where it is not tried again by itself. Call %(phone)s.")
    return text % {"supplier": brand["name"], "phone": brand["phone"]}


def _expired(number: int) -> tuple[str, str]:
    text = ngettext("%(number)d invitation has expired", "%(number)d invitations have expired", number)
    return text % {"number": number}, _("Renew it or cancel it.")


def _open(number: int) -> tuple[str, str]:
    text = ngettext(
        "%(number)d invitation is not accepted yet", "%(number)d invitations are not accepted yet", number
    )
    return text % {"number": number}, _("You can send it again.")


def _happened(here: Here, book: Book, clock: formats.Clock) -> dict[str, Any]:
    if not here.sees_activity:
        return {}
    page = log.page(organization=here.company, wish=log.Wish(folded=True), size=_EVENTS)
    return {
        "events": telling.timeline(here, page.events, book, clock),
        "events_url": here.url("activity"),
    }


def target(here: Here, application: str) -> Service | None:
    """The service, if the reader may do anything there and it can be opened from here."""
    rights = entitlements.of(memberships=[here.membership.id], at=here.at, application=application)
    one = next((one for one in services.every() if one.key == application), None)
    return one if one and one.initiate_login_uri and rights[here.membership.id] else None


def my_admins(here: Here) -> list[Mapping[str, str]]:
    """Whom to ask, besides oneself."""
    found = admins.working(organization=here.company, at=here.at)
    own: uuid.UUID = here.membership.id
    return [{"name": one.user.name, "email": one.user.email} for one in found if one.id != own]
