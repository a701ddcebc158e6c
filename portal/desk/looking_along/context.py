"""The pages on which staff look along have these page models."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.forms import BaseForm
from django.urls import reverse
from django.utils.safestring import SafeString

from identity.looks.looked_pages import ShownPage
from identity.looks.queries import OpenLook
from identity.organizations.queries import OrganizationView
from portal.shell import read_only_copy
from portal.shell.components import Link
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.wording import dates


@dataclass(frozen=True, kw_only=True)
class LooksPage(PageModel):
    """Asks for a code, and lists the looks that go on."""

    template: ClassVar[str] = "desk/looking_along/list.html"

    form: BaseForm
    looks: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class LookAlongPage(PageModel):
    """Shows the page that a customer's person has open."""

    template: ClassVar[str] = "desk/looking_along/look.html"

    customer: str
    customer_url: str
    person: str
    title: str
    """Of the person's page; empty before the first one, and for one that is never shown."""
    body: SafeString
    at: str
    is_waiting: bool
    """Whether the person has opened no page yet."""
    look_url: str
    prepare: Sequence[Link]
    prepared: Sequence[str]
    """What waits for the person."""
    mode: str
    masked: bool
    begun: str
    by_rule: bool


@dataclass(frozen=True, kw_only=True)
class BeginByRulePage(PageModel):
    """Asks for a reason, before a look begins without a code."""

    template: ClassVar[str] = "desk/looking_along/begin.html"

    person: str
    person_url: str
    customer: str
    allowed: bool
    """Whether the customer has a rule for it."""
    prepares: bool
    form: BaseForm
    code_url: str


def looks_page(form: BaseForm, looks: Sequence[OpenLook]) -> LooksPage:
    """Return the page of the code."""
    return LooksPage(
        form=form, looks=[Link(look.name, reverse("staff_look", args=[look.id])) for look in looks]
    )


def look_page(
    look: OpenLook,
    customer: OrganizationView,
    page: ShownPage | None,
    *,
    prepare: Sequence[Link],
    prepared: Sequence[str],
    clock: dates.Clock,
) -> LookAlongPage:
    """Return the person's page, as it was copied."""
    return LookAlongPage(
        customer=customer.name,
        customer_url=reverse("staff_organization", args=[customer.key]),
        person=look.name,
        title=page.title if page else "",
        body=read_only_copy.copy_again(page.body if page else ""),
        at=clock.time(page.at, seconds=True) if page else "",
        is_waiting=page is None,
        look_url=reverse("staff_look", args=[look.id]),
        prepare=prepare,
        prepared=prepared,
        mode=look.mode,
        masked=look.masked,
        begun=clock.time(look.begun_at),
        by_rule=look.rule_id is not None,
    )


def begin_page(
    page: PageContext, person: str, membership: uuid.UUID, *, form: BaseForm, rule: str
) -> BeginByRulePage:
    """Return the page that asks for a reason."""
    return BeginByRulePage(
        person=person,
        person_url=page.url("staff_person", membership=membership),
        customer=page.organization.name,
        allowed=bool(rule),
        prepares=rule == "prepare",
        form=form,
        code_url=reverse("staff_looks"),
    )
