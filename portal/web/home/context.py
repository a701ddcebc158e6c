"""The start page, as templates/web/home/index.html describes it."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation import continuity
from delegation.activity import queries as activity_queries
from delegation.applications import queries as applications_queries
from delegation.applications.queries import Service
from delegation.authorization import entitlements
from delegation.authorization.entitlements import Right
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.invitations import queries as invitations_queries
from delegation.people import queries as people_queries
from portal.shell import shell as shells
from portal.shell import timeline
from portal.shell.page_context import PageContext
from portal.web.people import list_context
from portal.wording import access, admin_abilities, dates
from provisioning.accounts import queries as accounts_queries

_ICON = "box"
"""Of an application without an icon in the catalogue."""
_EVENTS = 5
_LOOKS_AFTER = frozenset({Verb.MEMBER_INVITE, Verb.MEMBER_REMOVE, Verb.ACCESS_CHANGE})


def context(here: PageContext, clock: dates.Clock) -> dict[str, Any]:
    """The whole page."""
    book = display_names.display_names(organization=here.organization_id)
    rights = entitlements.rights_of(memberships=[here.own_membership.id], at=here.at)[here.own_membership.id]
    mine = entitlements.by_application(rights)
    looking_after = continuity.working_admins(organization=here.organization_id, at=here.at)
    known = {one.key: one for one in applications_queries.services()}
    cares = looks_after(here)
    happened = _happened(here, book, clock)  # before what waits: a system told in between has been told
    return {
        "lead": (cares_for(here) if cares else "") or lead(rights, book, clock),
        "note": list_context.only_admin(here, [one.id for one in looking_after]) if cares else None,
        "services": [_service(here, known[key], mine[key], book) for key in mine if key in known],
        "can_look_after": cares,
        "todo": _todo(here) if cares else [],
        **happened,
        "admins": [{"name": one.user.name, "email": one.user.email} for one in looking_after],
    }


def looks_after(here: PageContext) -> bool:
    """Whether the reader has colleagues to look after."""
    return bool(_LOOKS_AFTER & here.abilities)


def cares_for(here: PageContext) -> str:
    """`You look after 298 colleagues.`, nothing for who may change nobody's access. Two statements at most."""
    rows = people_queries.manageable(actor=here.viewer, organization=here.organization_id, at=here.at)
    others = people_queries.count(rows=rows)
    if not others:
        return ""
    text = ngettext("You look after %(number)s colleague.", "You look after %(number)s colleagues.", others)
    return text % {"number": list_context.counted(others)}


def lead(rights: Sequence[Right], book: DisplayNames, clock: dates.Clock) -> str:
    """What one can do here in one sentence: what weighs most, with its limit, where, and until when."""
    if not rights:
        return _("You have no access to a service yet.")
    return _("You can %(do)s.") % {"do": access.can(rights, texts=book.entitlements, clock=clock)}


def _service(here: PageContext, one: Service, rights: Sequence[Right], book: DisplayNames) -> dict[str, Any]:
    most = max(rights, key=lambda right: (right.takes_amount, right.amount or 0))
    return {
        "name": admin_abilities.in_language(one.name),
        "icon": one.icon or _ICON,
        "url": here.url("open", application=one.key) if one.initiate_login_uri else "",
        "sentence": _("You can %(do)s.")
        % {"do": access.right(most, text=book.entitlements[most.entitlement])},
    }


def _todo(here: PageContext) -> list[dict[str, str]]:
    """What waits for somebody who looks after others: most urgent first."""
    found = accounts_queries.in_state(
        organization=here.organization_id, states=accounts_queries.NEEDS_ATTENTION
    )
    rows = [_look(here, len(found))] if found and Verb.MEMBER_VIEW in here.abilities else []
    waiting = invitations_queries.pending(actor=here.viewer, organization=here.organization_id, at=here.at)
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


def _look(here: PageContext, number: int) -> dict[str, str]:
    text = ngettext(
        "%(number)s person differs in another system",
        "%(number)s people differ in other systems",
        number,
    )
    return {
        "text": text % {"number": list_context.counted(number)},
        "sub": _way_out(here),
        "url": here.url("people") + "?systems=look",
        "label": _("Look"),
        "state": "",
    }


def _way_out(here: PageContext) -> str:
    """For who may, the button on the person's page; others can only call."""
    if Verb.ACCOUNT_RESYNC in here.abilities:
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


def _happened(here: PageContext, book: DisplayNames, clock: dates.Clock) -> dict[str, Any]:
    if not here.sees_activity:
        return {}
    page = activity_queries.page(
        organization=here.organization_id,
        filters=activity_queries.EventFilter(hide_prompt_deliveries=True),
        size=_EVENTS,
    )
    return {
        "events": timeline.timeline(here, page.events, book, clock),
        "events_url": here.url("activity"),
    }


def target(here: PageContext, application: str) -> Service | None:
    """The service, if the reader may do anything there and it can be opened from here."""
    rights = entitlements.rights_of(memberships=[here.own_membership.id], at=here.at, application=application)
    one = next((one for one in applications_queries.services() if one.key == application), None)
    return one if one and one.initiate_login_uri and rights[here.own_membership.id] else None


def my_admins(here: PageContext) -> list[Mapping[str, str]]:
    """Whom to ask, besides oneself."""
    found = continuity.working_admins(organization=here.organization_id, at=here.at)
    own: uuid.UUID = here.own_membership.id
    return [{"name": one.user.name, "email": one.user.email} for one in found if one.id != own]
