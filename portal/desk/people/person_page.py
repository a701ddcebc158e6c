"""The page of a customer's person has this page model for staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from delegation.activity import queries as activity_queries
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.people import sessions
from delegation.people.queries import VisibleMember
from portal.shell import query_string, timeline
from portal.shell.explanation import RightRow, RightsExplanation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.timeline import TimelineEvent
from portal.wording import access, dates, factor_changes, supplier_texts, systems
from portal.wording.systems import SystemRow
from provisioning.accounts import status

_EVENTS = 8


@dataclass(frozen=True, slots=True)
class CustomerPersonFacts:
    """Holds facts about a person; each may be empty."""

    phone: str
    last_seen: str
    signs_in_with: str
    sites: str
    joined: str


@dataclass(frozen=True, kw_only=True)
class CustomerPersonPage(PageModel):
    """Shows one person of a customer, present or former, without a way to change anything."""

    template: ClassVar[str] = "desk/people/detail.html"

    name: str
    email: str
    title: str
    customer: str
    back_url: str
    removed: str
    """When the person was removed and by which person; empty for a present one."""
    since: str
    """`Orderer since 14 Feb 2023`."""
    rights: Sequence[RightRow]
    systems: Sequence[SystemRow]
    systems_summary: str
    events: Sequence[TimelineEvent]
    events_url: str
    """Empty for a reader who may not see the log."""
    look_url: str
    """Empty for a former person, and for a reader who may not look along."""
    facts: CustomerPersonFacts
    recovery_url: str = ""
    """Where lost sign-in methods are replaced; empty for a reader who does not do it, and for a former person."""


def person_page(page: PageContext, member: VisibleMember) -> CustomerPersonPage:
    """Return the page."""
    membership, clock = member.membership, dates.Clock(page.at, page.zone)
    names = display_names.load(organization=page.organization_id)
    explanation = RightsExplanation(page, [membership.id], names, clock)
    statuses = status.systems_of_person(user=membership.user, memberships=[membership.id], at=page.at)
    rows = systems.matrix(statuses, names, clock, former=member.former)
    return CustomerPersonPage(
        name=membership.shown_name,
        email=membership.user.email,
        title=membership.title,
        customer=page.organization.name,
        back_url=page.url("staff_people"),
        removed=_removed(page, member, explanation) if member.former else "",
        since=explanation.since,
        rights=explanation.rows(),
        systems=rows,
        systems_summary=systems.summary(rows),
        events=_events(page, member, explanation),
        events_url=_events_url(page, member),
        look_url=_look_url(page, member),
        facts=_facts(page, member, explanation),
        recovery_url=_recovery_url(page, member),
    )


def _recovery_url(page: PageContext, member: VisibleMember) -> str:
    if member.former or Verb.FACTOR_RECOVERY_OPEN not in page.abilities or page.organization.is_suspended:
        return ""
    return page.url("staff_recovery_open", membership=member.membership.id)


def _removed(page: PageContext, member: VisibleMember, explanation: RightsExplanation) -> str:
    event = activity_queries.latest(
        organization=page.organization_id,
        membership=member.membership.id,
        verb=Verb.MEMBER_REMOVE.value,
    )
    if event is None:
        return _("Removed.")
    by = timeline.event_wording(page.organization_id, [event], explanation.names).actor(event)
    return _("Removed %(when)s by %(name)s.") % {"when": explanation.clock.when(event.at), "name": by}


def _events(
    page: PageContext, member: VisibleMember, explanation: RightsExplanation
) -> Sequence[TimelineEvent]:
    if not page.sees_activity:
        return ()
    events = activity_queries.about_member(
        organization=page.organization_id, membership=member.membership.id, limit=_EVENTS
    )
    return timeline.timeline(page, events, explanation.names, explanation.clock)


def _events_url(page: PageContext, member: VisibleMember) -> str:
    if not page.sees_activity:
        return ""
    return query_string.with_values(page.url("staff_activity"), {"person": str(member.membership.id)})


def _look_url(page: PageContext, member: VisibleMember) -> str:
    if member.former or Verb.LOOK_BEGIN not in page.abilities:
        return ""
    return page.url("staff_look_begin", membership=member.membership.id)


def _facts(page: PageContext, member: VisibleMember, explanation: RightsExplanation) -> CustomerPersonFacts:
    membership, clock = member.membership, explanation.clock
    last = sessions.last_seen(memberships=[membership.id], at=page.at).get(membership.id)
    when = dates.first_upper(clock.last_sign_in(last.at if last else None))
    return CustomerPersonFacts(
        phone="" if member.former else membership.user.phone,
        last_seen=f"{when}, {supplier_texts.in_language(last.service)}" if last and last.service else when,
        signs_in_with=factor_changes.sign_in_methods(sessions.factors(user=membership.user)),
        sites=access.sites(explanation.assignments) if explanation.assignments else "",
        joined=clock.date(membership.created_at),
    )
