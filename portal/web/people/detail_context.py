"""One colleague, as templates/web/people/detail.html describes it."""

from collections.abc import Mapping, Sequence
from typing import Any

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
from delegation.people.sessions import BrowserSession
from portal.shell import actions, timeline
from portal.shell.page_context import PageContext
from portal.web.access.explanation import Why, ways_in
from portal.wording import access, admin_abilities, dates, systems
from provisioning.accounts import status

_EVENTS = 8
_VERBS = (Verb.ACCESS_CHANGE, Verb.ACCOUNT_RESYNC, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE)


def why(here: PageContext, found: VisibleMember, clock: dates.Clock) -> Why:
    """What this colleague may do, for the page and for a panel over it."""
    return Why(
        here, found.membership.id, display_names.display_names(organization=here.organization_id), clock
    )


def context(here: PageContext, found: VisibleMember, why: Why) -> dict[str, Any]:
    """The whole page."""
    one, book, clock = found.membership, why.book, why.clock
    may = policy.abilities(actor=here.viewer, memberships=[one.id], at=here.at, verbs=_VERBS)[one.id]
    # Before the accounts: a system told in between has been told.
    happened = _events(here, found, book, clock)
    known = status.of_person(user=one.user, memberships=[one.id], at=here.at)
    rows = systems.matrix(known, book, clock, former=found.former)
    browsers = sessions.sessions_with_services(membership=one.id, at=here.at)
    return {
        "person": {"name": one.user.name, "email": one.user.email, "title": one.title},
        **_deeds(here, found, may),
        "ended": _ended(here, found, may[Verb.MEMBER_RESTORE], book, clock) if found.former else None,
        "since": why.since,
        "can": why.rows(),
        "systems": rows,
        "systems_summary": systems.summary(rows),
        "put_right_url": _resync(here, found, may[Verb.ACCOUNT_RESYNC], rows),
        **happened,
        "facts": _facts(here, found, why.grants, clock),
        "sessions": [browser(one_of, clock) for one_of in browsers],
        "back_url": here.url("people"),
    }


def _deeds(here: PageContext, found: VisibleMember, may: Mapping[Verb, Decision]) -> dict[str, Any]:
    """The buttons that do something, and one sentence on those that would not."""
    change = _button(here, found, may[Verb.ACCESS_CHANGE], Verb.ACCESS_CHANGE, "person_access")
    remove = _button(here, found, may[Verb.MEMBER_REMOVE], Verb.MEMBER_REMOVE, "person_remove")
    refused = list(dict.fromkeys(one["why"] for one in (change, remove) if one and one["why"]))
    if here.is_own(found.membership.id) and len(refused) > 1:
        refused = [_("You cannot change your own access or remove yourself. Ask another admin.")]
    return {
        "change": change if change and change["url"] else None,
        "remove": remove if remove and remove["url"] else None,
        "refused": " ".join(refused),
    }


def _button(
    here: PageContext, found: VisibleMember, may: Decision, verb: Verb, route: str
) -> actions.Action | None:
    url = here.url(route, membership=found.membership.id)
    return None if found.former else actions.action(may, verb=verb, url=url)


def _resync(here: PageContext, found: VisibleMember, may: Decision, rows: Sequence[Mapping[str, Any]]) -> str:
    """Where there is something to put right, and this reader may."""
    wrong = may and any(row["state"] in {"differs", "failed"} for row in rows)
    return here.url("person_resync", membership=found.membership.id) if wrong else ""


def _events(
    here: PageContext, found: VisibleMember, book: DisplayNames, clock: dates.Clock
) -> dict[str, Any]:
    if Verb.ACTIVITY_VIEW not in here.abilities:
        return {}
    told = activity_queries.about_member(
        organization=here.organization_id, membership=found.membership.id, limit=_EVENTS
    )
    return {
        "events": timeline.timeline(here, told, book, clock),
        "events_url": f"{here.url('activity')}?person={found.membership.id}",
        "events_label": _("All events"),
    }


def _ended(
    here: PageContext, found: VisibleMember, may: Decision, book: DisplayNames, clock: dates.Clock
) -> dict[str, Any]:
    name = found.membership.user.name
    event = _removal(here, found)
    return {
        "text": _removed(event, book, clock),
        "receipt_url": here.url("removal", act=event.act) if event and sees_receipt(here, event) else "",
        "restore_url": here.url("person_restore", membership=found.membership.id) if may else "",
        "restore_label": _("Bring %(name)s back") % {"name": name},
    }


def had(here: PageContext, found: VisibleMember, why: Why) -> tuple[Mapping[str, Any], str]:
    """What was held when this colleague was removed, as it stands in the log, and in words; empty for nothing."""
    event = _removal(here, found)
    if event is None or not event.before.get("access"):
        return {}, ""
    held = event.before["access"][-1]
    return held, timeline.event_wording([event], why.book, why.clock).access(held)


def _removal(here: PageContext, found: VisibleMember) -> EventView | None:
    return activity_queries.latest(
        organization=here.organization_id, membership=found.membership.id, verb=Verb.MEMBER_REMOVE.value
    )


def sees_receipt(here: PageContext, event: EventView) -> bool:
    """Whoever sees the log, and whoever did it."""
    return Verb.ACTIVITY_VIEW in here.abilities or event.actor == here.viewer.id


def _removed(event: EventView | None, book: DisplayNames, clock: dates.Clock) -> str:
    if event is None:
        return _("No longer a colleague.")
    by = timeline.event_wording([event], book).actor(event)
    return _("Removed %(when)s by %(name)s.") % {"when": clock.when(event.at), "name": by}


def _facts(
    here: PageContext, found: VisibleMember, grants: Sequence[AssignmentView], clock: dates.Clock
) -> dict[str, str]:
    one = found.membership
    others = people_queries.in_other_organizations(actor=here.viewer, member=one, at=here.at)
    return {
        "last_seen": last_seen(here, found, clock),
        "signs_in_with": ways_in(sessions.factors(user=one.user)),
        "sites": access.sites(grants) if grants else "",
        "also_works_for": dates.listed([other.organization.name for other in others], most=5),
        "joined": clock.date(one.created_at),
    }


def seen_when(seen: sessions.LastSeen | None, clock: dates.Clock) -> str:
    """`today 09:12`; `not known` where that is so, `never` only for who never signed in."""
    if seen is None:
        return _("never")
    return clock.when(seen.at) if seen.at else _("not known")


def _seen(seen: sessions.LastSeen | None, clock: dates.Clock) -> str:
    when = dates.first_upper(seen_when(seen, clock))
    return f"{when}, {admin_abilities.in_language(seen.service)}" if seen and seen.service else when


def last_seen(here: PageContext, found: VisibleMember, clock: dates.Clock) -> str:
    """`Today 09:12, Web shop`. One statement."""
    one = found.membership
    return _seen(sessions.last_seen(memberships=[one.id], at=here.at).get(one.id), clock)


def browser(one: BrowserSession, clock: dates.Clock, *, own: str = "") -> dict[str, Any]:
    """A browser as web/people/_sessions.html takes it; `own` is the key of the one that asks."""
    active = _("active %(when)s") % {"when": clock.when(one.last_seen_at)}
    since = _("signed in %(when)s") % {"when": clock.when(one.signed_in_at)} if one.signed_in_at else ""
    services = dates.listed([admin_abilities.in_language(name) for name in one.services])
    return {
        "id": one.key,
        "title": dates.browser(one.agent),
        "here": bool(own) and one.key == own,
        "sub": " · ".join(part for part in (services, since, active) if part),
    }
