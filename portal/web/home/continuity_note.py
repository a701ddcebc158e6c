"""Admins see the continuity grade on their start page, and before anything breaks what they can do about it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.continuity_grades import queries, rules
from delegation.continuity_grades.queries import AdminFacts, GradeFacts
from portal.shell import components, forms
from portal.shell.components import Callout
from portal.shell.page_context import PageContext
from portal.web.home import handover_note, interim_note
from portal.wording import dates, grade_facts


@dataclass(frozen=True, slots=True)
class GradeLine:
    """Names the grade and the fact that lowers it most; empty for a good one."""

    word: str
    fact: str
    url: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Asks the reader to confirm by one button; `idempotency_key` is sent along."""

    text: str
    sub: str
    url: str
    idempotency_key: str


def parts(page: PageContext, admins: Sequence[AdminFacts], *, is_admin: bool) -> Mapping[str, Any]:
    """Return the note of the page, the grade in one line, and the yearly question. One statement for an admin."""
    found = queries.facts_of(organization=page.organization_id, at=page.at) if is_admin else None
    note = handover_note.handover_note(page) or interim_note.interim_note(page, has_admin=bool(admins))
    return {
        "note": note or (_note(page, found, admins) if found else None),
        "grade": _line(page, found) if found else None,
        "confirmation": _confirmation(page, admins),
    }


def _line(page: PageContext, found: GradeFacts) -> GradeLine:
    return GradeLine(grade_facts.GRADES[found.grade](), grade_facts.lowering(found), page.url("continuity"))


def _note(page: PageContext, found: GradeFacts, admins: Sequence[AdminFacts]) -> Callout | None:
    """Return the warning for a working admin whose organization is at risk, with the way out."""
    if only := components.only_admin(page, [one.row.id for one in admins]):
        return only
    is_admin = any(page.is_own(one.row.id) for one in admins)
    if not is_admin or not found.grade.is_at_risk or Verb.ACCESS_CHANGE not in page.abilities:
        return None
    word = grade_facts.GRADES[found.grade]()
    return Callout(
        tone="warn",
        icon="key",
        strong=_("Continuity: %(grade)s.") % {"grade": word},
        text=grade_facts.lowering(found),
        url=page.url("second_admin"),
        label=_("Promote a colleague…"),
        more_url=page.url("continuity"),
        more_label=_("View"),
    )


def _confirmation(page: PageContext, admins: Sequence[AdminFacts]) -> Confirmation | None:
    """Return the question for a working admin whose year is over, or will be soon."""
    own = next((one for one in admins if page.is_own(one.row.id)), None)
    if own is None or own.confirm_by - rules.ASKED_BEFORE > page.at:
        return None
    clock = dates.Clock(page.at, page.zone)
    day = {"day": clock.date(own.confirm_by - dt.timedelta(microseconds=1))}
    is_late = own.confirm_by <= page.at
    return Confirmation(
        text=_("Are you still an admin here?"),
        sub=_("The year ended on %(day)s.") % day if is_late else _("Confirm by %(day)s.") % day,
        url=page.url("continuity"),
        idempotency_key=forms.new_idempotency_key(),
    )
