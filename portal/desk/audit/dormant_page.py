"""Auditors see which tiers are not used: as bars over all customers, and by person of one customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.foundation.errors import TooSlow
from delegation.activity import dormant_rights
from delegation.activity.dormant_rights import DormantCounts, DormantTier
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from portal.shell import charts, query_string
from portal.shell import forms as shell_forms
from portal.shell.charts import BarLine
from portal.shell.components import Pager
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.query_string import Option
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, dates, supplier_texts

DAYS = dict.fromkeys(("30", "90", "180", "365"))
_DEFAULT = "90"


@dataclass(frozen=True, kw_only=True)
class DormantRightsPage(PageModel):
    """Shows how many tiers are dormant, by tier and by customer."""

    template: ClassVar[str] = "desk/audit/dormant.html"

    charts_url: str
    choices: Sequence[Option]
    error: str
    summary: str
    tiers: Sequence[BarLine]
    customers: Sequence[BarLine]


@dataclass(frozen=True, slots=True)
class DormantRow:
    """Describes a dormant tier of a person."""

    name: str
    url: str
    tier: str
    since: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class CustomerDormantPage(PageModel):
    """Lists the dormant tiers of one customer's people, the longest unused first."""

    template: ClassVar[str] = "desk/audit/customer_dormant.html"

    customer: str
    back_url: str
    choices: Sequence[Option]
    rows: Sequence[DormantRow]
    pager: Pager


def _days(query: QueryDict) -> str:
    return query_string.choice(query, "days", DAYS) or _DEFAULT


def _choices(url: str, chosen: str) -> list[Option]:
    return [
        Option(
            _("%(number)s days") % {"number": days},
            query_string.with_values(url, {"days": days}),
            current=days == chosen,
        )
        for days in DAYS
    ]


def rights_page(reader: StaffReader, query: QueryDict) -> DormantRightsPage:
    """Return the counts over all customers of the reader. They name no person, so that no log records a reading."""
    days = _days(query)
    try:
        counts = dormant_rights.count(actor=reader.actor, at=reader.at, days=int(days))
    except TooSlow:
        counts = None
    names = display_names.load(organization=None)
    return DormantRightsPage(
        charts_url=reverse("staff_events_charts"),
        choices=_choices(reverse("staff_dormant"), days),
        error="" if counts else _("The count was stopped because it took too long. Ask about one customer."),
        summary=_summary(counts) if counts else "",
        tiers=charts.bars(_tiers(counts, names)) if counts else (),
        customers=charts.bars(_customers(counts, days)) if counts else (),
    )


def _summary(counts: DormantCounts) -> str:
    """Return `12 of 309 assigned tiers, 4 of them of people who never signed in`."""
    held = sum(counts.held.values())
    text = ngettext(
        "%(dormant)s of %(number)s assigned tier is not used; %(never)s without any recorded sign-in.",
        "%(dormant)s of %(number)s assigned tiers are not used; %(never)s without any recorded sign-in.",
        held,
    )
    numbers = {"dormant": counts.number, "number": held, "never": counts.never}
    return text % {name: cldr.number(number) for name, number in numbers.items()}


def _tiers(counts: DormantCounts, names: DisplayNames) -> list[tuple[str, str, int]]:
    return [
        (supplier_texts.in_language(name), "", counts.by_tier[key])
        for key, name in names.tiers.items()
        if key in counts.by_tier
    ]


def _customers(counts: DormantCounts, days: str) -> list[tuple[str, str, int]]:
    return [
        (
            one.name,
            query_string.with_values(reverse("staff_customer_dormant", args=[one.key]), {"days": days}),
            one.number,
        )
        for one in counts.by_customer
    ]


def customer_page(page: PageContext, query: QueryDict) -> CustomerDormantPage:
    """Return the list of one customer. Three statements at most."""
    days, here = _days(query), page.url("staff_customer_dormant")
    found = dormant_rights.page(
        organization=page.organization_id,
        at=page.at,
        days=int(days),
        after=shell_forms.identifier(query.get("after", "")),
        before=shell_forms.identifier(query.get("before", "")),
    )
    names, clock = display_names.load(organization=None), dates.Clock(page.at, page.zone)
    return CustomerDormantPage(
        customer=page.organization.name,
        back_url=query_string.with_values(reverse("staff_dormant"), {"days": days}),
        choices=_choices(here, days),
        rows=[_row(page, row, names, clock) for row in found.rows],
        pager=Pager(
            "",
            previous_url=query_string.beside(here, {"days": days}, before=found.previous),
            next_url=query_string.beside(here, {"days": days}, after=found.next),
        ),
    )


def _row(page: PageContext, row: DormantTier, names: DisplayNames, clock: dates.Clock) -> DormantRow:
    return DormantRow(
        name=row.name,
        url=page.url("staff_audit_rights", membership=row.membership),
        tier=supplier_texts.in_language(names.tiers[row.tier]),
        since=clock.date(row.since),
        seen=clock.date(row.seen_at) if row.seen_at else _("No sign-in recorded"),
    )
