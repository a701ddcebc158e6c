"""The page before a change of a ceiling shows which people lose or gain something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceiling_difference, display_names
from delegation.catalogue.ceiling_difference import CeilingChange, CeilingDifference, LosingPerson
from delegation.catalogue.display_names import DisplayNames
from delegation.staff.readings import Reading
from identity.memberships import queries as memberships_queries
from portal.desk.ceilings import context
from portal.desk.ceilings.forms import CeilingForm
from portal.desk.ceilings.offers import UnitOffer
from portal.desk.desk_page import OrganizationPage
from portal.shell.page_model import PageModel
from portal.wording import catalogue_changes, cldr, dates


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """Describes what is offered of an entitlement before and after; empty where it is not offered."""

    what: str
    before: str
    after: str
    people: str
    is_loss: bool


@dataclass(frozen=True, slots=True)
class LosingRow:
    """Names a person who loses something, and what the person has of it now."""

    name: str
    url: str
    has: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ConfirmCeilingPage(PageModel):
    """Shows which people lose or gain something, before the change."""

    template: ClassVar[str] = "desk/ceilings/confirm.html"

    customer: str
    unit: str
    back_url: str
    form: CeilingForm
    digest: str
    nothing: bool
    any_loss: bool
    lose: str
    gain: str
    others: str
    changes: Sequence[ChangedLine]
    kept: Sequence[str]
    """What another unit's higher offer keeps as it is."""
    losing: Sequence[LosingRow]
    """The first of them; none for a reader who reads no people."""
    more: str


def confirm_page(
    found: OrganizationPage, unit: UnitOffer, form: CeilingForm, difference: CeilingDifference
) -> ConfirmCeilingPage:
    """Return what a valid form changes. Four statements at most, and the record that people's names were read."""
    page, people = found.page, difference.people
    names = display_names.load(organization=page.organization_id)
    members = memberships_queries.active(at=page.at).filter(organization=page.organization_id).count()
    reads_people = Verb.MEMBER_VIEW in page.abilities and people.lose
    losing = ceiling_difference.losing(difference=difference, at=page.at) if reads_people else []
    if losing:
        found.record(Reading.PEOPLE)
    return ConfirmCeilingPage(
        customer=page.organization.name,
        unit=context.unit_name(unit),
        back_url=context.back_url(found),
        form=form,
        digest=difference.digest,
        nothing=difference.is_empty,
        any_loss=people.lose > 0,
        lose=catalogue_changes.people(people.lose),
        gain=catalogue_changes.people(people.gain),
        others=catalogue_changes.people(max(members - people.touched, 0)),
        changes=[_changed(change, difference, names) for change in difference.changes],
        kept=[dates.first_upper(context.entitlement_text(key, names)) for key in difference.hidden],
        losing=[_losing(found, person, names) for person in losing],
        more=_more(people.lose - len(losing)) if losing else "",
    )


def _changed(change: CeilingChange, difference: CeilingDifference, names: DisplayNames) -> ChangedLine:
    counts = difference.people
    lose = counts.lose_by_entitlement.get(change.key, 0)
    gain = counts.gain_by_entitlement.get(change.key, 0)
    texts = (
        [ngettext("%(number)s loses", "%(number)s lose", lose) % {"number": cldr.number(lose)}]
        if lose
        else []
    )
    if gain:
        texts.append(ngettext("%(number)s gains", "%(number)s gain", gain) % {"number": cldr.number(gain)})
    return ChangedLine(
        what=dates.first_upper(context.entitlement_text(change.key, names)),
        before=_side(change.before),
        after=_side(change.after),
        people=cldr.joined(texts) if texts else catalogue_changes.people(0),
        is_loss=bool(lose),
    )


def _side(limit: AmountLimit | None) -> str:
    if limit is None:
        return ""
    return dates.first_upper(context.limit_text(limit)) if limit.currency else _("Offered")


def _losing(found: OrganizationPage, person: LosingPerson, names: DisplayNames) -> LosingRow:
    texts = dict.fromkeys(
        f"{context.entitlement_text(right.entitlement, names)}, {context.limit_text(right.limit)}"
        if right.takes_amount
        else context.entitlement_text(right.entitlement, names)
        for right in person.rights
    )
    url = found.page.url("staff_person", membership=person.membership)
    return LosingRow(person.name, url, list(texts))


def _more(number: int) -> str:
    if number <= 0:
        return ""
    text = ngettext("and %(number)s more person", "and %(number)s more people", number)
    return text % {"number": cldr.number(number)}
