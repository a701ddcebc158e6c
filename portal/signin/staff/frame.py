"""Every page behind the staff sign-in shows who is signed in, the navigation, and what all staff must see."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.looking_along import queries
from portal.shell import looking_along
from portal.signin.staff import break_glass_pages, middleware, reader
from portal.signin.staff.break_glass_pages import Strip
from portal.signin.staff.reader import StaffReader


@dataclass(frozen=True, slots=True)
class Entry:
    """Names a page of the navigation; `icon` is one of the sprite."""

    label: str
    icon: str
    url: str
    current: bool
    count: int = 0
    """What waits there; 0 where nothing waits, or where this page does not know."""


@dataclass(frozen=True, slots=True)
class StaffLook:
    """Says at whose pages the staff member looks, and how long still; `left` is rounded up to minutes."""

    id: str
    person: str
    sentence: str
    iso: str
    left: str
    url: str
    stop_url: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Holds what templates/base_staff.html shows around a page."""

    name: str
    email: str
    home_url: str
    sign_out_url: str
    nav: Sequence[Entry]
    strip: Strip | None
    look: StaffLook | None = None
    """The look that goes on in this session."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Names an entry's route, icon and label; `verb` is what a right must allow to see it, None for all staff."""

    route: str
    icon: str
    label: Callable[[], str]
    verb: Verb | None = None


_NAVIGATION: Sequence[_Place] = (
    _Place("staff_home", "inbox", lambda: _("Desk")),
    _Place("staff_organizations", "building", lambda: _("Customers"), Verb.MEMBER_VIEW),
    _Place("staff_cases", "briefcase", lambda: _("Cases"), Verb.ORPHAN_CASE_VIEW),
    _Place("staff_looks", "headset", lambda: _("Look along"), Verb.LOOK_BEGIN),
    _Place("staff_applications", "box", lambda: _("Services"), Verb.APPLICATION_VIEW),
    _Place("staff_audit", "report-analytics", lambda: _("Who could"), Verb.ACTIVITY_VIEW),
    _Place("staff_events", "activity", lambda: _("Events"), Verb.ACTIVITY_VIEW),
    _Place("staff_catalogue", "file-invoice", lambda: _("Catalogue"), Verb.CATALOGUE_VIEW),
    _Place("staff_programs", "plug-connected", lambda: _("Programs"), Verb.STAFF_SERVICE_VIEW),
    _Place("staff_keys", "key", lambda: _("Keys"), Verb.KEY_VIEW),
    _Place("staff_rights", "users", lambda: _("Rights"), Verb.STAFF_RIGHT_VIEW),
)
"""In the order of the page. A page belongs to the entry with the longest address that its own begins with."""


_COUNTS = "staff_counts"


def show_count(request: HttpRequest, route: str, number: int) -> None:
    """Show what waits on the page of this route in the navigation of this response."""
    setattr(request, _COUNTS, {**getattr(request, _COUNTS, {}), route: number})


def staff_context(request: HttpRequest) -> dict[str, Any]:
    """Return the context processor: evaluates `staff` only where a template reads it."""
    return {"staff": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    session = middleware.require_session(request).staff_session
    found = reader.reader_of(request)
    return Frame(
        name=session.user.name,
        email=session.proof.email,
        home_url=reverse("staff_home"),
        sign_out_url=reverse("staff_sign_out"),
        nav=_navigation(request.path, found, getattr(request, _COUNTS, {})),
        strip=break_glass_pages.strip(session, at=found.at),
        look=_look(session.look, found),
    )


def _look(look: uuid.UUID | None, found: StaffReader) -> StaffLook | None:
    """Return the look that was begun last in the session, if it goes on. Two statements with one, else none."""
    current = queries.of_person(look=look, at=found.at)
    if current is None or Verb.LOOK_BEGIN not in found.verbs:
        return None
    minutes = looking_along.minutes_left(current, found.at)
    hidden = (
        _("Read only. Last names, addresses and amounts are hidden.") if current.masked else _("Read only.")
    )
    return StaffLook(
        id=str(current.id),
        person=current.name,
        sentence=hidden,
        iso=f"PT{minutes}M",
        left=looking_along.left_in_words(minutes),
        url=reverse("staff_look", args=[current.id]),
        stop_url=reverse("staff_look_stop", args=[current.id]),
    )


def _navigation(path: str, found: StaffReader, counts: Mapping[str, int]) -> list[Entry]:
    places = [
        (place, reverse(place.route))
        for place in _NAVIGATION
        if place.verb is None or place.verb in found.verbs
    ]
    current = max((url for _place, url in places if path.startswith(url)), key=len, default="")
    return [
        Entry(place.label(), place.icon, url, url == current, counts.get(place.route, 0))
        for place, url in places
    ]
