"""The pages about the reader's admins have these page models."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.forms import BaseForm
from django.utils.translation import gettext as _

from delegation.absence_claims import queries
from delegation.absence_claims.queries import AdminContact
from delegation.access import queries as access_queries
from delegation.people import recency
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.web.admins.forms import AskForm, LeftForm
from portal.wording import absence_claims, access, brands, dates

_NOT_SEEN = dt.timedelta(days=60)
"""From then on a tag says how long an admin has not signed in."""


@dataclass(frozen=True, slots=True)
class AdminRow:
    """Describes an admin; addresses are empty for the reader, and where the question is asked already."""

    name: str
    email: str
    part: str
    """`Organization admin, all sites`."""
    signed_in: str
    not_seen: str
    """`not seen for 83 days`; empty for an admin who signed in lately."""
    asked: str
    """Until when the admin can answer a colleague's question; empty without one."""
    ask_url: str
    left_url: str


@dataclass(frozen=True, kw_only=True)
class MyAdminsPage(PageModel):
    """Lists who can change the reader's access."""

    template: ClassVar[str] = "web/admins/list.html"

    organization: str
    admins: Sequence[AdminRow]
    is_cut: bool
    supplier: str
    phone: str
    """The known number of the supplier; may be empty."""


@dataclass(frozen=True, kw_only=True)
class AdminQuestionPage(PageModel):
    """Asks for a message to one admin."""

    template: ClassVar[str] = "web/admins/ask.html"

    name: str
    form: BaseForm
    here_url: str
    back_url: str


@dataclass(frozen=True, slots=True)
class AbsenceChoice:
    """Describes what a colleague may know, for `kh.choice`."""

    value: str
    label: str
    sentence: str
    checked: bool


@dataclass(frozen=True, kw_only=True)
class LeftPage(PageModel):
    """Asks what the reader knows about an admin, and says what happens then."""

    template: ClassVar[str] = "web/admins/left.html"

    name: str
    others: str
    """The other admins in words; may be empty."""
    supplier: str
    answer_by: str
    reasons: Sequence[AbsenceChoice]
    form: BaseForm
    here_url: str
    back_url: str


def my_admins_page(page: PageContext) -> MyAdminsPage:
    """Return the list. Six statements."""
    found = queries.admins_of(organization=page.organization_id, user=page.viewer.id, at=page.at)
    listed = found[: queries.MOST_ADMINS]
    members = [one.membership for one in listed]
    assignments = access_queries.assignments(memberships=members, at=page.at)
    sign_ins = recency.last_sign_ins(memberships=members)
    claims = queries.open_about(memberships=members)
    clock = dates.Clock(page.at, page.zone)
    supplier, phone = _supplier(page)
    return MyAdminsPage(
        organization=page.organization.name,
        admins=[
            _row(
                page,
                one,
                part=_part(assignments.get(one.membership, [])),
                signed_in_at=sign_ins.get(one.membership),
                asked=clock.day(claims[one.membership].answer_by) if one.membership in claims else "",
            )
            for one in listed
        ],
        is_cut=len(found) > len(listed),
        supplier=supplier,
        phone=phone,
    )


def _row(
    page: PageContext, admin: AdminContact, *, part: str, signed_in_at: dt.datetime | None, asked: str
) -> AdminRow:
    is_own = page.is_own(admin.membership)
    when = dates.Clock(page.at, page.zone).last_sign_in(signed_in_at)
    return AdminRow(
        name=admin.name,
        email=admin.email,
        part=part,
        signed_in=_("Last sign-in: %(when)s") % {"when": when},
        not_seen=_not_seen(signed_in_at, page.at),
        asked=asked,
        ask_url="" if is_own else page.url("admin_ask", membership=admin.membership),
        left_url="" if is_own or asked else page.url("admin_left", membership=admin.membership),
    )


def _part(assignments: Sequence[access_queries.AssignmentView]) -> str:
    sites = access.sites(assignments)
    where = access.site_names(all_sites=True, names=(), in_sentence=True)
    if not any(one.all_sites for one in assignments):
        where = sites
    return ", ".join(filter(None, (access.tiers(assignments), where)))


def _not_seen(signed_in_at: dt.datetime | None, at: dt.datetime) -> str:
    if signed_in_at is None or at - signed_in_at < _NOT_SEEN:
        return ""
    return _("not seen for %(number)d days") % {"number": (at - signed_in_at).days}


def _supplier(page: PageContext) -> tuple[str, str]:
    brand = brands.brand(page.organization.number_and_brand[1] if settings.BRANDS else "")
    return brand["name"], brand.get("phone", "")


def ask_page(page: PageContext, admin: AdminContact, form: AskForm) -> AdminQuestionPage:
    """Return the form for a message."""
    return AdminQuestionPage(
        name=admin.name,
        form=form,
        here_url=page.url("admin_ask", membership=admin.membership),
        back_url=page.url("my_admins"),
    )


def left_page(page: PageContext, admin: AdminContact, form: LeftForm) -> LeftPage:
    """Return the form for a claim. Three statements."""
    found = queries.admins_of(organization=page.organization_id, user=page.viewer.id, at=page.at)
    others = [one.name for one in found if one.user not in {admin.user, page.viewer.id}]
    chosen = form["reason"].value()
    return LeftPage(
        name=admin.name,
        others=dates.name_list(others),
        supplier=_supplier(page)[0],
        answer_by=dates.Clock(page.at, page.zone).day(page.at + settings.ABSENCE_CLAIM_WAIT),
        reasons=[
            AbsenceChoice(code, text(), absence_claims.EXPLANATIONS[code](), chosen == code)
            for code, text in absence_claims.REASONS.items()
        ],
        form=form,
        here_url=page.url("admin_left", membership=admin.membership),
        back_url=page.url("my_admins"),
    )
