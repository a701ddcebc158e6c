"""The reader chooses between organizations; this is the page model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse

from portal.http.request_context import Request
from portal.shell import page_context
from portal.shell.page_model import PageModel


@dataclass(frozen=True, slots=True)
class OrganizationLink:
    """Leads to one of the reader's organizations; `customer_number` may be empty."""

    name: str
    customer_number: str
    url: str


@dataclass(frozen=True, kw_only=True)
class OrganizationChoicePage(PageModel):
    """Asks a person of several organizations which one to open."""

    template: ClassVar[str] = "web/home/choose_organization.html"

    organizations: Sequence[OrganizationLink]
    signed_in_as: str
    sign_in_url: str
    """Where another person signs in after this one has signed out."""


def choice_page(request: Request) -> OrganizationChoicePage:
    """Return the reader's organizations by name. Opening one is the choice (`portal.http.current_organization`)."""
    return OrganizationChoicePage(
        organizations=[
            OrganizationLink(
                name=membership.organization.name,
                customer_number=membership.organization.number_and_brand[0],
                url=page_context.home_of(membership),
            )
            for membership in request.context.memberships
        ],
        signed_in_as=request.context.actor.label,
        sign_in_url=reverse("account_login"),
    )
