"""The page of one customer has this page model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation.authorization.verbs import Verb
from delegation.organizations import queries
from portal.desk.desk_page import OrganizationPage
from portal.desk.organizations import customer_list
from portal.shell.page_model import PageModel


@dataclass(frozen=True, slots=True)
class DeskAction:
    """Names what the reader can do about the customer, and what it leads to."""

    label: str
    sub: str
    url: str


@dataclass(frozen=True, kw_only=True)
class CustomerPage(PageModel):
    """Shows one customer."""

    template: ClassVar[str] = "desk/organizations/detail.html"

    name: str
    facts: Sequence[str]
    list_url: str
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
        "staff_holds",
        lambda: _("Holds"),
        lambda: _("What is on hold now, and what was."),
    ),
)
"""In the order of the page."""


def detail_page(found: OrganizationPage) -> CustomerPage:
    """Return the page of one customer. One statement."""
    page = found.page
    numbers = queries.numbers_of(organizations=[page.organization_id]).get(page.organization_id, ())
    facts = [_("Customer %(number)s") % {"number": one} for one in customer_list.numbers_in_words(numbers)]
    register_id = page.organization.row.register_id
    if register_id:
        facts.append(_("Business ID %(id)s") % {"id": register_id})
    return CustomerPage(
        name=page.organization.name,
        facts=facts,
        list_url=reverse("staff_organizations"),
        actions=[
            DeskAction(one.label(), one.sub(), reverse(one.route, args=[page.organization.key]))
            for one in _ACTIONS
            if one.verb in page.abilities
        ],
    )
