"""The page that asks before an admin signs out a colleague says what ends."""

import uuid

from django.conf import settings
from django.utils.translation import gettext as _

from delegation.authorization.policy import Decision
from delegation.people import sessions
from delegation.people.queries import VisibleMember
from delegation.people.sessions import BrowserSession
from portal.shell import components
from portal.shell import forms as shell_forms
from portal.shell.page_context import PageContext
from portal.shell.sign_out_page import EndingSession, SignOutPage
from portal.wording import dates


def session_rows(page: PageContext, membership: uuid.UUID, clock: dates.Clock) -> list[components.SessionRow]:
    """Return the colleague's browsers that are signed in to services of this organization."""
    browsers = sessions.sessions_with_services(membership=membership, at=page.at)
    return [components.session_row(browser, clock) for browser in browsers]


def url(page: PageContext, membership: uuid.UUID, may: Decision) -> str:
    """Return the address of the page that asks; empty for a reader who may not sign the colleague out."""
    return page.url("person_sign_out", membership=membership) if may else ""


def sign_out_page(page: PageContext, member: VisibleMember, browser: BrowserSession | None) -> SignOutPage:
    """Return the page about one browser of a colleague; about all that the colleague has open here without one."""
    name = member.membership.user.name
    clock = dates.Clock(page.at, page.zone)
    browsers = (
        [browser] if browser else sessions.sessions_with_services(membership=member.membership.id, at=page.at)
    )
    title = _("Sign out %(name)s of one browser") if browser else _("Sign out %(name)s")
    key = {"idempotency_key": shell_forms.new_idempotency_key()}
    return SignOutPage(
        title=title % {"name": name},
        sub=_("from %(organization)s. Nothing has happened yet.") % {"organization": page.organization.name},
        endings=[
            *map(_ending, (components.session_row(one, clock) for one in browsers)),
            _portal(page, name),
        ],
        not_affected=_(
            "%(name)s’s access, password and sign-in methods, and sessions for other organizations. %(name)s can sign "
            "in again."
        )
        % {"name": name},
        button=_("Sign out %(name)s") % {"name": name},
        fields=key | ({"session": browser.key} if browser else {}),
        sign_out_url=page.url("person_sign_out", membership=member.membership.id),
        back_url=page.url("person", membership=member.membership.id),
        back_label=name,
    )


def _ending(row: components.SessionRow) -> EndingSession:
    return EndingSession(row.title, row.sub)


def _portal(page: PageContext, name: str) -> EndingSession:
    """Return the same line for every person, so that it does not reveal whether the person has other organizations."""
    names = {"organization": page.organization.name, "supplier": settings.SUPPLIER_NAME, "name": name}
    return EndingSession(
        _("Pages of %(organization)s at %(supplier)s") % names,
        _("%(name)s must sign in again to open them") % names,
    )
