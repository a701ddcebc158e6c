"""The list of colleagues, as templates/people/list.html describes it."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import policy
from delegation.queries import admins, catalogue, colleagues, held, invited, signed_in
from delegation.queries.catalogue import Book
from delegation.queries.colleagues import Page, Wish
from delegation.queries.held import Grant
from delegation.verbs import Verb
from portal import cldr
from portal.inside import Here
from portal.web import formats, forms, words
from portal.web.reading import actions, address, filters, person, systems, waiting
from provisioning import searching, status

_NOBODY = uuid.UUID(int=0)


def context(here: Here, query: QueryDict, clock: formats.Clock, *, size: int | None = None) -> dict[str, Any]:
    """The whole list, `size` rows of it."""
    book = catalogue.read(organization=here.company)
    asked = filters.read(query, book)
    looked = filters.wish(here, asked)
    rows = colleagues.matching(actor=here.actor, organization=here.company, at=here.at, wish=looked)
    page = colleagues.page(rows=rows, wish=looked, size=size)
    total = colleagues.count(rows=rows)
    invitations = invited.waiting(actor=here.actor, organization=here.company, at=here.at)
    looking_after = admins.working(organization=here.company, at=here.at)
    url = here.url("people")
    return {
        "summary": _summary(asked, total, len(invitations), len(looking_after)),
        "look": None if asked.any else _look(here, url),
        "invite": _inviting(here, asked, url),
        "here_url": asked.url(url),
        "note": only_admin(here, [one.id for one in looking_after]),
        "invitations": [waiting.row(one, here, clock) for one in invitations],
        "invitations_url": here.url("invitations"),
        "once": forms.once(),
        "search_url": url,
        "q": asked.values["q"],
        **filters.menus(asked, url),
        "former": looked.former,
        "people": _rows(here, page, clock, book, former=looked.former),
        "select_url": here.url("people_select")
        if Verb.MEMBER_REMOVE in here.verbs and not looked.former
        else "",
        "pager": _pager(asked, page, total, url),
    }


def _look(here: Here, url: str) -> dict[str, str] | None:
    """The way to those whose systems differ or failed. One statement where there are none, else three."""
    known = searching.in_state(organization=here.company, states=searching.NEEDS_A_LOOK)
    if not known:
        return None
    wish = Wish(among=known)
    rows = colleagues.matching(actor=here.actor, organization=here.company, at=here.at, wish=wish)
    number = colleagues.count(rows=rows)
    if not number:
        return None
    text = ngettext("%(number)s needs a look", "%(number)s need a look", number)
    return {"text": text % {"number": counted(number)}, "url": address.with_values(url, {"systems": "look"})}


def _inviting(here: Here, asked: filters.Filters, url: str) -> actions.Action | None:
    """The panel is closed onto the list as it was."""
    if Verb.MEMBER_INVITE not in here.verbs:
        return None
    kept = asked.url(url).partition("?")[2]
    return {"url": address.with_values(here.url("invite"), {"list": kept}), "why": ""}


def only_admin(here: Here, admins_here: Sequence[uuid.UUID]) -> dict[str, str] | None:
    """The warning for the one on whom everything hangs."""
    if list(admins_here) != [here.membership.id]:
        return None
    return {
        "tone": "warn",
        "icon": "key",
        "strong": _("You are the only admin."),
        "text": _("If you are away, nobody can invite people or remove a leaver."),
        "url": here.url("invite") + "?tier=organization_admin",
        "label": _("Invite a second admin"),
    }


def counted(number: int) -> str:
    """A number that nobody counts beyond a thousand."""
    if number > colleagues.COUNTED:
        return _("more than %(number)s") % {"number": cldr.number(colleagues.COUNTED)}
    return cldr.number(number)


def _summary(asked: filters.Filters, total: int, waiting: int, looking_after: int) -> str:
    if asked.any:
        return ngettext("%(number)s found", "%(number)s found", total) % {"number": counted(total)}
    parts = [ngettext("%(number)s colleague", "%(number)s colleagues", total) % {"number": counted(total)}]
    if waiting:
        parts.append(ngettext("%(number)d invited", "%(number)d invited", waiting) % {"number": waiting})
    parts.append(ngettext("%(number)d admin", "%(number)d admins", looking_after) % {"number": looking_after})
    return ", ".join(parts)


def _rows(here: Here, page: Page, clock: formats.Clock, book: Book, *, former: bool) -> list[dict[str, Any]]:
    wanted = [row.id for row in page.rows]
    grants = held.grants(memberships=wanted, at=here.at)
    seen = signed_in.last_seen(memberships=wanted, at=here.at)
    worst = status.for_list(memberships=wanted)
    may = policy.abilities(
        actor=here.actor,
        memberships=wanted,
        at=here.at,
        verbs=(Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE),
    )
    urls = _Urls(here)
    return [
        {
            "id": str(row.id),
            "name": row.user.name,
            "email": row.user.email,
            "url": urls.of("person", row.id),
            **_holding(grants.get(row.id, []), clock),
            "seen": person.seen_when(seen.get(row.id), clock),
            **systems.worst(worst.get(row.id), book, former=former),
            "change": _action(may[row.id], Verb.ACCESS_CHANGE, urls.of("person_access", row.id)),
            "remove": _action(may[row.id], Verb.MEMBER_REMOVE, urls.of("person_remove", row.id)),
            "restore_url": urls.of("person_restore", row.id) if may[row.id][Verb.MEMBER_RESTORE] else "",
        }
        for row in page.rows
    ]


def _holding(grants: Sequence[Grant], clock: formats.Clock) -> dict[str, Any]:
    limit = (words.limits(grants), words.ends(grants, clock))
    return {
        "is_admin": any(grant.is_admin for grant in grants),
        "tier": words.tiers(grants),
        "limit": ", ".join(part for part in limit if part),
        "sites": words.sites(grants) if grants else "",
    }


class _Urls:
    """Addresses of colleagues' pages: each route is looked up once, not once a row."""

    def __init__(self, here: Here) -> None:
        self._here, self._known = here, dict[str, str]()

    def of(self, route: str, membership: uuid.UUID) -> str:
        """The address of that page for this colleague."""
        if route not in self._known:
            self._known[route] = self._here.url(route, membership=_NOBODY)
        return self._known[route].replace(str(_NOBODY), str(membership))


def _action(may: Mapping[Verb, policy.Decision], verb: Verb, url: str) -> actions.Action | None:
    return actions.action(may[verb], verb=verb, url=url)


def _pager(asked: filters.Filters, page: Page, total: int, url: str) -> dict[str, str]:
    shown = len(page.rows)
    whole = page.previous is None and page.next is None
    numbers = {"shown": shown, "total": counted(total)}
    if whole and asked.values["who"] == "former":
        text = ngettext("%(shown)d removed", "%(shown)d removed", shown) % numbers
    elif whole:
        text = ngettext("%(shown)d colleague", "%(shown)d colleagues", shown) % numbers
    else:
        text = _("%(shown)d of %(total)s") % numbers
    return {
        "text": text,
        "previous_url": _turn(asked, url, before=page.previous),
        "next_url": _turn(asked, url, after=page.next),
    }


def _turn(asked: filters.Filters, url: str, **anchor: uuid.UUID | None) -> str:
    if not any(anchor.values()):
        return ""
    return address.with_values(url, {**asked.values, **{name: str(one) for name, one in anchor.items()}})
