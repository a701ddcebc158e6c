"""Three conditions lead to an invitation: independent proofs, two people, and time for objections."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.orphan_cases import ladder
from delegation.orphan_cases.case_views import STATE, CaseView
from delegation.orphan_cases.commands import decisions
from portal.wording import dates, orphan_cases


@dataclass(frozen=True, slots=True)
class CaseCondition:
    """Describes a condition; `tone` is ok, stop or empty, `whole` is 0 without a bar of progress."""

    label: str
    value: str
    meta: str
    tone: str = ""
    passed: int = 0
    whole: int = 0
    bar: str = ""
    """What the bar says."""


def conditions(case: CaseView, clock: dates.Clock) -> list[CaseCondition]:
    """Return the three conditions, in the order of the page."""
    return [_proofs(case), _people(case), _time(case, clock)]


def _proofs(case: CaseView) -> CaseCondition:
    needed, score = ladder.NEEDED_SOURCES, case.score
    value = _("%(number)s of %(whole)s") % {"number": min(score.sources, needed), "whole": needed}
    if score.suffices(case.row.threshold):
        return CaseCondition(_("Proofs"), value, _("independent of each other"), "ok")
    if score.sources >= needed:
        meta = _("Their weight is %(number)s. %(whole)s is needed.")
        return CaseCondition(_("Proofs"), value, meta % {"number": score.weight, "whole": case.row.threshold})
    return CaseCondition(_("Proofs"), value, _("Two that rest on different things are needed."))


def _people(case: CaseView) -> CaseCondition:
    names = [name for name in (case.proposed_by, case.approved_by) if name]
    value = _("%(number)s of %(whole)s") % {"number": len(names), "whole": 2}
    metas = [
        _("Two people of the staff judge each proof."),
        _("%(name)s has. One more must.") % {"name": names[0] if names else ""},
        dates.name_list(names),
    ]
    return CaseCondition(_("People"), value, metas[len(names)], "ok" if len(names) == 2 else "")


def _time(case: CaseView, clock: dates.Clock) -> CaseCondition:
    row, label = case.row, _("Time")
    if row.state == STATE.OPEN or row.waits_until is None:
        hours = dates.span(settings.ORPHAN_WAIT.total_seconds())
        return CaseCondition(label, hours, _("Begins with the proposal."))
    if row.state in {STATE.RESOLVED, STATE.CLOSED}:
        return CaseCondition(label, orphan_cases.STATES[row.state](), "")
    if row.state == STATE.JOINED and row.full_from is not None:
        return _running(case, clock, row.full_from, settings.ORPHAN_PROBATION)
    return _running(case, clock, row.waits_until, settings.ORPHAN_WAIT)


def _running(case: CaseView, clock: dates.Clock, ends: dt.datetime, length: dt.timedelta) -> CaseCondition:
    """Describe the clock: time while an objection stopped it does not count, and a letter by post makes it longer."""
    row = case.row
    at = row.stopped_at or clock.now
    left = max(0, int((ends - at).total_seconds()))
    whole = int(length.total_seconds())
    if left > whole:
        whole = max(left, int(decisions.POST_WAIT.total_seconds()))
    passed = whole - left
    if row.stopped_at:
        meta = _("Stopped by an objection, %(moment)s") % {"moment": clock.when(row.stopped_at)}
    elif row.state == STATE.JOINED:
        meta = _("Then %(name)s gets all rights.") % {"name": row.name}
    else:
        meta = _("Until then people can object.") if at < ends else _("No objection is open.")
    text = orphan_cases.time_left(ends, at)
    return CaseCondition(
        label=_("Time"),
        value=dates.first_upper(text),
        meta=meta,
        tone="stop" if row.stopped_at else "" if at < ends else "ok",
        passed=passed,
        whole=whole,
        bar=text,
    )
