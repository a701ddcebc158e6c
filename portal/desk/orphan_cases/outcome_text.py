"""The page of a case says which two people decided, and what follows once all conditions are met."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.orphan_cases.case_views import STATE, CaseView
from portal.shell.page_context import PageContext
from portal.wording import cldr, dates, orphan_cases


@dataclass(frozen=True, slots=True)
class Decider:
    """Describes one of the two people; `state` is empty for one who has not decided."""

    place: str
    name: str
    text: str
    when: str
    state: str


@dataclass(frozen=True, slots=True)
class OutcomeText:
    """Says what follows; `button` is drawn for those who can invite, and works where `why` is empty."""

    title: str
    text: str
    has_button: bool = False
    why: str = ""


def title(case: CaseView) -> str:
    """Return the title of the page."""
    row = case.row
    values = {"customer": row.organization.name, "name": row.name}
    if row.state == STATE.JOINED:
        return _("%(customer)s has a new admin who invites and views") % values
    if row.state == STATE.RESOLVED:
        return _("%(name)s is the new admin of %(customer)s") % values
    if row.state == STATE.CLOSED:
        return _("%(customer)s: closed without a new admin") % values
    return _("%(customer)s has no admin") % values


def deciders(case: CaseView, clock: dates.Clock, *, second: bool) -> Sequence[Decider]:
    """Return the two people; `second` says that the reader can be the second one now."""
    row, waits = case.row, _("Not chosen yet")
    first_text = _("Judges each proof, and proposes a person")
    second_text = _("Another person of senior support judges each proof")
    if case.proposed_by:
        first_text = _("Judged each proof, proposes %(name)s as admin") % {"name": row.name}
    if case.approved_by:
        second_text = _("Judged each proof, without the first verdicts")
    elif second:
        second_text = _("You can be the second person. Judge each proof above.")
    first_when = clock.when(row.proposed_at) if row.proposed_at else ""
    second_when = clock.when(row.approved_at) if row.approved_at else ""
    proposed = _("Proposed") if case.proposed_by else ""
    approved = _("Approved") if case.approved_by else ""
    return [
        Decider(_("First"), case.proposed_by or waits, first_text, first_when, proposed),
        Decider(_("Second"), case.approved_by or waits, second_text, second_when, approved),
    ]


def outcome(page: PageContext, case: CaseView, clock: dates.Clock) -> OutcomeText:
    """Return what follows, or what has followed."""
    row = case.row
    values = {
        "name": row.name or _("The person"),
        "invited": clock.when(row.invited_at) if row.invited_at else "",
        "full": clock.date_time(row.full_from, seconds=False) if row.full_from else "",
    }
    if row.state == STATE.INVITED:
        text = _("%(name)s has got one invitation, %(invited)s. It has not been accepted yet.")
        return OutcomeText(_("Invitation"), text % values)
    if row.state == STATE.JOINED:
        text = _("%(name)s can invite people and see them. All rights of an admin begin on %(full)s.")
        return OutcomeText(_("Until the further time is over"), text % values)
    if row.state == STATE.RESOLVED:
        return OutcomeText(_("Result"), _("%(name)s has all rights of an admin.") % values)
    if row.state == STATE.CLOSED:
        return OutcomeText(_("Result"), _closed(case))
    text = _(
        "%(name)s gets one invitation to become admin. No password is set, and no person signs in as another one."
    )
    has_button = Verb.ORPHAN_CASE_INVITE in page.abilities
    why = _why_not(case, clock)
    return OutcomeText(_("When all three are met"), text % values, has_button, why)


def _why_not(case: CaseView, clock: dates.Clock) -> str:
    """Return what an invitation still needs; empty where it can be sent."""
    row, needs = case.row, list[str]()
    if row.state == STATE.OPEN:
        needs.append(_("a proposal"))
    if row.state in {STATE.OPEN, STATE.PROPOSED}:
        needs.append(_("a second person"))
    if row.stopped_at:
        needs.append(_("a decision on the objection"))
    if row.waits_until is not None:
        at = row.stopped_at or clock.now
        if at < row.waits_until:
            needs.append(orphan_cases.time_left(row.waits_until, at))
    return _("Needs %(what)s.") % {"what": cldr.joined(needs)} if needs else ""


def _closed(case: CaseView) -> str:
    if case.row.membership_id is None:
        return _("The case was closed. No person got rights by it.")
    return _("The case was closed. %(name)s keeps inviting and viewing.") % {"name": case.row.name}
