"""A colleague's page has this page model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from delegation.access.queries import AssignmentView
from delegation.activity import queries as activity_queries
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.people import queries as people_queries
from delegation.people import sessions
from delegation.people.queries import VisibleMember
from portal.shell import actions, timeline
from portal.shell import forms as shell_forms
from portal.shell.actions import Action
from portal.shell.components import SessionRow
from portal.shell.explanation import RightRow, RightsExplanation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.removal_retries import Retry
from portal.shell.timeline import TimelineEvent
from portal.web.people import removal_facts, sign_out_context
from portal.wording import access, dates, factor_changes, supplier_texts, systems
from portal.wording.systems import SystemRow
from provisioning.accounts import status

_EVENTS = 8
_VERBS = (
    Verb.ACCESS_CHANGE,
    Verb.ACCOUNT_RESYNC,
    Verb.MEMBER_REMOVE,
    Verb.MEMBER_RESTORE,
    Verb.MEMBER_RESUME,
    Verb.MEMBER_SIGN_OUT,
    Verb.REMOVAL_PLAN,
)


@dataclass(frozen=True, slots=True)
class PersonHead:
    """Identifies the person that a page is about."""

    name: str
    email: str
    title: str


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Holds facts about a colleague, as far as the reader may see them; each may be empty."""

    phone: str
    last_seen: str
    signs_in_with: str
    sites: str
    also_works_for: str
    joined: str


@dataclass(frozen=True, kw_only=True)
class PersonPage(PageModel):
    """Shows one colleague, present or former."""

    template: ClassVar[str] = "web/people/detail.html"

    person: PersonHead
    change: Action | None
    remove: Action | None
    refused: str
    """Why the reader cannot change or remove this colleague; may be empty."""
    ended: removal_facts.EndedAccess | None
    notices: Sequence[removal_facts.AccessNotice]
    """A planned end, and a suspension."""
    since: str
    """`Orderer since 14 Feb 2023`."""
    rights: Sequence[RightRow]
    systems: Sequence[SystemRow]
    systems_summary: str
    is_updating: bool
    """Whether a system is being updated: a script asks again, less and less often."""
    here_url: str
    retry: Retry | None
    """The form that resends the access; None without a system that is out of date, failed or retried."""
    retry_label: str
    events: Sequence[TimelineEvent]
    events_url: str
    """Empty for a reader who may not see the log."""
    facts: PersonFacts
    sessions: Sequence[SessionRow]
    sessions_url: str = ""
    """Always empty: the page at `sign_out_url` asks before a colleague's session ends."""
    sign_out_url: str
    """Empty for a reader who may not sign this colleague out."""
    back_url: str


def explain_rights(page: PageContext, member: VisibleMember, clock: dates.Clock) -> RightsExplanation:
    """Return this colleague's rights and their explanation, for the page and for a panel over it."""
    return RightsExplanation(
        page, [member.membership.id], display_names.load(organization=page.organization_id), clock
    )


def person_page(page: PageContext, member: VisibleMember, explanation: RightsExplanation) -> PersonPage:
    """Return the page, limited to what this reader may see and do."""
    membership, names, clock = member.membership, explanation.names, explanation.clock
    abilities = policy.abilities(actor=page.viewer, memberships=[membership.id], at=page.at, verbs=_VERBS)
    may = abilities[membership.id]
    # Before the accounts: a system that is updated in between counts as updated.
    events = _events(page, member, names, clock)
    statuses = status.systems_of_person(user=membership.user, memberships=[membership.id], at=page.at)
    rows = systems.matrix(statuses, names, clock, former=member.former)
    change, remove, refused = _actions(page, member, may)
    return PersonPage(
        person=PersonHead(membership.shown_name, membership.user.email, membership.title),
        change=change,
        remove=remove,
        refused=refused,
        ended=removal_facts.ended(page, member, may, names, clock) if member.former else None,
        notices=[] if member.former else removal_facts.notices(page, member, may, clock),
        since=explanation.since,
        rights=explanation.rows(),
        systems=rows,
        systems_summary=systems.summary(rows),
        is_updating=any(row.state in {"wait", "closing"} for row in rows),
        here_url=page.url("person", membership=membership.id),
        retry=_retry(page, member, may[Verb.ACCOUNT_RESYNC], rows),
        retry_label=_("Try again now") if member.former else _("Sync now"),
        events=events,
        events_url=f"{page.url('activity')}?person={membership.id}" if page.sees_activity else "",
        facts=_facts(page, member, explanation.assignments, clock),
        sessions=sign_out_context.session_rows(page, membership.id, clock),
        sign_out_url=sign_out_context.url(page, membership.id, may[Verb.MEMBER_SIGN_OUT]),
        back_url=page.list_url,
    )


def _actions(
    page: PageContext, member: VisibleMember, may: Mapping[Verb, Decision]
) -> tuple[Action | None, Action | None, str]:
    """Return the buttons to change and to remove that are allowed, and the reasons of those that are refused."""
    change = _button(page, member, may[Verb.ACCESS_CHANGE], "person_access")
    remove = _button(page, member, may[Verb.MEMBER_REMOVE], "person_remove")
    reasons = dict.fromkeys(button.reason for button in (change, remove) if button and button.reason)
    return (
        change if change and change.url else None,
        remove if remove and remove.url else None,
        " ".join(reasons),
    )


def _button(page: PageContext, member: VisibleMember, may: Decision, route: str) -> Action | None:
    url = page.url(route, membership=member.membership.id)
    return None if member.former else actions.action(may, url=url)


def polled_content(model: PersonPage) -> object:
    """Return what the updating part shows."""
    return model.systems, model.systems_summary, model.retry is None, model.events


def _retry(
    page: PageContext, member: VisibleMember, may: Decision, rows: Sequence[SystemRow]
) -> Retry | None:
    if not may or not any(row.is_retried or row.state in {"differs", "failed"} for row in rows):
        return None
    url = page.url("person_resync", membership=member.membership.id)
    return Retry(url, shell_forms.new_idempotency_key())


def _events(
    page: PageContext, member: VisibleMember, names: DisplayNames, clock: dates.Clock
) -> Sequence[TimelineEvent]:
    if not page.sees_activity:
        return ()
    events = activity_queries.about_member(
        organization=page.organization_id, membership=member.membership.id, limit=_EVENTS
    )
    return timeline.timeline(page, events, names, clock)


def _facts(
    page: PageContext, member: VisibleMember, assignments: Sequence[AssignmentView], clock: dates.Clock
) -> PersonFacts:
    membership = member.membership
    others = people_queries.in_other_organizations(actor=page.viewer, member=membership, at=page.at)
    return PersonFacts(
        phone="" if member.former else membership.user.phone,
        last_seen=last_seen(page, member, clock),
        signs_in_with=factor_changes.sign_in_methods(sessions.factors(user=membership.user)),
        sites=access.sites(assignments) if assignments else "",
        also_works_for=dates.name_list([other.organization.name for other in others], most=5),
        joined=clock.date(membership.created_at),
    )


def _last_seen(last: sessions.LastSeen | None, clock: dates.Clock) -> str:
    when = dates.first_upper(clock.last_sign_in(last.at if last else None))
    return f"{when}, {supplier_texts.in_language(last.service)}" if last and last.service else when


def last_seen(page: PageContext, member: VisibleMember, clock: dates.Clock) -> str:
    """Return `Today 09:12, Web shop`. One statement."""
    membership = member.membership
    return _last_seen(sessions.last_seen(memberships=[membership.id], at=page.at).get(membership.id), clock)
