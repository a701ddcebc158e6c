"""A page asks for the last day of colleagues, and says what ends then and what needs a decision."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.departures import queries as departures_queries
from delegation.departures.queries import OpenPlan
from delegation.people import removal_impact
from delegation.people.queries import VisibleMember
from portal.shell import query_string
from portal.shell.components import Contact
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.people import removal_context, removal_decisions
from portal.web.people.last_day_form import LastDayForm
from portal.web.people.removal_context import Blocked, ClosingSystem, Ending
from portal.web.people.removal_decisions import OpenDecision
from portal.wording import cldr, dates


@dataclass(frozen=True, slots=True)
class PresentPlan:
    """Describes the plan that the form changes; `cancel_url` is POSTed to."""

    text: str
    cancel_url: str
    key: str


@dataclass(frozen=True, kw_only=True)
class LastDayPage(PageModel):
    """Plans the end of the access of one colleague, or of several."""

    template: ClassVar[str] = "web/people/last_day.html"

    title: str
    sub: str
    blocked: Blocked | None
    """Set where the plan is impossible: the page has no button then."""
    plan: PresentPlan | None
    """Of a single colleague."""
    people: Sequence[Contact]
    """Where several are planned."""
    endings: Sequence[Ending]
    decisions: Sequence[OpenDecision]
    closing_systems: Sequence[ClosingSystem]
    not_affected: str
    elsewhere: str
    form: forms.BaseForm
    zone_note: str
    """Which clock the hour is read by."""
    ids: Sequence[str]
    """Of the people, sent as `m`."""
    button: str
    plan_url: str
    remove_url: str
    remove_label: str
    back_url: str
    back_label: str


def last_day_page(
    page: PageContext, leavers: Sequence[VisibleMember], form: LastDayForm, *, of: uuid.UUID | None
) -> LastDayPage:
    """Return the page; `of` is the person in its address, None for a selection."""
    clock = dates.Clock(page.at, page.zone)
    ids = [leaver.membership.id for leaver in leavers]
    counts = removal_impact.removal_impact(actor=page.viewer, leavers=leavers, at=page.at)
    names = removal_context.names(leavers)
    single = leavers[0] if len(leavers) == 1 else None
    plan = departures_queries.open_plans(memberships=ids).get(ids[0]) if single else None
    return LastDayPage(
        title=_title(leavers),
        sub=_("Nothing has happened yet. You can change or cancel the plan until access ends."),
        blocked=removal_context.blocked(page, leavers),
        plan=_present_plan(page, plan, clock, form) if plan else None,
        people=[] if single else [removal_context.contact(leaver) for leaver in leavers],
        endings=removal_context.endings(page, counts),
        decisions=removal_decisions.open_decisions(page, counts.decisions, names),
        closing_systems=removal_context.closing_systems(ids, counts, clock),
        not_affected=removal_context.not_affected(),
        elsewhere=removal_context.stays_elsewhere(page, single),
        form=form,
        zone_note=_("Times are %(place)s time.") % {"place": cldr.place(page.zone)},
        ids=[str(membership) for membership in ids],
        button=_("Change the plan") if plan else _("Plan the last day"),
        plan_url=page.url("person_last_day", membership=of) if of else page.url("people_last_day"),
        remove_url=_remove_url(page, ids, of),
        remove_label=_("Remove %(name)s now…") % {"name": names},
        back_url=page.url("person", membership=of) if of else page.list_url,
        back_label=single.membership.user.name if single else _("People"),
    )


def _remove_url(page: PageContext, ids: Sequence[uuid.UUID], of: uuid.UUID | None) -> str:
    if of:
        return page.url("person_remove", membership=of)
    return query_string.with_values(page.url("people_remove"), {"m": list(map(str, ids))})


def _title(leavers: Sequence[VisibleMember]) -> str:
    if len(leavers) == 1:
        return _("Plan the last day of %(name)s") % {"name": leavers[0].membership.user.name}
    text = ngettext(
        "Plan the last day of %(number)d person",
        "Plan the last day of %(number)d people",
        len(leavers),
    )
    return text % {"number": len(leavers)}


def _present_plan(page: PageContext, plan: OpenPlan, clock: dates.Clock, form: LastDayForm) -> PresentPlan:
    return PresentPlan(
        text=_("Planned: access ends %(when)s.") % {"when": when(plan, clock)},
        cancel_url=page.url("person_last_day_cancel", membership=plan.membership),
        key=str(form["idempotency_key"].value() or ""),
    )


def when(plan: OpenPlan, clock: dates.Clock) -> str:
    """Return `on 4 Dec at 17:00`."""
    return _("on %(day)s at %(time)s") % {"day": clock.day(plan.ends_at), "time": clock.time(plan.ends_at)}
