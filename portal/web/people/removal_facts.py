"""The end of a colleague's access is described: planned, suspended, ended, and by which event."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.activity import queries as activity_queries
from delegation.activity import scope as activity_scope
from delegation.activity.events import EventView
from delegation.authorization import authorities
from delegation.authorization.policy import Decision
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.catalogue.display_names import DisplayNames
from delegation.departures import queries as departures_queries
from delegation.duties import queries as duties_queries
from delegation.people.queries import VisibleMember
from portal.shell import duty_lines, timeline
from portal.shell.explanation import RightsExplanation
from portal.shell.page_context import PageContext
from portal.wording import dates, supplier_texts


@dataclass(frozen=True, slots=True)
class AccessNotice:
    """Says that the access ends or is suspended, with the page that changes it; `url` may be empty."""

    text: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class EndedAccess:
    """Describes the end of a former colleague's access, and links to restoring it."""

    text: str
    receipt_url: str
    restore_url: str
    restore_label: str


def ended(
    page: PageContext,
    member: VisibleMember,
    may: Mapping[Verb, Decision],
    names: DisplayNames,
    clock: dates.Clock,
) -> EndedAccess:
    """Return how the access of a former colleague ended."""
    plan = departures_queries.open_plans(memberships=[member.membership.id]).get(member.membership.id)
    event = None if plan else _removal_event(page, member)
    return EndedAccess(
        text=_removed_text(page, event, names, clock)
        if plan is None
        else _("Access ended %(when)s as planned.") % {"when": clock.when(plan.ends_at)},
        receipt_url=page.url("removal", act=event.act) if event and sees_receipt(page, event) else "",
        restore_url=page.url("person_restore", membership=member.membership.id)
        if may[Verb.MEMBER_RESTORE]
        else "",
        restore_label=_("Restore %(name)s") % {"name": member.membership.shown_name},
    )


def notices(
    page: PageContext, member: VisibleMember, may: Mapping[Verb, Decision], clock: dates.Clock
) -> list[AccessNotice]:
    """Return the planned end, suspension and conflicts of duties of a present colleague. Five statements at most."""
    one = member.membership.id
    found: list[AccessNotice] = []
    if authorities.period_states(ids=[one], at=page.at).get(one) == "suspended":
        url = page.url("person_resume", membership=one) if may[Verb.MEMBER_RESUME] else ""
        found.append(AccessNotice(_("Access is suspended."), url, _("Resume access…")))
    if Verb.DUTY_VIEW in page.abilities:
        found.extend(_duties(page, member))
    if plan := departures_queries.open_plans(memberships=[one]).get(one):
        values = {"day": clock.day(plan.ends_at), "time": clock.time(plan.ends_at)}
        url = page.url("person_last_day", membership=one) if may[Verb.REMOVAL_PLAN] else ""
        text = _("Access ends on %(day)s at %(time)s.") % values
        found.append(AccessNotice(text, url, _("Change or cancel…")))
    return found


def _duties(page: PageContext, member: VisibleMember) -> list[AccessNotice]:
    held = duties_queries.of_member(membership=member.membership.id, at=page.at)
    return [
        AccessNotice(
            _("%(name)s can %(what)s, which are kept apart. %(state)s.")
            % {
                "name": member.membership.shown_name,
                "what": supplier_texts.in_language(one.conflict.text),
                "state": duty_lines.state_of(one),
            },
            page.url("duties"),
            _("Duties to keep apart"),
        )
        for one in held
    ]


def access_at_removal(
    page: PageContext, member: VisibleMember, explanation: RightsExplanation
) -> tuple[AccessSpec | None, str]:
    """Return the access at the removal, None unless it was one, and in words; empty without any."""
    event = _removal_event(page, member)
    if event is None or not event.before.get("access"):
        return None, ""
    had = event.before["access"]
    words = timeline.event_wording(
        page.organization_id, [event], explanation.names, explanation.clock
    ).accesses(had)
    return AccessSpec.from_json(had[0]) if len(had) == 1 else None, words


def _removal_event(page: PageContext, member: VisibleMember) -> EventView | None:
    return activity_queries.latest(
        organization=page.organization_id, membership=member.membership.id, verb=Verb.MEMBER_REMOVE.value
    )


def remover(event: EventView) -> uuid.UUID:
    """Return who removed the person: of a planned removal, who planned it."""
    planner = event.facts.get("planned_by")
    return uuid.UUID(planner) if planner else event.actor


def number_of(first: EventView) -> str:
    """Return the number of the receipt of this removal."""
    return f"R-{first.act.hex[-12:-6]}-{first.act.hex[-6:]}"


def ended_at(first: EventView) -> dt.datetime:
    """Return when the access ended: of a planned removal, the planned instant."""
    since = first.after.get("since")
    return dt.datetime.fromisoformat(since) if since else first.at


def sees_receipt(page: PageContext, event: EventView) -> bool:
    """Return whether the reader removed the person, or sees the whole log: a removed person has no site any more."""
    return remover(event) == page.viewer.id or sees_all_receipts(page)


def sees_all_receipts(page: PageContext) -> bool:
    """Return whether the reader sees the whole log. One statement for readers of any of it."""
    return page.sees_activity and activity_scope.sees_whole_log(
        actor=page.viewer, organization=page.organization_id, at=page.at
    )


def _removed_text(page: PageContext, event: EventView | None, names: DisplayNames, clock: dates.Clock) -> str:
    if event is None:
        return _("Removed.")
    if since := event.after.get("since"):
        ended_at = dt.datetime.fromisoformat(since)
        return _("Access ended %(when)s as planned.") % {"when": clock.when(ended_at)}
    by = timeline.event_wording(page.organization_id, [event], names).actor(event)
    return _("Removed %(when)s by %(name)s.") % {"when": clock.when(event.at), "name": by}
