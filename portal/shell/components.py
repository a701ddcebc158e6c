"""Several pages share these parts: callout, contact, link, pager, browser session."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation import continuity
from delegation.invitations import queries as invitations_queries
from delegation.people import queries as people_queries
from delegation.people.sessions import BrowserSession
from portal.shell import query_string
from portal.shell.page_context import PageContext
from portal.wording import cldr, dates, supplier_texts

ADMIN_TIER = "organization_admin"


@dataclass(frozen=True, slots=True)
class Callout:
    """Describes a warning with the next step, for `kh.callout`."""

    tone: str
    icon: str
    strong: str
    text: str
    url: str
    label: str
    more_url: str = ""
    """Of a second, quieter step."""
    more_label: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """Holds a person's name and address."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Link:
    """Holds a text that leads to a page."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Describes the foot of a list for `kh.pager`; an address is empty where there is no such page."""

    text: str
    previous_url: str = ""
    next_url: str = ""


def pager(
    url: str, values: Mapping[str, str], *, previous: uuid.UUID | None, following: uuid.UUID | None
) -> Pager:
    """Return the foot of a list whose neighbouring pages begin beside these rows; None: there is no such page."""
    before = query_string.with_values(url, {**values, "before": str(previous)}) if previous else ""
    after = query_string.with_values(url, {**values, "after": str(following)}) if following else ""
    return Pager("", before, after)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """Describes a browser session for web/people/_sessions.html; `is_current` marks the one that shows the page."""

    id: str
    title: str
    sub: str
    is_current: bool = False


def session_row(session: BrowserSession, clock: dates.Clock, *, own: str = "") -> SessionRow:
    """Return a browser session in words; `own` is the key of the requesting session."""
    active = _("active %(when)s") % {"when": clock.when(session.last_seen_at)}
    since = (
        _("signed in %(when)s") % {"when": clock.when(session.signed_in_at)} if session.signed_in_at else ""
    )
    services = dates.name_list([supplier_texts.in_language(name) for name in session.services])
    return SessionRow(
        id=session.key,
        title=dates.browser(session.agent),
        sub=" · ".join(part for part in (services, since, active) if part),
        is_current=bool(own) and session.key == own,
    )


def only_admin(page: PageContext, admins: Sequence[uuid.UUID]) -> Callout | None:
    """Return the warning for a reader who is the organization's only admin."""
    if len(admins) != 1 or not page.is_own(admins[0]):
        return None
    return Callout(
        tone="warn",
        icon="key",
        strong=_("You are the only admin."),
        text=" ".join(coming_admins(page))
        or _("No one else can act for the whole organization while you are away."),
        url=page.url("second_admin"),
        label=_("Promote a colleague…"),
        more_url=page.url("handover"),
        more_label=_("Hand over…"),
    )


def coming_admins(page: PageContext) -> list[str]:
    """Return a sentence for each person who is invited as admin, or is an admin and cannot sign in as one."""
    clock = dates.Clock(page.at, page.zone)
    invited = _("%(name)s has been invited as admin. The invitation expires %(when)s.")
    unable = _("%(name)s is an admin, but cannot sign in as one yet.")
    return [
        *(
            invited % {"name": row.name or row.email, "when": clock.when(row.expires_at)}
            for row in invitations_queries.pending_admins(organization=page.organization_id, at=page.at)
        ),
        *(
            unable % {"name": admin.user.name}
            for admin in continuity.unable_admins(organization=page.organization_id, at=page.at)
        ),
    ]


def counted(number: int) -> str:
    """Return a number of people; above `COUNT_LIMIT`, `more than` the limit."""
    if number > people_queries.COUNT_LIMIT:
        return _("more than %(number)s") % {"number": cldr.number(people_queries.COUNT_LIMIT)}
    return cldr.number(number)
