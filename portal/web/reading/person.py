"""One colleague, as templates/people/person.html describes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from delegation import policy
from delegation.policy import Decision
from delegation.queries import catalogue, colleagues, log, signed_in
from delegation.queries.catalogue import Book
from delegation.queries.colleagues import Found
from delegation.queries.held import Grant
from delegation.queries.signed_in import Browser
from delegation.queries.told import Told
from delegation.verbs import Verb
from portal import gains
from portal.inside import Here
from portal.web import formats, words
from portal.web.reading import actions, systems, telling
from portal.web.reading.rights import Why, ways_in
from provisioning import status

_EVENTS = 8
_VERBS = (Verb.ACCESS_CHANGE, Verb.ACCOUNT_PUT_RIGHT, Verb.MEMBER_REMOVE, Verb.MEMBER_RESTORE)


def why(here: Here, found: Found, clock: formats.Clock) -> Why:
    """What this colleague may do, for the page and for a panel over it."""
    return Why(here, found.membership.id, catalogue.read(organization=here.company), clock)


def context(here: Here, found: Found, why: Why) -> dict[str, Any]:
    """The whole page."""
    one, book, clock = found.membership, why.book, why.clock
    may = policy.abilities(actor=here.actor, memberships=[one.id], at=here.at, verbs=_VERBS)[one.id]
    # Before the accounts: a system told in between has been told.
    happened = _events(here, found, book, clock)
    known = status.of_person(user=one.user, memberships=[one.id], at=here.at)
    rows = systems.matrix(known, book, clock, former=found.former)
    browsers = signed_in.services(membership=one.id, at=here.at)
    return {
        "person": {"name": one.user.name, "email": one.user.email, "title": one.title},
        **_deeds(here, found, may),
        "ended": _ended(here, found, may[Verb.MEMBER_RESTORE], book, clock) if found.former else None,
        "since": why.since,
        "can": why.rows(),
        "systems": rows,
        "systems_summary": systems.summary(rows),
        "put_right_url": _put_right(here, found, may[Verb.ACCOUNT_PUT_RIGHT], rows),
        **happened,
        "facts": _facts(here, found, why.grants, clock),
        "sessions": [browser(one_of, clock) for one_of in browsers],
        "back_url": here.url("people"),
    }


def _deeds(here: Here, found: Found, may: Mapping[Verb, Decision]) -> dict[str, Any]:
    """The buttons that do something, and one sentence on those that would not."""
    change = _button(here, found, may[Verb.ACCESS_CHANGE], Verb.ACCESS_CHANGE, "person_access")
    remove = _button(here, found, may[Verb.MEMBER_REMOVE], Verb.MEMBER_REMOVE, "person_remove")
    refused = list(dict.fromkeys(one["why"] for one in (change, remove) if one and one["why"]))
    if found.membership.id == here.membership.id and len(refused) > 1:
        refused = [_("You cannot change your own access or remove yourself. Ask another admin.")]
    return {
        "change": change if change and change["url"] else None,
        "remove": remove if remove and remove["url"] else None,
        "refused": " ".join(refused),
    }


def _button(here: Here, found: Found, may: Decision, verb: Verb, route: str) -> actions.Action | None:
    url = here.url(route, membership=found.membership.id)
    return None if found.former else actions.action(may, verb=verb, url=url)


def _put_right(here: Here, found: Found, may: Decision, rows: Sequence[Mapping[str, Any]]) -> str:
    """Where there is something to put right, and this reader may."""
    wrong = may and any(row["state"] in {"differs", "failed"} for row in rows)
    return here.url("person_put_right", membership=found.membership.id) if wrong else ""


def _events(here: Here, found: Found, book: Book, clock: formats.Clock) -> dict[str, Any]:
    if Verb.ACTIVITY_SEE not in here.verbs:
        return {}
    told = log.about(organization=here.company, membership=found.membership.id, most=_EVENTS)
    return {
        "events": telling.timeline(here, told, book, clock),
        "events_url": f"{here.url('activity')}?person={found.membership.id}",
        "events_label": _("All events"),
    }


def _ended(here: Here, found: Found, may: Decision, book: Book, clock: formats.Clock) -> dict[str, Any]:
    name = found.membership.user.name
    event = _removal(here, found)
    return {
        "text": _removed(event, book, clock),
        "receipt_url": here.url("removal", act=event.act) if event and sees_receipt(here, event) else "",
        "restore_url": here.url("person_restore", membership=found.membership.id) if may else "",
        "restore_label": _("Bring %(name)s back") % {"name": name},
    }


def had(here: Here, found: Found, why: Why) -> tuple[Mapping[str, Any], str]:
    """What was held when this colleague was removed, as it stands in the log, and in words; empty for nothing."""
    event = _removal(here, found)
    if event is None or not event.before.get("access"):
        return {}, ""
    held = event.before["access"][-1]
    return held, telling.teller([event], why.book, why.clock).access(held)


def _removal(here: Here, found: Found) -> Told | None:
    return log.last(organization=here.company, membership=found.membership.id, verb=Verb.MEMBER_REMOVE.value)


def sees_receipt(here: Here, event: Told) -> bool:
    """Whoever sees the log, and whoever did it."""
    return Verb.ACTIVITY_SEE in here.verbs or event.actor == here.actor.id


def _removed(event: Told | None, book: Book, clock: formats.Clock) -> str:
    if event is None:
        return _("No longer a colleague.")
    by = telling.teller([event], book).actor(event)
    return _("Removed %(when)s by %(name)s.") % {"when": clock.when(event.at), "name": by}


def _facts(here: Here, found: Found, grants: Sequence[Grant], clock: formats.Clock) -> dict[str, str]:
    one = found.membership
    others = colleagues.elsewhere(actor=here.actor, of=one, at=here.at)
    return {
        "last_seen": last_seen(here, found, clock),
        "signs_in_with": ways_in(signed_in.factors(user=one.user)),
        "sites": words.sites(grants) if grants else "",
        "also_works_for": formats.listed([other.organization.name for other in others], most=5),
        "joined": clock.date(one.created_at),
    }


def seen_when(seen: signed_in.Seen | None, clock: formats.Clock) -> str:
    """`today 09:12`; `not known` where that is so, `never` only for who never signed in."""
    if seen is None:
        return _("never")
    return clock.when(seen.at) if seen.at else _("not known")


def _seen(seen: signed_in.Seen | None, clock: formats.Clock) -> str:
    when = formats.first_upper(seen_when(seen, clock))
    return f"{when}, {gains.in_language(seen.where)}" if seen and seen.where else when


def last_seen(here: Here, found: Found, clock: formats.Clock) -> str:
    """`Today 09:12, Web shop`. One statement."""
    one = found.membership
    return _seen(signed_in.last_seen(memberships=[one.id], at=here.at).get(one.id), clock)


def browser(one: Browser, clock: formats.Clock, *, own: str = "") -> dict[str, Any]:
    """A browser as people/_sessions.html takes it; `own` is the key of the one that asks."""
    active = _("active %(when)s") % {"when": clock.when(one.last_seen_at)}
    since = _("signed in %(when)s") % {"when": clock.when(one.since)} if one.since else ""
    services = formats.listed([gains.in_language(name) for name in one.services])
    return {
        "id": one.key,
        "title": formats.browser(one.agent),
        "here": bool(own) and one.key == own,
        "sub": " · ".join(part for part in (services, since, active) if part),
    }
