"""The page of one customer has this page model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation import continuity
from delegation.activity import queries as activity_queries
from delegation.activity import scope as activity_scope
from delegation.activity.queries import EventFilter
from delegation.authorization.verbs import Verb
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.holds import queries as holds_queries
from delegation.organizations import queries
from portal.desk.desk_page import OrganizationPage
from portal.desk.organizations import customer_list, customer_parts
from portal.desk.organizations.customer_parts import ConnectedSystem, OfferRow, TierRow
from portal.shell import timeline
from portal.shell.components import Contact
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.timeline import TimelineEvent
from portal.wording import dates, hold_notices


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
    tiers: Sequence[TierRow]
    offer: Sequence[OfferRow]
    systems: Sequence[ConnectedSystem]
    holds: Sequence[str]
    """What is on hold now."""
    admins: Sequence[Contact]
    """The working admins, the first few by name."""
    actions: Sequence[DeskAction]
    events: Sequence[TimelineEvent]


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
_EVENTS = 5


def detail_page(found: OrganizationPage) -> CustomerPage:
    """Return the page of one customer. Fourteen statements, more where the newest events have deliveries."""
    page, clock = found.page, dates.Clock(found.page.at, found.page.zone)
    names = display_names.load(organization=page.organization_id)
    admins = continuity.working_admins(organization=page.organization_id, at=page.at)
    return CustomerPage(
        name=page.organization.name,
        facts=_facts(page, clock),
        list_url=reverse("staff_organizations"),
        **customer_parts.parts(page, names, clock),
        holds=[
            dates.first_upper(hold_notices.name_of(hold.stops, names))
            for hold in holds_queries.in_force(organization=page.organization_id, at=page.at)
        ],
        admins=[Contact(admin.user.name, admin.user.email) for admin in admins],
        actions=[
            DeskAction(one.label(), one.sub(), reverse(one.route, args=[page.organization.key]))
            for one in _ACTIONS
            if one.verb in page.abilities
        ],
        events=_events(page, names, clock),
    )


def _facts(page: PageContext, clock: dates.Clock) -> list[str]:
    numbers = queries.numbers_of(organizations=[page.organization_id]).get(page.organization_id, ())
    facts = [_("Customer %(number)s") % {"number": one} for one in customer_list.numbers_in_words(numbers)]
    row = page.organization.row
    if row.register_id:
        facts.append(_("Business ID %(id)s") % {"id": row.register_id})
    return [*facts, _("since %(day)s") % {"day": clock.date(row.created_at)}]


def _events(page: PageContext, names: DisplayNames, clock: dates.Clock) -> Sequence[TimelineEvent]:
    if not page.sees_activity:
        return ()
    scope = activity_scope.log_scope(actor=page.viewer, organization=page.organization_id, at=page.at)
    newest = activity_queries.page(
        scope=scope, filters=EventFilter(hide_prompt_deliveries=True), size=_EVENTS
    )
    return timeline.timeline(page, newest.events, names, clock)
