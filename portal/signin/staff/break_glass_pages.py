"""The break-glass sign-in has pages, and while it is open, all staff see a strip."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from identity.staff.break_glass import Opening
from identity.staff.sessions import OpenSession
from portal.shell.page_model import PageModel
from portal.signin.staff import passkeys
from portal.signin.staff.break_glass import UsableOpening
from portal.wording import time_zones


@dataclass(frozen=True, kw_only=True)
class BreakGlassPage(PageModel):
    """Offers to add a passkey, or to use one, and says until when the session lasts."""

    template: ClassVar[str] = "staff/break_glass.html"

    enrolls: bool
    failed: bool
    ends_at: str
    link_expires_at: str
    passkeys: str
    """The names of the passkeys that work."""
    js_data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Strip:
    """Says that a break-glass sign-in is open. `minutes` is rounded up; `own`: the reader's own session is it."""

    own: bool
    sentence: str
    iso: str
    left: str


def offer_page(offer: UsableOpening, *, link: str, failed: bool) -> BreakGlassPage:
    """Return the page of a link that can be used."""
    opening = offer.opening
    if opening.enrolls:
        js_data = {"creation_options": passkeys.creation_options(link=link, known=offer.known)}
    else:
        js_data = {"request_options": passkeys.request_options(link=link, known=offer.known)}
    return BreakGlassPage(
        enrolls=opening.enrolls,
        failed=failed,
        ends_at=time_zones.date_time(opening.ends_at, None),
        link_expires_at=time_zones.date_time(opening.link_expires_at, None),
        passkeys=", ".join(one.name for one in offer.known),
        js_data=js_data,
    )


def strip(session: OpenSession, *, at: dt.datetime) -> Strip | None:
    """Return the strip of the opening that is open; None without one."""
    opening = session.open_break_glass
    if opening is None:
        return None
    own = session.break_glass == opening.id
    minutes = max(1, math.ceil((opening.ends_at - at).total_seconds() / 60))
    return Strip(
        own=own,
        sentence=sentence(opening, own=own),
        iso=f"PT{minutes}M",
        left=ngettext("%(count)d min left", "%(count)d min left", minutes) % {"count": minutes},
    )


def sentence(opening: Opening, *, own: bool) -> str:
    """Return what the strip says of this opening; `own`: to the person whose session it is."""
    moments = {
        "opened": time_zones.date_time(opening.opened_at, None),
        "ends": time_zones.date_time(opening.ends_at, None),
    }
    if own:
        return (
            _("This is your sign-in. It ends %(ends)s. All staff see this, and the log records it.") % moments
        )
    if opening.used_at is None:
        return (
            _("A command opened it on the server, %(opened)s. It was not used yet and ends %(ends)s.")
            % moments
        )
    return _("A command opened it on the server, %(opened)s. It is in use and ends %(ends)s.") % moments
