"""Pages, mails and the log word the continuity grade and the facts that it follows from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from delegation.activity.events import EventView
from delegation.authorization.event_types import Observation
from delegation.authorization.verbs import Verb
from delegation.continuity_grades import rules
from delegation.continuity_grades.queries import AdminFacts, Grade, GradeFacts
from portal.wording import cldr
from portal.wording.dates import Clock
from portal.wording.event_names import EventNames

GRADES: Mapping[str, Callable[[], str]] = {
    Grade.NONE: lambda: _("No admin"),
    Grade.CRITICAL: lambda: pgettext("continuity", "Critical"),
    Grade.WEAK: lambda: pgettext("continuity", "Weak"),
    Grade.FAIR: lambda: pgettext("continuity", "Fair"),
    Grade.GOOD: lambda: pgettext("continuity", "Good"),
}
"""The grade in one word."""


@dataclass(frozen=True, slots=True)
class FactLine:
    """Describes a fact: its name, one sentence about it, and whether it is as it should be."""

    title: str
    sub: str
    is_met: bool = True


def _unmet(title: str, sub: str) -> FactLine:
    return FactLine(title, sub, is_met=False)


def facts(found: GradeFacts, admins: Sequence[AdminFacts], clock: Clock) -> list[FactLine]:
    """Return the facts of a grade, those first that lower it, the worst of them first."""
    lines = [_number(found), _freshness(found, admins, clock), _mail(found), _contact(found), _domain(found)]
    return sorted(lines, key=lambda line: line.is_met)


def lowering(found: GradeFacts) -> str:
    """Return in one sentence what lowers the grade most; empty for a good one. It names no person."""
    if found.admins < rules.NEEDED:
        return _("1 working admin. Two are needed.") if found.admins else _("No working admin.")
    if found.fresh < found.admins:
        numbers = {"number": cldr.number(found.fresh), "total": cldr.number(found.admins)}
        return _("Active admins: %(number)s of %(total)s.") % numbers
    if found.bounced:
        return _("Mail to an admin is returned.")
    if not found.contact:
        return _("No recovery contact.")
    return "" if found.domain else _("No verified mail domain.")


def _number(found: GradeFacts) -> FactLine:
    title = ngettext("%(number)s working admin", "%(number)s working admins", found.admins)
    title %= {"number": cldr.number(found.admins)}
    return FactLine(title, "") if found.admins >= rules.NEEDED else _unmet(title, _("Two are needed."))


def _freshness(found: GradeFacts, admins: Sequence[AdminFacts], clock: Clock) -> FactLine:
    """Name the admins who are not fresh, as far as they are listed."""
    if not found.admins:
        return _unmet(_("No admin is active"), "")
    if found.fresh == found.admins:
        return FactLine(_("Admins are active"), _("Signed in lately, and confirmed within a year."))
    texts = [text for one in admins if (text := _absence(one, clock))]
    return _unmet(_("Not all admins are active"), " ".join(texts))


def _absence(one: AdminFacts, clock: Clock) -> str:
    name = {"name": one.row.shown_name, "when": clock.last_sign_in(one.signed_in_at)}
    if not one.is_seen:
        text = _("%(name)s: last sign-in %(when)s.") if one.signed_in_at else _("%(name)s: no sign-in.")
        return text % name
    return "" if one.confirm_by > clock.now else _("%(name)s has not confirmed for a year.") % name


def _mail(found: GradeFacts) -> FactLine:
    if found.bounced:
        return _unmet(_("Mail is returned"), _("Mail to %(name)s is returned.") % {"name": found.bounced})
    return FactLine(_("Mail arrives"), _("No mail to an admin is returned."))


def _contact(found: GradeFacts) -> FactLine:
    if found.contact:
        return FactLine(_("Recovery contact"), found.contact)
    return _unmet(_("No recovery contact"), _("A contact who is not one of the admins."))


def _domain(found: GradeFacts) -> FactLine:
    if found.domain:
        return FactLine(_("Mail domain"), _("%(domain)s, checked daily") % {"domain": found.domain})
    return _unmet(_("No verified mail domain"), _("A DNS record proves a domain."))


def _fell(event: EventView) -> tuple[str, str]:
    before, after = (GRADES.get(str(event.facts.get(key))) for key in ("grade_before", "grade"))
    if before is None or after is None:
        return _("Continuity fell"), ""
    return _("Continuity fell from %(before)s to %(grade)s") % {"before": before(), "grade": after()}, ""


def _orphaned(_event: EventView) -> tuple[str, str]:
    return _("The organization has no admin who can act"), _("Contact the supplier.")


OBSERVED: Mapping[Observation, Callable[[EventView], tuple[str, str]]] = {
    Observation.CONTINUITY_FELL: _fell,
    Observation.ORGANIZATION_ORPHANED: _orphaned,
}
"""The sentence and its note of what no person did."""


def history(found: GradeFacts, clock: Clock) -> str:
    """Return since when the grade is lower, and when the admins were asked; empty where it has not fallen."""
    if found.fell_from is None or found.fell_at is None:
        return ""
    fell_at = {"grade": GRADES[found.fell_from](), "day": clock.day(found.fell_at)}
    text = _("Was %(grade)s until %(day)s.") % fell_at
    if found.asked_at is None:
        return text
    asked = _("Admins were asked by mail on %(day)s.") % {"day": clock.day(found.asked_at)}
    return f"{text} {asked}"


def _confirmed(_wording: EventNames, _event: EventView) -> tuple[str, str]:
    return _("confirmed to be still an admin"), ""


TEXTS: Mapping[Verb, Callable[[EventNames, EventView], tuple[str, str]]] = {Verb.ADMIN_CONFIRM: _confirmed}
"""The sentence and its note of each of these acts."""
