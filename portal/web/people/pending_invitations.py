"""Invitations that have not been accepted, as the list and the page that asks show them."""

from typing import Any

from django.utils.translation import gettext as _

from delegation.invitations import queries as invitations_queries
from portal.shell.page_context import PageContext
from portal.wording import access, admin_abilities, dates


def row(one: invitations_queries.PendingInvitation, here: PageContext, clock: dates.Clock) -> dict[str, Any]:
    """For web/invitations/_pending.html."""
    over = one.expires_at <= here.at
    day = {"what": _offered(one, clock), "when": clock.when(one.expires_at)}
    sub = _("%(what)s. Expired %(when)s.") % day if over else _("%(what)s. Open until %(when)s.") % day
    return {
        "id": str(one.id),
        "email": one.email,
        "name": one.name,
        "sub": sub,
        "tag": {"text": _("Expired"), "tone": ""} if over else None,
        "may_resend": one.may_resend and not over,
        "may_renew": one.may_resend and over,
        "cancel_url": here.url("invitation_cancel", invitation=one.id) if one.may_cancel else "",
    }


def cancelling(
    here: PageContext, one: invitations_queries.PendingInvitation, clock: dates.Clock
) -> dict[str, Any]:
    """The page that asks before an invitation is cancelled."""
    over = one.expires_at <= here.at
    opened = {"when": clock.when(one.expires_at)}
    return {
        "email": one.email,
        "name": one.name,
        "offered": _offered(one, clock),
        "state": _("Expired %(when)s.") % opened if over else _("Open until %(when)s.") % opened,
        "cancel_url": here.url("invitation_cancel", invitation=one.id),
        "back_url": here.url("people"),
    }


def _offered(one: invitations_queries.PendingInvitation, clock: dates.Clock) -> str:
    """`Orderer, up to 2 000 €, Tampere, until 31 Dec`."""
    names = [place.name for place in one.sites]
    parts = (
        admin_abilities.in_language(one.role_name),
        access.shortest(one.limits),
        access.places(everywhere=one.all_sites, names=names, inside=True),
        access.until(one.access_until, clock),
    )
    return ", ".join(part for part in parts if part)
