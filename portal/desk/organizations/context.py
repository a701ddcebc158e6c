"""The page of one customer has this page model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation import continuity
from delegation.authorization.verbs import Verb
from portal.desk.desk_page import OrganizationPage
from portal.desk.organizations import customer_list, customer_parts
from portal.desk.organizations.customer_parts import ConnectedSystem, OfferRow, TierRow
from portal.shell.components import Contact
from portal.shell.page_model import PageModel
from portal.wording import dates


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
    counts: Sequence[str]
    """`300 people`, `5 sites`, `2 pending invitations`."""
    people_url: str
    activity_url: str
    """Empty for a reader who may not see the log."""
    tiers: Sequence[TierRow]
    offer: Sequence[OfferRow]
    systems: Sequence[ConnectedSystem]
    holds: Sequence[str]
    """What is on hold now."""
    admins: Sequence[Contact]
    """The working admins, the first few by name."""
    actions: Sequence[DeskAction]


@dataclass(frozen=True, slots=True)
class _Offer:
    """Names an action by the route of its page; `verb` is what it needs."""

    verb: Verb
    route: str
    label: Callable[[], str]
    sub: Callable[[], str]


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
        Verb.ORGANIZATION_CREATE,
        "staff_onboarded",
        lambda: _("Onboarding"),
        lambda: _("What was created and sent. Send the first admin a new link."),
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
    """Return the page of one customer. Three statements."""
    page, clock = found.page, dates.Clock(found.page.at, found.page.zone)
    admins = continuity.named_admins(organization=page.organization_id, at=page.at)
    return CustomerPage(
        name=page.organization.name,
        facts=_facts(found, clock),
        list_url=reverse("staff_organizations"),
        people_url=page.url("staff_people"),
        activity_url=page.url("staff_activity") if page.sees_activity else "",
        **customer_parts.parts(page, clock),
        admins=[Contact(admin.user.name, admin.user.email) for admin in admins],
        actions=[
            DeskAction(one.label(), one.sub(), reverse(one.route, args=[page.organization.key]))
            for one in _ACTIONS
            if one.verb in page.abilities
        ],
    )


def _facts(found: OrganizationPage, clock: dates.Clock) -> list[str]:
    words = customer_list.numbers_in_words(found.numbers)
    facts = [_("Customer %(number)s") % {"number": one} for one in words]
    row = found.page.organization.row
    if row.register_id:
        facts.append(_("Business ID %(id)s") % {"id": row.register_id})
    return [*facts, _("since %(day)s") % {"day": clock.date(row.created_at)}]
