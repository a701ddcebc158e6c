"""Staff read the customer's log on a page of its own, as the customer's admins do."""

from dataclasses import dataclass
from typing import ClassVar

from django.http import QueryDict

from portal.shell.page_context import PageContext
from portal.web.activity import context
from portal.web.activity.context import ActivityPage
from portal.wording import dates


@dataclass(frozen=True, kw_only=True)
class CustomerActivityPage(ActivityPage):
    """Shows a customer's log, newest first."""

    template: ClassVar[str] = "desk/activity/list.html"

    customer: str
    back_url: str


def activity_page(page: PageContext, query: QueryDict) -> CustomerActivityPage:
    """Return the part of the log that the address asks for."""
    clock = dates.Clock(page.at, page.zone)
    return CustomerActivityPage(
        **context.log_of(page, query, clock, url=page.url("staff_activity")),
        customer=page.organization.name,
        back_url=page.url("staff_organization"),
        changes_url=page.url("staff_audit_changes"),
        who_could_url=page.url("staff_audit_answer"),
    )
