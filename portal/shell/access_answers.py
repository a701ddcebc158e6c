"""The answer lists who could at an instant, from the intervals, with the events behind each right."""

import dataclasses
import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.access.queries import AssignmentView
from delegation.activity import ending_events, people_in_events
from delegation.activity.events import EventView
from delegation.activity.giving_events import EventProof
from delegation.activity.people_in_events import NamedMember
from delegation.activity.scope import LogScope
from delegation.authorization import entitlements, history, staff_rights
from delegation.authorization.entitlements import Right
from delegation.authorization.staff_rights import StaffHolder
from delegation.catalogue.display_names import DisplayNames
from identity.memberships import queries as memberships_queries
from portal.shell import timeline
from portal.shell.access_questions import CURRENCY, Question
from portal.shell.explanation import ExplanationStep, RightsExplanation
from portal.shell.page_context import PageContext
from portal.wording import cldr, dates
from portal.wording.events import EventLine


@dataclass(frozen=True, slots=True)
class Match:
    """Names an assignment that answers the question; `right` is None for a verb."""

    assignment: uuid.UUID
    membership: uuid.UUID
    right: Right | None


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """Holds all who could, by name, and those who had the right within other limits or for other sites."""

    matches: Sequence[Match]
    close: Sequence[Match]
    members: dict[uuid.UUID, NamedMember]
    staff: Sequence[StaffHolder]
    people: int
    """The members who were active at the instant."""

    @property
    def number(self) -> int:
        """Return how many people could."""
        return len({match.membership for match in self.matches})


@dataclass(frozen=True, slots=True)
class ExplainedMatch:
    """Holds a match with its assignment, its interval and its explanation."""

    match: Match
    name: str
    assignment: AssignmentView
    valid_from: dt.datetime
    valid_until: dt.datetime | None
    chain: Sequence[ExplanationStep]
    assigned: EventProof | None
    sent: EventProof | None
    reason: str
    """In the giver's words; may be empty."""
    ended: EventProof | None


def answer(page: PageContext, question: Question, scope: LogScope) -> FoundPeople:
    """Find who could, among the members whose events the reader sees. Four statements at most.

    `page` is of the present.
    """
    matches, close = _matches(page.organization_id, question)
    if not scope.whole:
        seen = set(scope.memberships.order_by().values_list("id", flat=True))
        matches = [match for match in matches if match.membership in seen]
        close = [match for match in close if match.membership in seen]
    active = memberships_queries.active(at=question.at)
    if not scope.whole:
        active = active.filter(id__in=scope.memberships.order_by().values("id"))
    members, people = people_in_events.members_and_number(
        memberships=[match.membership for match in (*matches, *close)],
        organization=page.organization_id,
        counted=active,
    )
    place = {membership: index for index, membership in enumerate(members)}
    staff = (
        staff_rights.named_holders(verb=question.verb, organization=page.organization_id, at=question.at)
        if question.verb and scope.whole
        else []
    )
    return FoundPeople(
        matches=sorted(matches, key=lambda match: place[match.membership]),
        close=sorted(close, key=lambda match: place[match.membership]),
        members=members,
        staff=staff,
        people=people,
    )


def _matches(organization: uuid.UUID, question: Question) -> tuple[list[Match], list[Match]]:
    """Return what answers the question, and what would within other limits or for other sites. One statement."""
    site = question.site.id if question.site else None
    if question.verb is not None:
        found = history.assignments_with(
            verb=question.verb, organization=organization, at=question.at, site=site
        )
        return [Match(assignment, membership, None) for assignment, membership in found.items()], []
    rights = entitlements.rights_to(organization=organization, entitlement=question.could, at=question.at)
    matches = [
        Match(right.assignment, right.membership, right) for right in rights if _covers(right, question)
    ]
    able = {match.membership for match in matches}
    others = [
        Match(right.assignment, right.membership, right)
        for right in rights
        if not _covers(right, question) and right.membership not in able
    ]
    return matches, others


