"""The list of colleagues, as templates/people/list.html describes it."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import policy
from delegation.models import Invitation
from delegation.queries import admins, catalogue, colleagues, held, invited, signed_in
from delegation.queries.catalogue import Book
from delegation.queries.colleagues import Page, Wish
from delegation.queries.held import Grant
from delegation.verbs import Verb
from portal import gains
from portal.inside import Here
from portal.web import formats, forms, words
from portal.web.reading import actions, address, systems
from provisioning import searching, status

_SYSTEMS: Mapping[str, tuple[str, ...]] = {"look": searching.NEEDS_A_LOOK, "wait": searching.ON_ITS_WAY}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address asks for: values by parameter, and what each parameter may be."""

    values: dict[str, str]
    options: Mapping[str, Mapping[str, str]]
    after: uuid.UUID | None
    before: uuid.UUID | None

    @property
    def any(self) -> bool:
        """Whether anything is searched or filtered."""
        return any(self.values.values())


def filters(query: QueryDict, book: Book) -> Filters:
    """Strictly: what is not one of the options is not there."""
    options = {
        "tier": {key: gains.in_language(name) for key, name in book.tiers.items()},
        "site": {str(one): place.name for one, place in book.sites.items()},
        "systems": {"look": _("Differs or failed"), "wait": _("On its way")},
        "who": {"former": _("Removed")},
    }
    values = {name: address.choice(query, name, allowed) for name, allowed in options.items()}
    return Filters(
        values={"q": address.text(query, "q"), **values},
        options=options,
        after=forms.identifier(query.get("after", "")),
        before=forms.identifier(query.get("before", "")),
    )


def wish(here: Here, asked: Filters) -> Wish:
    """The same for the query; one statement where systems are asked for."""
    values = asked.values
    states = _SYSTEMS.get(values["systems"])
    return Wish(
        text=values["q"],
        role=values["tier"],
        site=uuid.UUID(values["site"]) if values["site"] else None,
        former=values["who"] == "former",
        among=searching.in_state(organization=here.company, states=states) if states else None,
        after=asked.after,
        before=asked.before,
    )


def context(here: Here, query: QueryDict, clock: formats.Clock) -> dict[str, Any]:
    """The whole list."""
    book = catalogue.read(organization=here.company)
    asked = filters(query, book)
    looked = wish(here, asked)
    rows = colleagues.matching(actor=here.actor, organization=here.company, at=here.at, wish=looked)
    page = colleagues.page(rows=rows, wish=looked)
    total = colleagues.count(rows=rows)
    waiting = invited.waiting(actor=here.actor, organization=here.company, at=here.at)
    looking_after = admins.working(organization=here.company, at=here.at)
    url = here.url("people")
    return {
        "summary": _summary(asked, total, len(waiting), len(looking_after)),
        "invite": {"url": here.url("invite")} if Verb.MEMBER_INVITE in here.verbs else None,
        "note": only_admin(here, [one.id for one in looking_after]),
        "invitations": [_invitation(one, here, clock) for one in waiting],
        "invitations_url": here.url("invitations"),
        "once": forms.once(),
        "search_url": url,
        "q": asked.values["q"],
        **_menus(asked, url),
        "people": _rows(here, page, clock, book),
        "select_url": here.url("people_select") if Verb.MEMBER_REMOVE in here.verbs else "",
        "pager": _pager(asked, page, total, url),
    }


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
        return _("more than %(number)s") % {"number": formats.number(colleagues.COUNTED)}
    return formats.number(number)


def _summary(asked: Filters, total: int, waiting: int, looking_after: int) -> str:
    if asked.any:
        return ngettext("%(number)s found", "%(number)s found", total) % {"number": counted(total)}
    parts = [ngettext("%(number)s colleague", "%(number)s colleagues", total) % {"number": counted(total)}]
    if waiting:
        parts.append(ngettext("%(number)d invited", "%(number)d invited", waiting) % {"number": waiting})
    parts.append(ngettext("%(number)d admin", "%(number)d admins", looking_after) % {"number": looking_after})
    return ", ".join(parts)


