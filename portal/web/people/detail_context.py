"""The page model of one colleague."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from delegation.access.queries import AssignmentView
from delegation.activity import queries as activity_queries
from delegation.activity.events import EventView
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.people import queries as people_queries
from delegation.people import sessions
from delegation.people.queries import VisibleMember
from portal.shell import actions, components, timeline
from portal.shell.actions import Action
from portal.shell.components import SessionRow
from portal.shell.explanation import RightRow, Why, ways_in
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.timeline import TimelineEvent
from portal.wording import access, admin_abilities, dates, systems
from portal.wording.systems import SystemRow
from provisioning.accounts import status

_EVENTS = 8
_VERBS = (Verb.ACCESS_CHANGE, Verb.ACCOUNT_RESYNC, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE)


@dataclass(frozen=True, slots=True)
class PersonHead:
    """Who a page is about."""

    name: str
    email: str
    title: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a former colleague's access, and the way back."""

    text: str
    receipt_url: str
    restore_url: str
    restore_label: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known about a colleague, as far as the reader may see it; each may be empty."""

    last_seen: str
    signs_in_with: str
    sites: str
    also_works_for: str
    joined: str


@dataclass(frozen=True, kw_only=True)
class PersonPage(PageModel):
    """One colleague, present or former."""

    template: ClassVar[str] = "web/people/detail.html"

    person: PersonHead
    change: Action | None
    remove: Action | None
    refused: str
    """Why one of the two is not offered."""
    ended: Ended | None
    since: str
    """`Orderer since 14 Feb 2023`."""
    rights: Sequence[RightRow]
    systems: Sequence[SystemRow]
    systems_summary: str
    resync_url: str
    """POST: rewrites what differs or failed; empty where there is nothing, or not for this reader."""
    events: Sequence[TimelineEvent]
    events_url: str
    """Empty for a reader who may not see the log."""
    facts: PersonFacts
    sessions: Sequence[SessionRow]
    sessions_url: str = ""
    """Always empty: a colleague's sessions end with a removal only."""
    back_url: str


def why(page: PageContext, found: VisibleMember, clock: dates.Clock) -> Why:
    """What this colleague may do, for the page and for a panel over it."""
    return Why(
        page, found.membership.id, display_names.display_names(organization=page.organization_id), clock
    )


def person_page(page: PageContext, found: VisibleMember, why: Why) -> PersonPage:
    """The page with what this reader may see and do."""
    one, book, clock = found.membership, why.book, why.clock
    may = policy.abilities(actor=page.viewer, memberships=[one.id], at=page.at, verbs=_VERBS)[one.id]
    # Before the accounts: a system that is updated in between counts as updated.
    events = _events(page, found, book, clock)
    known = status.of_person(user=one.user, memberships=[one.id], at=page.at)
    rows = systems.matrix(known, book, clock, former=found.former)
    browsers = sessions.sessions_with_services(membership=one.id, at=page.at)
    change, remove, refused = _actions(page, found, may)
    return PersonPage(
        person=PersonHead(one.user.name, one.user.email, one.title),
        change=change,
        remove=remove,
        refused=refused,
        ended=_ended(page, found, may[Verb.MEMBER_RESTORE], book, clock) if found.former else None,
        since=why.since,
        rights=why.rows(),
        systems=rows,
        systems_summary=systems.summary(rows),
        resync_url=_resync_url(page, found, may[Verb.ACCOUNT_RESYNC], rows),
        events=events,
        events_url=f"{page.url('activity')}?person={one.id}" if page.sees_activity else "",
        facts=_facts(page, found, why.grants, clock),
        sessions=[components.session_row(session, clock) for session in browsers],
        back_url=page.url("people"),
    )


def _actions(
    page: PageContext, found: VisibleMember, may: Mapping[Verb, Decision]
) -> tuple[Action | None, Action | None, str]:
    """The buttons to change and to remove, and one sentence on those that are refused."""
    change = _button(page, found, may[Verb.ACCESS_CHANGE], Verb.ACCESS_CHANGE, "person_access")
    remove = _button(page, found, may[Verb.MEMBER_REMOVE], Verb.MEMBER_REMOVE, "person_remove")
    refused = list(dict.fromkeys(button.reason for button in (change, remove) if button and button.reason))
    if page.is_own(found.membership.id) and len(refused) > 1:
        refused = [_("You cannot change your own access or remove yourself. Ask another admin.")]
    return (
        change if change and change.url else None,
        remove if remove and remove.url else None,
        " ".join(refused),
    )


