"""Pages show the removals that a system has not confirmed in time, or is known to fail."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.activity import queries as activity_queries
from delegation.activity import scope as activity_scope
from delegation.activity.events import EventView
from delegation.authorization.verbs import Verb
from delegation.people import leavers
from portal.shell import removal_retries
from portal.shell.page_context import PageContext
from portal.shell.removal_retries import Retry
from portal.wording import cldr, dates, delivery_attempts, supplier_texts
from provisioning.removals import queries as removals_queries
from provisioning.removals.queries import UnconfirmedRemoval

_DESCRIBED = 3
"""Removals that a page describes; it counts the others."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Describes a removal that is not confirmed: where the access is not known to be closed, and what is tried."""

    text: str
    """`CRM portal has not confirmed that Mikko Laine’s access is closed`."""
    attempts: str
    """`No answer to 3 attempts, the last at 13:08:12. Next attempt at 13:09:12.`; may be empty."""
    retry: Retry | None
    url: str
    """Of the receipt; of the list of removed people for several removals."""


@dataclass(frozen=True, slots=True)
class OpenRemoval:
    """Says what is not confirmed of a removal that a page shows, with the form to try again now."""

    text: str
    retry: Retry | None


def notices(page: PageContext, clock: dates.Clock) -> list[Notice]:
    """Return the newest whose receipt the reader may see, and one notice of the others.

    One statement without any, else six at most.
    """
    if Verb.MEMBER_REMOVE not in page.abilities and not page.sees_activity:
        return []
    found = removals_queries.unconfirmed(organization=page.organization_id, at=page.at)
    shown = _visible(page, found)
    people = {membership for removal in shown for membership in removal.memberships}
    names = leavers.names(memberships=people, at=page.at) if shown else {}
    forms = _retries(page, shown)
    gone = [removal for removal in shown if removal.memberships & names.keys()]
    described = [_notice(page, removal, names, forms, clock) for removal in gone[:_DESCRIBED]]
    rest = len(gone) - _DESCRIBED
    return [*described, _rest(page, rest)] if rest > 0 else described


def _rest(page: PageContext, number: int) -> Notice:
    text = ngettext(
        "%(number)d more removal is not confirmed", "%(number)d more removals are not confirmed", number
    )
    return Notice(text % {"number": number}, "", None, page.url("people") + "?who=former")


def _retries(page: PageContext, removals: Sequence[UnconfirmedRemoval]) -> Mapping[uuid.UUID, Retry]:
    return removal_retries.of_acts(page, {removal.act: removal.memberships for removal in removals})


def by_act(
    page: PageContext, events: Sequence[EventView], clock: dates.Clock
) -> Mapping[uuid.UUID, OpenRemoval]:
    """Return what is not confirmed of the removals among these events, by act.

    No statement without a removal, one without an unconfirmed one, else three.
    """
    acts = {event.act for event in events if event.verb == Verb.MEMBER_REMOVE and event.outcome == "done"}
    if not acts:
        return {}
    found = removals_queries.unconfirmed(organization=page.organization_id, at=page.at, acts=acts)
    forms = _retries(page, found)
    return {
        removal.act: OpenRemoval(_each_system(removal, clock), forms.get(removal.act)) for removal in found
    }


def _visible(page: PageContext, found: Sequence[UnconfirmedRemoval]) -> list[UnconfirmedRemoval]:
    if not found or (
        page.sees_activity
        and activity_scope.sees_whole_log(actor=page.viewer, organization=page.organization_id, at=page.at)
    ):
        return list(found)
    own = activity_queries.acts_of(
        organization=page.organization_id,
        actor=page.viewer.id,
        verb=Verb.MEMBER_REMOVE.value,
        among=[removal.act for removal in found],
    )
    return [removal for removal in found if removal.act in own]


def _notice(
    page: PageContext,
    removal: UnconfirmedRemoval,
    names: Mapping[uuid.UUID, str],
    forms: Mapping[uuid.UUID, Retry],
    clock: dates.Clock,
) -> Notice:
    systems = [supplier_texts.in_language(system.name) for system in removal.systems]
    said = [
        delivery_attempts.describe(system, name, clock)
        for system, name in zip(removal.systems, systems, strict=True)
    ]
    if len(systems) > 1:
        pairs = zip(systems, said, strict=True)
        said = [text if text.startswith(name) else f"{name}: {text}" for name, text in pairs if text]
    people = [names[membership] for membership in removal.memberships if membership in names]
    return Notice(
        text=_text(systems, people),
        attempts=" ".join(text for text in said if text),
        retry=forms.get(removal.act),
        url=page.url("removal", act=removal.act),
    )


def _text(systems: Sequence[str], people: Collection[str]) -> str:
    values = {
        "systems": dates.name_list(systems),
        "name": next(iter(people)),
        "number": cldr.number(len(people)),
    }
    if len(people) == 1:
        text = ngettext(
            "%(systems)s has not confirmed that %(name)s’s access is closed",
            "%(systems)s have not confirmed that %(name)s’s access is closed",
            len(systems),
        )
    else:
        text = ngettext(
            "%(systems)s has not confirmed that the access of %(number)s people is closed",
            "%(systems)s have not confirmed that the access of %(number)s people is closed",
            len(systems),
        )
    return text % values


def _each_system(removal: UnconfirmedRemoval, clock: dates.Clock) -> str:
    lines = []
    for system in removal.systems:
        name = supplier_texts.in_language(system.name)
        said = delivery_attempts.describe(system, name, clock)
        lines.append(" ".join([_("%(system)s has not confirmed.") % {"system": name}, said]).strip())
    return " ".join(lines)
