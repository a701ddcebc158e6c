"""The desk lists what waits for staff: failing systems, unconfirmed removals, and customers at risk.

No person of a customer is named: the links lead to pages that record who read them.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.authorization.verbs import Verb
from delegation.continuity_grades import queries as grade_queries
from delegation.continuity_grades.queries import Grade, GradeFacts
from delegation.organizations import customer_numbers, queries
from delegation.organizations.queries import ReadableCustomers
from identity.organizations.queries import OrganizationView
from portal.desk.home import support_lines
from portal.desk.home.case_lines import OpenCaseLine, UnmatchedLine
from portal.desk.home.claim_lines import ClaimLine
from portal.desk.home.recovery_lines import RecoveryLine
from portal.desk.home.takeover_lines import TakeoverLine
from portal.shell.page_model import PageModel
from portal.signin.staff.pages import SignInFacts
from portal.signin.staff.reader import StaffReader
from portal.wording import cldr, dates, delivery_attempts, grade_facts, supplier_texts, time_zones
from provisioning.accounts import queries as accounts_queries
from provisioning.accounts.queries import FailingTarget
from provisioning.removals import queries as removals_queries
from provisioning.removals.queries import UnconfirmedRemoval, UnconfirmedSystem

MAX_REMOVALS = 50
"""Unconfirmed removals that the page lists."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Describes a counter for `kh.tabs`, which leads to its part of the page."""

    count: str
    label: str
    url: str
    bad: bool = False
    current: bool = False


@dataclass(frozen=True, slots=True)
class SystemLine:
    """Describes a system that does not take updates."""

    name: str
    waits: str
    """`Waiting: 2 removals and 11 updates`; empty where nothing does."""
    since: str
    duration: str
    next_try: str


@dataclass(frozen=True, slots=True)
class RemovalLine:
    """Describes a removal that systems have not confirmed; `url` leads to the customer."""

    customer: str
    url: str
    people: str
    systems: str
    problem: str
    since: str
    duration: str
    next_try: str


@dataclass(frozen=True, slots=True)
class RiskLine:
    """Describes a customer whose continuity is at risk, by grade and the fact that lowers it most."""

    customer: str
    url: str
    numbers: str
    grade: str
    fact: str
    is_worst: bool
    """Whether no working admin is left."""


@dataclass(frozen=True, kw_only=True)
class DeskHomePage(PageModel):
    """Shows the worklist, each part with the oldest or the worst first."""

    template: ClassVar[str] = "desk/home/index.html"
    counters: Sequence[Counter]
    """Of the parts that are not empty."""
    systems: Sequence[SystemLine]
    removals: Sequence[RemovalLine]
    more_removals: bool
    risks: Sequence[RiskLine]
    more_risks: bool
    sign_in: SignInFacts
    recoveries: Sequence[RecoveryLine] = ()
    """Requests to replace lost sign-in methods that wait for a second person."""
    takeovers: Sequence[TakeoverLine] = ()
    """Reports of people who blocked their own sign-in."""
    claims: Sequence[ClaimLine] = ()
    """Questions about admins that no one answered in time."""
    cases: Sequence[OpenCaseLine] = ()
    """Cases of missing admins that are open."""
    requests: Sequence[UnmatchedLine] = ()
    """Requests for an admin's place that lead to no case."""
    cases_url: str = ""
    requests_url: str = ""
    """Where all cases and all requests are listed."""
    more: Collection[str] = ()
    """The parts of support of which more wait than are listed."""
    has_no_right: bool = False
    """Whether the reader can open this page alone: no right is in force."""
    search_url: str = ""
    """Where the reader searches customers and people; empty for one who reads none."""
    onboard_url: str = ""
    """Empty for a reader who onboards no customers."""
    first_owner_url: str = ""
    """Where a break-glass session makes a lasting owner; empty for others, and where there is one."""

    @property
    def waiting(self) -> int:
        """Return the number of lines."""
        support = (self.takeovers, self.cases, self.requests, self.recoveries, self.claims)
        return sum(len(part) for part in (*support, self.systems, self.removals, self.risks))


def desk_home(reader: StaffReader, sign_in: SignInFacts, *, first_owner_url: str = "") -> DeskHomePage:
    """Return the worklist as far as the reader's rights reach.

    Four statements, five more for support, and one with an unconfirmed removal.
    """
    systems = accounts_queries.failing_targets() if reader.verbs else []
    removals, risks = _customer_lines(reader) if Verb.MEMBER_VIEW in reader.verbs else ([], [])
    support = support_lines.parts(reader)
    more = {name for name, lines in support.items() if len(lines) > support_lines.MOST_LISTED}
    listed = {name: lines[: support_lines.MOST_LISTED] for name, lines in support.items()}
    more_removals, more_risks = len(removals) > MAX_REMOVALS, len(risks) > grade_queries.MAX_AT_RISK
    return DeskHomePage(
        counters=_counters(
            (len(systems), False),
            *((len(lines), name in more) for name, lines in listed.items()),
            (min(len(removals), MAX_REMOVALS), more_removals),
            (min(len(risks), grade_queries.MAX_AT_RISK), more_risks),
        ),
        systems=[_system(one, reader.at) for one in systems],
        removals=removals[:MAX_REMOVALS],
        more_removals=more_removals,
        risks=risks[: grade_queries.MAX_AT_RISK],
        more_risks=more_risks,
        sign_in=sign_in,
        cases_url=reverse("staff_cases"),
        requests_url=reverse("staff_case_requests"),
        more=more,
        has_no_right=not reader.verbs,
        search_url=reverse("staff_organizations") if Verb.MEMBER_VIEW in reader.verbs else "",
        onboard_url=reverse("staff_onboard") if Verb.ORGANIZATION_CREATE in reader.verbs else "",
        first_owner_url=first_owner_url,
        **listed,
    )