def _button(page: PageContext, found: VisibleMember, may: Decision, verb: Verb, route: str) -> Action | None:
    url = page.url(route, membership=found.membership.id)
    return None if found.former else actions.action(may, verb=verb, url=url)


def _resync_url(page: PageContext, found: VisibleMember, may: Decision, rows: Sequence[SystemRow]) -> str:
    wrong = may and any(row.state in {"differs", "failed"} for row in rows)
    return page.url("person_resync", membership=found.membership.id) if wrong else ""


def _events(
    page: PageContext, found: VisibleMember, book: DisplayNames, clock: dates.Clock
) -> Sequence[TimelineEvent]:
    if not page.sees_activity:
        return ()
    events = activity_queries.about_member(
        organization=page.organization_id, membership=found.membership.id, limit=_EVENTS
    )
    return timeline.timeline(page, events, book, clock)


def _ended(
    page: PageContext, found: VisibleMember, may: Decision, book: DisplayNames, clock: dates.Clock
) -> Ended:
    name = found.membership.user.name
    event = _removal(page, found)
    return Ended(
        text=_removed(event, book, clock),
        receipt_url=page.url("removal", act=event.act) if event and sees_receipt(page, event) else "",
        restore_url=page.url("person_restore", membership=found.membership.id) if may else "",
        restore_label=_("Restore %(name)s") % {"name": name},
    )


def access_at_removal(page: PageContext, found: VisibleMember, why: Why) -> tuple[Mapping[str, Any], str]:
    """The access at the removal, from the log, and in words; empty where there was none."""
    event = _removal(page, found)
    if event is None or not event.before.get("access"):
        return {}, ""
    held = event.before["access"][-1]
    return held, timeline.event_wording([event], why.book, why.clock).access(held)


def _removal(page: PageContext, found: VisibleMember) -> EventView | None:
    return activity_queries.latest(
        organization=page.organization_id, membership=found.membership.id, verb=Verb.MEMBER_REMOVE.value
    )


def sees_receipt(page: PageContext, event: EventView) -> bool:
    """Whether the reader sees the log, or removed the person."""
    return page.sees_activity or event.actor == page.viewer.id


def _removed(event: EventView | None, book: DisplayNames, clock: dates.Clock) -> str:
    if event is None:
        return _("Removed.")
    by = timeline.event_wording([event], book).actor(event)
    return _("Removed %(when)s by %(name)s.") % {"when": clock.when(event.at), "name": by}


def _facts(
    page: PageContext, found: VisibleMember, grants: Sequence[AssignmentView], clock: dates.Clock
) -> PersonFacts:
    one = found.membership
    others = people_queries.in_other_organizations(actor=page.viewer, member=one, at=page.at)
    return PersonFacts(
        last_seen=last_seen(page, found, clock),
        signs_in_with=ways_in(sessions.factors(user=one.user)),
        sites=access.sites(grants) if grants else "",
        also_works_for=dates.listed([other.organization.name for other in others], most=5),
        joined=clock.date(one.created_at),
    )


def seen_when(seen: sessions.LastSeen | None, clock: dates.Clock) -> str:
    """`today 09:12`; `not known` where that is so, `never` only for who never signed in."""
    if seen is None:
        return _("never")
    return clock.when(seen.at) if seen.at else _("no sign-in recorded")


def _seen(seen: sessions.LastSeen | None, clock: dates.Clock) -> str:
    when = dates.first_upper(seen_when(seen, clock))
    return f"{when}, {admin_abilities.in_language(seen.service)}" if seen and seen.service else when


def last_seen(page: PageContext, found: VisibleMember, clock: dates.Clock) -> str:
    """`Today 09:12, Web shop`. One statement."""
    one = found.membership
    return _seen(sessions.last_seen(memberships=[one.id], at=page.at).get(one.id), clock)
