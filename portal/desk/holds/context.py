"""The pages of a customer's holds show the list, the form, what a hold stops, and what lifting gives back."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.holds import queries
from delegation.holds.queries import HoldEffects, HoldView
from portal.desk.holds.forms import ON_A_DAY, WITHOUT_END, HoldForm, LiftForm
from portal.desk.holds.stoppable import HoldChoices
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import cldr, dates, hold_notices, supplier_texts
from portal.wording.hold_notices import HoldNotice


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Describes a hold in the list; `lift_url` is empty where the reader cannot lift it."""

    what: str
    reason: str
    since: str
    end: str
    placed_by: str
    lift_url: str


@dataclass(frozen=True, kw_only=True)
class HoldsPage(PageModel):
    """Lists a customer's holds, those in force first."""

    template: ClassVar[str] = "desk/holds/list.html"

    customer: str
    back_url: str
    place_url: str
    """Empty for a reader who places no holds."""
    rows: Sequence[HoldRow]
    former: Sequence[HoldRow]


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    """Describes a reason for `kh.choice`."""

    value: str
    label: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class PlaceHoldPage(PageModel):
    """Asks what to stop."""

    template: ClassVar[str] = "desk/holds/place.html"

    customer: str
    back_url: str
    form: HoldForm
    reasons: Sequence[ReasonChoice]
    without_end: bool
    on_a_day: bool
    """Which end is chosen; neither where none was sent."""
    example: str


@dataclass(frozen=True, slots=True)
class AffectedLine:
    """Names what stops or works again, with the number of people."""

    text: str
    people: str


@dataclass(frozen=True, slots=True)
class Affected:
    """Holds who is affected: a sentence, the tiers with their numbers, and a line for each entitlement."""

    sentence: str
    tiers: str
    lines: Sequence[AffectedLine]


@dataclass(frozen=True, kw_only=True)
class ConfirmHoldPage(PageModel):
    """Shows what a hold stops and what goes on, before it is placed."""

    template: ClassVar[str] = "desk/holds/confirm.html"

    customer: str
    what: str
    back_url: str
    affected: Affected
    remaining: Sequence[str]
    notice: HoldNotice
    form: HoldForm
    reason: str
    end: str
    note: str


@dataclass(frozen=True, kw_only=True)
class LiftHoldPage(PageModel):
    """Shows what works again, before a hold is lifted."""

    template: ClassVar[str] = "desk/holds/lift.html"

    customer: str
    back_url: str
    row: HoldRow
    affected: Affected
    others: Sequence[str]
    """What other holds stop."""
    form: LiftForm


def list_page(page: PageContext) -> HoldsPage:
    """Return the list. Three statements."""
    names = display_names.load(organization=page.organization_id)
    clock = dates.Clock(page.at, page.zone)
    place_url = page.url("staff_hold_place") if Verb.HOLD_PLACE in page.abilities else ""
    in_force = queries.in_force(organization=page.organization_id, at=page.at)
    former = queries.former(organization=page.organization_id, at=page.at)
    return HoldsPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        place_url=place_url,
        rows=[_row(page, hold, hold_notices.name_of(hold.stops, names), clock) for hold in in_force],
        former=[_row(page, hold, hold_notices.name_of(hold.stops, names), clock) for hold in former],
    )


def _row(page: PageContext, hold: HoldView, what: str, clock: dates.Clock) -> HoldRow:
    ended = hold.valid_until is not None and hold.valid_until <= page.at
    may_lift = Verb.HOLD_LIFT in page.abilities and not ended
    return HoldRow(
        what=dates.first_upper(what),
        reason=hold_notices.REASONS[hold.reason](),
        since=clock.date_time(hold.valid_from, seconds=False),
        end=_end(hold.valid_until, clock) if not ended else _ended(hold, clock),
        placed_by=hold.placed_by,
        lift_url=page.url("staff_hold_lift", hold=hold.id) if may_lift else "",
    )


def _ended(hold: HoldView, clock: dates.Clock) -> str:
    return clock.date_time(hold.valid_until, seconds=False) if hold.valid_until else ""