def _customer_lines(reader: StaffReader) -> tuple[list[RemovalLine], list[RiskLine]]:
    readable = queries.readable_with_ids(own=reader.own)
    removals = _removals(readable, reader.at)
    rows = readable.rows.annotate(numbers=customer_numbers.column())
    return removals, [_risk(one) for one in grade_queries.at_risk(organizations=rows, at=reader.at)]


def _removals(readable: ReadableCustomers, at: dt.datetime) -> list[RemovalLine]:
    """Return one line more than the page lists, where there are more."""
    unconfirmed = removals_queries.oldest_unconfirmed(at=at, organizations=readable.ids)
    customers = queries.views(among=readable.rows, ids={one.organization for one in unconfirmed})
    of_readable = [one for one in unconfirmed if one.organization in customers]
    return [_removal(customers[one.organization], one, at) for one in of_readable[: MAX_REMOVALS + 1]]


def _counters(*parts: tuple[int, bool]) -> list[Counter]:
    """Count the lines of each part; its second value says that there are more."""
    systems, takeovers, cases, requests, recoveries, claims, removals, risks = (
        number for number, _more in parts
    )
    labels = [
        (ngettext("failing system", "failing systems", systems), "#systems"),
        (ngettext("blocked sign-in", "blocked sign-ins", takeovers), "#takeovers"),
        (ngettext("customer without an admin", "customers without an admin", cases), "#cases"),
        (ngettext("request without a case", "requests without a case", requests), "#requests"),
        (ngettext("lost sign-in method", "lost sign-in methods", recoveries), "#recoveries"),
        (ngettext("unanswered question", "unanswered questions", claims), "#claims"),
        (ngettext("unconfirmed removal", "unconfirmed removals", removals), "#removals"),
        (ngettext("customer at risk", "customers at risk", risks), "#risks"),
    ]
    return [
        Counter(cldr.number(number) + ("+" if more else ""), label, url, url == "#systems")
        for (number, more), (label, url) in zip(parts, labels, strict=True)
        if number
    ]


def _system(target: FailingTarget, at: dt.datetime) -> SystemLine:
    waiting = [
        text % {"number": _counted(number)}
        for number, text in (
            (target.removals, ngettext("%(number)s removal", "%(number)s removals", target.removals)),
            (target.updates, ngettext("%(number)s update", "%(number)s updates", target.updates)),
        )
        if number
    ]
    return SystemLine(
        name=supplier_texts.in_language(target.name),
        waits=_("Waiting: %(what)s") % {"what": cldr.joined(waiting)} if waiting else "",
        since=time_zones.date_time(target.down_since, None),
        duration=_duration(target.down_since, at),
        next_try=_next_try(target.next_try_at, at),
    )


def _counted(number: int) -> str:
    limit = accounts_queries.LIMIT
    text = cldr.number(min(number, limit))
    return _("more than %(number)s") % {"number": text} if number > limit else text


def _removal(customer: OrganizationView, removal: UnconfirmedRemoval, at: dt.datetime) -> RemovalLine:
    people = len(removal.memberships)
    next_try = min((one.next_try_at for one in removal.systems if one.next_try_at), default=None)
    return RemovalLine(
        customer=customer.name,
        url=reverse("staff_organization", args=[customer.key]),
        people=ngettext("%(number)s person", "%(number)s people", people) % {"number": cldr.number(people)},
        systems=dates.name_list([_name(one) for one in removal.systems]),
        problem=" ".join(
            filter(None, (delivery_attempts.problem(one.error, _name(one)) for one in removal.systems))
        ),
        since=time_zones.date_time(removal.removed_at, None),
        duration=_duration(removal.removed_at, at),
        next_try=_next_try(next_try, at),
    )


def _name(system: UnconfirmedSystem) -> str:
    return supplier_texts.in_language(system.name)


def _risk(one: GradeFacts) -> RiskLine:
    numbers = customer_numbers.numbers_of(one.organization.row)
    return RiskLine(
        customer=one.organization.name,
        url=reverse("staff_organization", args=[one.organization.key]),
        numbers=" · ".join(number.number for number in numbers),
        grade=grade_facts.GRADES[one.grade](),
        fact=grade_facts.lowering(one),
        is_worst=one.grade is Grade.NONE,
    )


def _duration(since: dt.datetime, at: dt.datetime) -> str:
    return dates.wait((at - since).total_seconds())


def _next_try(next_try_at: dt.datetime | None, at: dt.datetime) -> str:
    if next_try_at is None:
        return ""
    seconds = (next_try_at - at).total_seconds()
    return _("in %(time)s") % {"time": dates.wait(seconds)} if seconds > 0 else _("now")
