"""The list of colleagues, as templates/web/people/list.html describes it."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import continuity
from delegation.access import queries as access_queries
from delegation.access.queries import AssignmentView
from delegation.authorization import policy
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.invitations import queries as invitations_queries
from delegation.people import queries as people_queries
from delegation.people import sessions
from delegation.people.queries import PeopleFilter, PeoplePage
from portal.shell import actions, query_string
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext
from portal.web.people import detail_context, filters, pending_invitations
from portal.wording import access, cldr, dates, systems
from provisioning.accounts import queries as accounts_queries
from provisioning.accounts import status

_NOBODY = uuid.UUID(int=0)


def context(
    here: PageContext, query: QueryDict, clock: dates.Clock, *, size: int | None = None
) -> dict[str, Any]:
    """The whole list, `size` rows of it."""
    organization = here.organization_id
    book = display_names.display_names(organization=organization)
    asked = filters.read(query, book)
    looked = filters.wish(here, asked)
    rows = people_queries.matching(actor=here.viewer, organization=organization, at=here.at, filters=looked)
    page = people_queries.page(rows=rows, filters=looked, size=size)
    total = people_queries.count(rows=rows)
    invitations = invitations_queries.pending(actor=here.viewer, organization=organization, at=here.at)
    looking_after = continuity.working_admins(organization=organization, at=here.at)
    url = here.url("people")
    return {
        "summary": _summary(asked, total, len(invitations), len(looking_after)),
        "look": None if asked.any else _look(here, url),
        "invite": _inviting(here, asked, url),
        "here_url": asked.url(url),
        "note": only_admin(here, [one.id for one in looking_after]),
        "invitations": [pending_invitations.row(one, here, clock) for one in invitations],
        "invitations_url": here.url("invitations"),
        "once": shell_forms.new_idempotency_key(),
        "search_url": url,
        "q": asked.values["q"],
        **filters.menus(asked, url),
        "former": looked.former,
        "people": _rows(here, page, clock, book, former=looked.former),
        "select_url": _select_url(here, former=looked.former),
        "pager": _pager(asked, page, total, url),
    }


def _select_url(here: PageContext, *, former: bool) -> str:
    """Where selected people are removed; empty where this reader may remove none of them."""
    return "" if former or Verb.MEMBER_REMOVE not in here.abilities else here.url("people_select")


def _look(here: PageContext, url: str) -> dict[str, str] | None:
    """The way to those whose systems differ or failed. One statement where there are none, else three."""
    known = accounts_queries.in_state(
        organization=here.organization_id, states=accounts_queries.NEEDS_ATTENTION
    )
    if not known:
        return None
    wish = PeopleFilter(memberships=known)
    rows = people_queries.matching(
        actor=here.viewer, organization=here.organization_id, at=here.at, filters=wish
    )
    number = people_queries.count(rows=rows)
    if not number:
        return None
    text = ngettext("%(number)s needs a look", "%(number)s need a look", number)
    return {
        "text": text % {"number": counted(number)},
        "url": query_string.with_values(url, {"systems": "look"}),
    }


def _inviting(here: PageContext, asked: filters.Filters, url: str) -> actions.Action | None:
    """The panel is closed onto the list as it was."""
    if Verb.MEMBER_INVITE not in here.abilities:
        return None
    kept = asked.url(url).partition("?")[2]
    return {"url": query_string.with_values(here.url("invite"), {"list": kept}), "why": ""}


def only_admin(here: PageContext, admins_here: Sequence[uuid.UUID]) -> dict[str, str] | None:
    """The warning for the one on whom everything hangs."""
    if len(admins_here) != 1 or not here.is_own(admins_here[0]):
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
    if number > people_queries.COUNT_LIMIT:
        return _("more than %(number)s") % {"number": cldr.number(people_queries.COUNT_LIMIT)}
    return cldr.number(number)


def _summary(asked: filters.Filters, total: int, waiting: int, looking_after: int) -> str:
    if asked.any:
        return ngettext("%(number)s found", "%(number)s found", total) % {"number": counted(total)}
    parts = [ngettext("%(number)s colleague", "%(number)s colleagues", total) % {"number": counted(total)}]
    if waiting:
        parts.append(ngettext("%(number)d invited", "%(number)d invited", waiting) % {"number": waiting})
    parts.append(ngettext("%(number)d admin", "%(number)d admins", looking_after) % {"number": looking_after})
    return ", ".join(parts)


def _rows(
    here: PageContext, page: PeoplePage, clock: dates.Clock, book: DisplayNames, *, former: bool
) -> list[dict[str, Any]]:
    wanted = [row.id for row in page.rows]
    grants = access_queries.assignments(memberships=wanted, at=here.at)
    seen = sessions.last_seen(memberships=wanted, at=here.at)
    worst = status.for_list(memberships=wanted)
    may = policy.abilities(
        actor=here.viewer,
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
            "seen": detail_context.seen_when(seen.get(row.id), clock),
            **systems.worst(worst.get(row.id), book, former=former),
            "change": _action(may[row.id], Verb.ACCESS_CHANGE, urls.of("person_access", row.id)),
            "remove": _action(may[row.id], Verb.MEMBER_REMOVE, urls.of("person_remove", row.id)),
            "restore_url": urls.of("person_restore", row.id) if may[row.id][Verb.MEMBER_RESTORE] else "",
        }
        for row in page.rows
    ]


def _holding(grants: Sequence[AssignmentView], clock: dates.Clock) -> dict[str, Any]:
    limit = (access.limits(grants), access.ends(grants, clock))
    return {
        "is_admin": any(grant.is_admin for grant in grants),
        "tier": access.tiers(grants),
        "limit": ", ".join(part for part in limit if part),
        "sites": access.sites(grants) if grants else "",
    }


class _Urls:
    """Addresses of colleagues' pages: each route is looked up once, not once a row."""

    def __init__(self, here: PageContext) -> None:
        self._here, self._known = here, dict[str, str]()

    def of(self, route: str, membership: uuid.UUID) -> str:
        """The address of that page for this colleague."""
        if route not in self._known:
            self._known[route] = self._here.url(route, membership=_NOBODY)
        return self._known[route].replace(str(_NOBODY), str(membership))


def _action(may: Mapping[Verb, policy.Decision], verb: Verb, url: str) -> actions.Action | None:
    return actions.action(may[verb], verb=verb, url=url)


def _pager(asked: filters.Filters, page: PeoplePage, total: int, url: str) -> dict[str, str]:
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
    return query_string.with_values(url, {**asked.values, **{name: str(one) for name, one in anchor.items()}})
