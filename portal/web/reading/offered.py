"""What an invitation gives, for its mail and for the page behind its link: the sentences of the panel it came from."""

import dataclasses
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from delegation import entitlements, links
from delegation.queries import catalogue, invited
from portal import gains
from portal.joining import Offer
from portal.web import effect, formats
from portal.web.reading import authority


def of(offer: Offer, *, at: dt.datetime, zone: ZoneInfo) -> dict[str, Any]:
    """What one will be able to do (`gains`), and until when (`ends`), in the active language."""
    invitation, company = offer.invitation, offer.invitation.organization_id
    access = dataclasses.replace(links.offered(invitation), until=None)  # the end is a sentence of its own
    book = catalogue.read(organization=company)
    verbs, gives = invited.brings(invitation=invitation, at=at)
    own = authority.Authority(authority.rights(verbs, access), gives)
    found = effect.between(
        before=[],
        after=[*own.rights, *entitlements.suppose(organization=company, access=access, at=at)],
        sites=list(book.sites.values()),
        texts={**authority.texts(), **book.does},
        clock=formats.Clock(at, zone),
    )
    given = authority.compare_gives(before=authority.NOTHING, after=own, book=book)
    return {"gains": [*found.gains, *given.gains], "ends": gains.ends(invitation, zone=zone)}
