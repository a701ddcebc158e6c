"""The reader's own access has this page model."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from delegation import continuity
from delegation.catalogue import display_names
from delegation.catalogue.display_names import DisplayNames
from delegation.departures import queries as departures_queries
from delegation.people import sessions
from portal.shell import components, current_holds, reader_summary
from portal.shell.components import Contact, SessionRow
from portal.shell.explanation import RightRow, RightsExplanation
from portal.shell.page_context import PageContext
from portal.shell.page_model import PageModel
from portal.shell.sign_out_page import EndingSession, SignOutPage
from portal.wording import dates, factor_changes, supplier_texts
from portal.wording.hold_notices import HoldNotice


@dataclass(frozen=True, slots=True)
class OwnFacts:
    """Holds facts about the reader; each may be empty."""

    name: str
    email: str
    phone: str
    signs_in_with: str
    member_since: str
    customer_number: str


@dataclass(frozen=True, kw_only=True)
class MyAccessPage(PageModel):
    """Shows the reader's rights with their explanation, and the reader's browser sessions."""

    template: ClassVar[str] = "web/my/access.html"

    lead: str
    """The reader's part in the organization, in one or two sentences."""
    holds: Sequence[HoldNotice] = ()
    """What the supplier has stopped for the organization."""
    ends: str = ""
    """When the reader's access ends as planned; empty without a plan."""
    rights: Sequence[RightRow]
    admins: Sequence[Contact]
    handover_url: str
    """Where an admin hands over; empty for others."""
    admins_url: str
    """Where the reader asks an admin, or says that one has left."""
    facts: OwnFacts
    data_url: str
    """The page with everything that is stored about the reader."""
    details_url: str
    """The page that changes the reader's name and work phone."""
    security_url: str
    sessions: Sequence[SessionRow]
    sessions_url: str
    """POST session=<id>."""
    sign_out_url: str
    """The page that asks before all sessions end."""


def _planned_end(membership: uuid.UUID, clock: dates.Clock) -> str:
    plan = departures_queries.open_plans(memberships=[membership]).get(membership)
    if plan is None:
        return ""
    values = {"day": clock.day(plan.ends_at), "time": clock.time(plan.ends_at)}
    return _("Your access here ends on %(day)s at %(time)s.") % values


def my_access_page(page: PageContext, session: str, clock: dates.Clock) -> MyAccessPage:
    """Return the reader's own page; `session` is the stored key of the requesting browser session."""
    own = page.own_membership
    names = display_names.load(organization=page.organization_id)
    explanation = RightsExplanation(page, [own.id], names, clock)
    browsers = sessions.browser_sessions(user=own.user.id, at=page.at)
    rows = [components.session_row(browser, clock, own=session) for browser in browsers]
    admins = continuity.working_admins(organization=page.organization_id, at=page.at)
    return MyAccessPage(
        lead=_lead(page, explanation, names),
        holds=current_holds.notices(page, names, clock),
        ends=_planned_end(own.id, clock),
        rights=explanation.rows(),
        admins=[Contact(one.user.name, one.user.email) for one in admins if not page.is_own(one.id)],
        handover_url=page.url("handover") if any(page.is_own(one.id) for one in admins) else "",
        admins_url=page.url("my_admins"),
        facts=OwnFacts(
            name=own.user.name,
            email=own.user.email,
            phone=own.user.phone,
            signs_in_with=factor_changes.sign_in_methods(sessions.factors(user=own.user)),
            member_since=clock.date(own.created_at),
            customer_number=page.organization.customer_number,
        ),
        data_url=reverse("my_data"),
        details_url=page.url("my_details"),
        security_url=reverse("mfa_index"),
        sessions=sorted(rows, key=lambda row: not row.is_current),
        sessions_url=page.url("my_sessions"),
        sign_out_url=page.url("my_sign_out"),
    )


def sign_out_page(page: PageContext, session: str, clock: dates.Clock) -> SignOutPage:
    """Return the page that asks before everything issued to the reader ends, for every organization."""
    user = page.own_membership.user.id
    browsers = sessions.browser_sessions(user=user, at=page.at)
    rows = [components.session_row(browser, clock, own=session) for browser in browsers]
    names = [supplier_texts.in_language(name) for name in sessions.services_in_use(user=user)]
    services = [EndingSession(dates.name_list(names), _("are asked to end their sessions"))] if names else []
    return SignOutPage(
        title=_("Sign out everywhere"),
        sub=_("In all browsers and services, for every organization. Nothing has happened yet."),
        endings=[
            *(EndingSession(row.title, _("this browser") if row.is_current else row.sub) for row in rows),
            *services,
        ],
        not_affected=_("Your access, password and sign-in methods. You can sign in again."),
        button=_("Sign out everywhere"),
        fields={"session": "all"},
        sign_out_url=page.url("my_sessions"),
        back_url=page.url("my_access"),
        back_label=_("My access"),
    )


def _lead(page: PageContext, explanation: RightsExplanation, names: DisplayNames) -> str:
    """Return the lead: the number of managed people, then the reader's own rights."""
    is_admin = reader_summary.manages_people(page)
    own = (
        [reader_summary.rights_sentence(explanation.rights, names, explanation.clock)]
        if explanation.rights or not is_admin
        else []
    )
    managed = reader_summary.managed_people(page) if is_admin else ""
    return " ".join([managed, *own] if managed else own)