def _menus(asked: Filters, url: str) -> dict[str, Any]:
    labels: Mapping[str, tuple[str, Callable[[], str]]] = {
        "tier": (_("Tier"), lambda: _("Any tier")),
        "site": (_("Site"), lambda: _("Any site")),
        "systems": (_("In systems"), lambda: _("Anything")),
        "who": (_("Who"), lambda: _("Colleagues")),
    }
    chips, menus = [], []
    for name, (label, anything) in labels.items():
        options = asked.options[name]
        if asked.values[name]:
            chips.append(address.chip(label=label, name=name, options=options, values=asked.values, url=url))
        elif options:
            menus.append(
                address.menu(
                    label=label,
                    name=name,
                    options=options,
                    values=asked.values,
                    url=url,
                    any_label=anything(),
                )
            )
    return {"chips": chips, "filters": menus, "kept": address.kept(asked.values, besides="q")}


def _invitation(one: invited.Waiting, here: Here, clock: formats.Clock) -> dict[str, Any]:
    over = one.expires_at <= here.at
    day = {"what": invited_to(one, clock), "when": clock.when(one.expires_at)}
    sub = _("%(what)s. Expired %(when)s.") % day if over else _("%(what)s. Open until %(when)s.") % day
    return {
        "id": str(one.id),
        "email": one.email,
        "name": one.name,
        "sub": sub,
        "tag": {"text": _("Expired"), "tone": ""} if over else None,
        "may_resend": one.may_resend and not over,
        "may_renew": one.may_resend and over,
        "cancel_url": here.url("invitation_cancel", invitation=one.id) if one.may_cancel else "",
    }


def cancelling(here: Here, one: Invitation, clock: formats.Clock) -> dict[str, Any]:
    """The page that asks before an invitation is cancelled. Two statements."""
    over = one.expires_at <= here.at
    opened = {"when": clock.when(one.expires_at)}
    return {
        "email": one.email,
        "name": one.name,
        "offered": invited_to(invited.read(one), clock),
        "state": _("Expired %(when)s.") % opened if over else _("Open until %(when)s.") % opened,
        "cancel_url": here.url("invitation_cancel", invitation=one.id),
        "back_url": here.url("people"),
    }


def invited_to(one: invited.Waiting, clock: formats.Clock) -> str:
    """`Orderer, up to 2 000 €, Tampere, until 31 Dec`."""
    names = [place.name for place in one.places]
    parts = (
        gains.in_language(one.role_name),
        words.shortest(one.limits),
        words.places(everywhere=one.all_sites, names=names),
        words.until(one.until, clock),
    )
    return ", ".join(part for part in parts if part)


def _rows(here: Here, page: Page, clock: formats.Clock, book: Book) -> list[dict[str, Any]]:
    wanted = [row.id for row in page.rows]
    grants = held.grants(memberships=wanted, at=here.at)
    seen = signed_in.last_seen(colleagues={row.id: row.user_id for row in page.rows}, at=here.at)
    worst = status.for_list(memberships=wanted)
    may = policy.abilities(
        actor=here.actor,
        memberships=wanted,
        at=here.at,
        verbs=(Verb.ACCESS_CHANGE, Verb.MEMBER_REMOVE),
    )
    return [
        {
            "id": str(row.id),
            "name": row.user.name,
            "email": row.user.email,
            "url": here.url("person", membership=row.id),
            **_holding(grants.get(row.id, []), clock),
            "seen": clock.when(seen[row.id].at) if row.id in seen else _("never"),
            **systems.worst(worst.get(row.id), book),
            "change": _action(here, may[row.id], Verb.ACCESS_CHANGE, "person_access", row.id),
            "remove": _action(here, may[row.id], Verb.MEMBER_REMOVE, "person_remove", row.id),
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


def _action(
    here: Here, may: Mapping[Verb, policy.Decision], verb: Verb, route: str, membership: uuid.UUID
) -> actions.Action | None:
    return actions.action(may[verb], verb=verb, url=here.url(route, membership=membership))


def _pager(asked: Filters, page: Page, total: int, url: str) -> dict[str, str]:
    shown = len(page.rows)
    whole = page.previous is None and page.next is None
    numbers = {"shown": shown, "total": counted(total)}
    if whole:
        text = ngettext("%(shown)d colleague", "%(shown)d colleagues", shown) % numbers
    else:
        text = _("%(shown)d of %(total)s") % numbers
    return {
        "text": text,
        "previous_url": _turn(asked, url, before=page.previous),
        "next_url": _turn(asked, url, after=page.next),
    }


def _turn(asked: Filters, url: str, **anchor: uuid.UUID | None) -> str:
    if not any(anchor.values()):
        return ""
    return address.with_values(url, {**asked.values, **{name: str(one) for name, one in anchor.items()}})