def _covers(right: Right, question: Question) -> bool:
    """Return whether a right reaches the site and the amount; a limit in another currency is not compared."""
    if question.site is not None and not (
        right.all_sites or question.site.id in {site.id for site in right.sites}
    ):
        return False
    if question.amount is None or not right.takes_amount or right.amount is None:
        return True
    return right.currency == CURRENCY and right.amount > question.amount


def explain(
    page: PageContext, question: Question, found: FoundPeople, shown: Sequence[Match], names: DisplayNames
) -> list[ExplainedMatch]:
    """Read why each of these could, and what ended it later. Seven statements at most."""
    clock = dates.Clock(page.at, page.zone)
    explanation = RightsExplanation(
        dataclasses.replace(page, at=question.at),
        list(dict.fromkeys(match.membership for match in shown)),
        names,
        clock,
        rights=[match.right for match in shown if match.right],
    )
    rows = [_explained(match, found, explanation) for match in shown]
    return _with_endings(page, rows, found, explanation)


def _explained(match: Match, found: FoundPeople, explanation: RightsExplanation) -> ExplainedMatch:
    assignment = explanation.assignments_by_id[match.assignment]
    event, right = explanation.giving_event(assignment), match.right
    chain = explanation.chain_of_right(right) if right else explanation.chain(assignment, limit="")
    if event is None:
        text = _("the log has no authentic event that gave this")
        chain.append(ExplanationStep(_("Not verified:"), text))
    return ExplainedMatch(
        match=match,
        name=found.members[match.membership].name,
        assignment=assignment,
        valid_from=right.valid_from if right else assignment.valid_from,
        valid_until=right.valid_until if right else assignment.valid_until,
        chain=chain,
        assigned=event.proof if event else None,
        sent=event.sent if event else None,
        reason=event.reason if event else "",
        ended=None,
    )


def _with_endings(
    page: PageContext, rows: Sequence[ExplainedMatch], found: FoundPeople, explanation: RightsExplanation
) -> list[ExplainedMatch]:
    ends = {row.valid_until for row in rows if row.valid_until and row.valid_until <= page.at}
    events = ending_events.at_instants(
        organization=page.organization_id,
        instants=ends,
        users={row.match.membership: found.members[row.match.membership].user for row in rows},
    )
    wording = timeline.event_wording(
        page.organization_id, [event for event, _proof in events], explanation.names, explanation.clock
    )
    by_subject = {(event.at, event.subject): (event, proof) for event, proof in reversed(events)}
    ended = []
    for row in rows:
        if row.valid_until not in ends or row.valid_until is None:
            ended.append(row)
            continue
        at = row.valid_until
        event = by_subject.get((at, row.match.membership)) or by_subject.get((at, page.organization_id))
        step = _ending(row, event, wording.sentence_for(event[0]) if event else None, explanation.clock)
        ended.append(dataclasses.replace(row, chain=[*row.chain, step], ended=event[1] if event else None))
    return ended


def _ending(
    row: ExplainedMatch,
    event: tuple[EventView, EventProof] | None,
    line: EventLine | None,
    clock: dates.Clock,
) -> ExplanationStep:
    at = clock.date_time(row.valid_until, seconds=False) if row.valid_until else ""
    if event is None or line is None:
        planned = row.valid_until == row.assignment.valid_until
        supplier = {"supplier": settings.SUPPLIER_NAME}
        text = (
            _("as planned when it was assigned")
            if planned
            else _("by a change of %(supplier)s’s tiers or offer") % supplier
        )
        return ExplanationStep(_("Ended"), text, at)
    number = _("event %(number)s") % {"number": cldr.number(event[1].number)}
    sub = " · ".join(part for part in (at, line.sub, number) if part)
    return ExplanationStep(
        _("Ended:"), " ".join(part for part in (line.actor, line.text) if part), sub, [event[1]]
    )