def _end(until: dt.datetime | None, clock: dates.Clock) -> str:
    return _("Last day %(day)s") % {"day": clock.last_day(until)} if until else _("Without end")


def place_page(page: PageContext, form: HoldForm) -> PlaceHoldPage:
    """Return the form."""
    return PlaceHoldPage(
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        form=form,
        reasons=[
            ReasonChoice(code, text(), form["reason"].value() == code)
            for code, text in hold_notices.REASONS.items()
        ],
        without_end=form["end"].value() == WITHOUT_END,
        on_a_day=form["end"].value() == ON_A_DAY,
        example=dates.example_day(),
    )


def confirm_page(page: PageContext, form: HoldForm, choices: HoldChoices) -> ConfirmHoldPage:
    """Return what a valid form's hold would do. Two statements."""
    data, clock = form.cleaned_data, dates.Clock(page.at, page.zone)
    stops = data["stops"]
    effects = queries.effects(organization=page.organization_id, stops=stops, at=page.at)
    return ConfirmHoldPage(
        customer=page.organization.name,
        what=dates.first_upper(hold_notices.name_of(stops, choices.names)),
        back_url=page.url("staff_organization"),
        affected=_affected(effects, choices.affected(stops), choices, _stopped(effects)),
        remaining=[hold_notices.name_of(key, choices.names) for key in choices.remaining(stops)],
        notice=hold_notices.notice(stops, data["reason"], data["until"], choices.names, clock),
        form=form,
        reason=hold_notices.REASONS[data["reason"]](),
        end=_end(data["until"], clock),
        note=data["note"],
    )


def lift_page(page: PageContext, hold: HoldView, form: LiftForm, choices: HoldChoices) -> LiftHoldPage:
    """Return what lifting gives back. Two statements."""
    effects = queries.effects(organization=page.organization_id, stops=hold.stops, at=page.at, lifted=hold.id)
    again = [key for key in choices.affected(hold.stops) if effects.by_entitlement.get(key)]
    others = [one for one in choices.holds if one.id != hold.id and one.application == hold.application]
    what = hold_notices.name_of(hold.stops, choices.names)
    return LiftHoldPage(
        customer=page.organization.name,
        back_url=page.url("staff_holds"),
        row=_row(page, hold, what, dates.Clock(page.at, page.zone)),
        affected=_affected(effects, again, choices, _again(effects, others)),
        others=[hold_notices.name_of(other.stops, choices.names) for other in others],
        form=form,
    )


def _affected(
    effects: HoldEffects, entitlements: Iterable[str], choices: HoldChoices, sentence: str
) -> Affected:
    tiers = [
        _("%(tier)s %(number)s")
        % {"tier": supplier_texts.in_language(name), "number": cldr.number(effects.by_role[key])}
        for key, name in choices.names.tiers.items()
        if key in effects.by_role
    ]
    lines = [
        AffectedLine(hold_notices.name_of(key, choices.names), people(effects.by_entitlement.get(key, 0)))
        for key in entitlements
    ]
    return Affected(sentence, " · ".join(tiers), lines)


def people(number: int) -> str:
    """Return `1 person`, `96 people`."""
    return ngettext("%(number)s person", "%(number)s people", number) % {"number": cldr.number(number)}


def _stopped(effects: HoldEffects) -> str:
    text = ngettext(
        "This stops %(stopped)s person. It does not affect %(others)s.",
        "This stops %(stopped)s people. It does not affect %(others)s.",
        effects.stopped,
    )
    return text % {"stopped": cldr.number(effects.stopped), "others": cldr.number(effects.not_stopped)}


def _again(effects: HoldEffects, others: Sequence[HoldView]) -> str:
    if not effects.stopped:
        return _("Nothing yet. Another hold stops the same.") if others else _("This hold affects no person.")
    text = ngettext("%(number)s person can again:", "%(number)s people can again:", effects.stopped)
    return text % {"number": cldr.number(effects.stopped)}
