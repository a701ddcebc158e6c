"""The page of one customer has this page model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.handovers import queries as handovers_queries
from delegation.suspensions import queries as suspensions_queries
from delegation.suspensions.queries import SuspensionView
from portal.desk.desk_page import OrganizationPage
from portal.desk.organizations import customer_list, customer_parts
from portal.desk.organizations.customer_parts import ConnectedSystem, ContactLine, OfferRow, TierRow
from portal.shell import grade_box
from portal.shell.components import Contact
from portal.shell.grade_box import GradeBox
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates, suspension_notices


@dataclass(frozen=True, slots=True)
class DeskAction:
    """Names what the reader can do about the customer, and what it leads to."""

    label: str
    sub: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CustomerPage(PageModel):
    """Shows one customer as the supplier knows it, without a way to change people."""

    template: ClassVar[str] = "desk/organizations/detail.html"

    name: str
    facts: Sequence[str]
    list_url: str
    suspended: str
    """Since when, why and until when the customer is suspended; empty for one that is not."""
    grade: GradeBox
    counts: Sequence[str]
    """`300 people`, `5 sites`, `2 pending invitations`."""
    people_url: str
    invitations_url: str
    sites_url: str
    activity_url: str
    """Empty for a reader who may not see the log."""
    tiers: Sequence[TierRow]
    offer: Sequence[OfferRow]
    systems: Sequence[ConnectedSystem]
    holds: Sequence[str]
    """What is on hold now."""
    handovers: Sequence[str]
    """The handovers of admins that go on, in words."""
    admins: Sequence[Contact]
    """The working admins, the first few by name."""
    contacts: Sequence[ContactLine]
    """The first contacts for invoices and contracts."""
    actions: Sequence[DeskAction]


@dataclass(frozen=True, slots=True)
class _Offer:
    """Names an action by the route of its page; `verb` is what it needs."""

    verb: Verb
    route: str
    label: Callable[[], str]
    sub: Callable[[], str]
    applies: Callable[[OrganizationPage, SuspensionView | None, int], bool] = lambda *_facts: True
    """By the customer, its suspension, and the number of its working admins."""


_ACTIONS: Sequence[_Offer] = (
    _Offer(
        Verb.HOLD_PLACE,
        "staff_hold_place",
        lambda: _("Place a hold…"),
        lambda: _("Stop a service, or one thing in it, for a while. No right is removed."),
    ),
    _Offer(
        Verb.MEMBER_VIEW,
        "staff_ceiling",
        lambda: _("What is offered"),
        lambda: _("The ceiling by business unit. It limits what admins can assign, and what people can do."),
    ),
    _Offer(
        Verb.REVIEW_VIEW,
        "staff_reviews",
        lambda: _("Access reviews"),
        lambda: _("Who still needs which access, as the customer's own admins decided."),
    ),
    _Offer(
        Verb.DUTY_VIEW,
        "staff_duties",
        lambda: _("Duties to keep apart"),
        lambda: _("Who can both order and approve, for example, and the accepted exceptions."),
    ),
    _Offer(
        Verb.ORGANIZATION_SUSPEND,
        "staff_suspend",
        lambda: _("Suspend the customer…"),
        lambda: _("Stop all sign-in for this customer. No right is removed."),
        lambda found, _suspension, _admins: (
            not found.page.organization.is_suspended and found.covers_whole(Verb.ORGANIZATION_SUSPEND)
        ),
    ),
    _Offer(
        Verb.ORGANIZATION_RESUME,
        "staff_resume",
        lambda: _("Resume the customer…"),
        lambda: _("Let its people sign in again."),
        lambda found, suspension, _admins: (
            suspension is not None
            and (suspension.by == found.reader.actor.id or found.covers_whole(Verb.ORGANIZATION_RESUME))
        ),
    ),
    _Offer(
        Verb.ORPHAN_CASE_OPEN,
        "staff_case_open",
        lambda: _("Case of a missing admin…"),
        lambda: _("Find a new admin by proofs, two people and time. The customer has no working admin."),
        lambda _found, _suspension, admins: not admins,
    ),
    _Offer(
        Verb.ORGANIZATION_CREATE,
        "staff_onboarded",
        lambda: _("Onboarding"),
        lambda: _("What was created and sent. Send the first admin a new link."),
    ),
    _Offer(
        Verb.MEMBER_VIEW,
        "staff_contacts",
        lambda: _("Contacts"),
        lambda: _("The customer’s people for invoices and contracts."),
    ),
    _Offer(
        Verb.MEMBER_VIEW,
        "staff_domains",
        lambda: _("Mail domains"),
        lambda: _("The customer’s own domains, and the DNS records that prove them."),
    ),
    _Offer(
        Verb.MEMBER_VIEW,
        "staff_holds",
        lambda: _("Holds"),
        lambda: _("What is on hold now, and what was."),
    ),
)
"""In the order of the page."""


def detail_page(found: OrganizationPage) -> CustomerPage:
    """Return the page of one customer. Five statements, one more for a suspended one."""
    page, clock = found.page, dates.Clock(found.page.at, found.page.zone)
    suspension = _present(page)
    grading = grade_box.load(organization=page.organization_id, clock=clock)
    return CustomerPage(
        name=page.organization.name,
        facts=_facts(found, clock),
        list_url=reverse("staff_organizations"),
        suspended=_suspended(suspension, clock) if suspension else "",
        people_url=page.url("staff_people"),
        invitations_url=page.url("staff_invitations"),
        sites_url=page.url("staff_sites"),
        activity_url=page.url("staff_activity") if page.sees_activity else "",
        **customer_parts.parts(page, clock),
        handovers=_handovers(page, clock),
        grade=grading.box(clock),
        admins=[Contact(one.row.user.name, one.row.user.email or "") for one in grading.admins],
        actions=[
            DeskAction(one.label(), one.sub(), reverse(one.route, args=[page.organization.key]))
            for one in _ACTIONS
            if one.verb in page.abilities and one.applies(found, suspension, len(grading.admins))
        ],
    )


def _present(page: PageContext) -> SuspensionView | None:
    """Return the suspension; None too where the customer was resumed since the page began."""
    if not page.organization.is_suspended:
        return None
    return suspensions_queries.present(organization=page.organization_id)


def _handovers(page: PageContext, clock: dates.Clock) -> list[str]:
    text = _("%(giver)s hands over to %(successor)s: %(step)s, ends %(day)s")
    accepted, waiting = _("accepted"), _("not accepted yet")
    return [
        text
        % {
            "giver": one.giver.shown_name,
            "successor": one.successor_name,
            "step": accepted if one.is_accepted else waiting,
            "day": clock.day(one.ends_at),
        }
        for one in handovers_queries.of_organization(organization=page.organization_id, at=page.at)
    ]


def _suspended(suspension: SuspensionView, clock: dates.Clock) -> str:
    since, reason = clock.date_time(suspension.since, seconds=False), suspension.reason
    end = suspension.resume_at
    parts = [
        _("Since %(moment)s") % {"moment": since},
        suspension_notices.REASONS[reason](),
        _("Last day %(day)s") % {"day": clock.last_day(end)} if end else _("Without end"),
        suspension.suspended_by,
    ]
    return " · ".join(part for part in parts if part)


def _facts(found: OrganizationPage, clock: dates.Clock) -> list[str]:
    words = customer_list.numbers_in_words(found.numbers)
    facts = [_("Customer %(number)s") % {"number": one} for one in words]
    row = found.page.organization.row
    if row.register_id:
        facts.append(_("Business ID %(id)s") % {"id": row.register_id})
    return [*facts, _("since %(day)s") % {"day": clock.date(row.created_at)}]
