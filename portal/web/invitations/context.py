"""What an invitation gives, for its mail and for the page behind its link: the sentences of the panel it came from."""

import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from delegation.authorization import entitlements
from delegation.catalogue import display_names
from delegation.invitations import links
from delegation.invitations import queries as invitations_queries
from portal.signin.customers.invitations import InvitationOffer
from portal.web.access import admin_rights
from portal.wording import access_changes, admin_abilities, dates


def of(offer: InvitationOffer, *, at: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What one will be able to do (`gains`), and until when (`ends`), in the active language."""
    invitation, company = offer.invitation, offer.invitation.organization_id
    access = dataclasses.replace(
        links.offered_access(invitation), until=None
    )  # the end is a sentence of its own
    book = display_names.display_names(organization=company)
    verbs, gives = invitations_queries.offered_rights(invitation=invitation, at=at)
    own = admin_rights.AdminRights(admin_rights.rights(verbs, access), gives)
    found = access_changes.between(
        before=[],
        after=[*own.rights, *entitlements.hypothetical_rights(organization=company, access=access, at=at)],
        sites=list(book.sites.values()),
        texts={**admin_rights.texts(), **book.entitlements},
        clock=dates.Clock(at, zone),
    )
    given = admin_rights.compare_gives(before=admin_rights.NOTHING, after=own, book=book)
    return {
        "gains": [*found.gains, *given.gains],
        "ends": admin_abilities.ends(invitation.access_until, zone=zone),
    }
