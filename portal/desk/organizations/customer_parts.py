"""The page of a customer has tables of its people by tier, of what is offered, and of connected systems."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.organizations import overview
from delegation.organizations.overview import CustomerOverview, OfferedEntitlement, TierCounts
from portal.shell.page_context import PageContext
from portal.wording import access, cldr, dates, record_events, supplier_texts
from provisioning.accounts import queries as accounts_queries
from provisioning.accounts.queries import SystemCounts


@dataclass(frozen=True, slots=True)
class TierRow:
    """Describes the people of a tier; `limit` is the highest that one of them has."""

    name: str
    people: str
    recent: str
    limit: str


@dataclass(frozen=True, slots=True)
class OfferRow:
    """Names a service and what the supplier offers in it."""

    service: str
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class ConnectedSystem:
    """Describes a connected system; `state` is empty where nothing waits or fails."""

    name: str
    up_to_date: str
    state: str
    waits: str


@dataclass(frozen=True, slots=True)
class ContactLine:
    """Names a contact; `reached` is the address, or the number without one."""

    name: str
    kind: str
    reached: str


_CONTACTS = 6
"""Contacts on the page; their own page lists all."""


def parts(page: PageContext, clock: dates.Clock) -> Mapping[str, Any]:
    """Return counts, tiers, offer, holds, contacts and systems. Two statements."""
    found = overview.load(organization=page.organization_id, at=page.at)
    systems = accounts_queries.systems_of(organization=page.organization_id)
    return {
        "counts": _counts(found),
        "tiers": [_tier(one) for one in found.tiers],
        "offer": _offer(found.offer),
        "systems": [_system(one, clock) for one in systems],
        "holds": [dates.first_upper(supplier_texts.in_language(text)) for text in found.holds],
        "contacts": [
            ContactLine(one.name, record_events.CONTACT_KINDS[one.kind](), one.reached)
            for one in found.contacts[:_CONTACTS]
        ],
    }


def _counts(found: CustomerOverview) -> list[str]:
    return [
        text % {"number": cldr.number(number)}
        for number, text in (
            (found.people, ngettext("%(number)s person", "%(number)s people", found.people)),
            (found.sites, ngettext("%(number)s site", "%(number)s sites", found.sites)),
            (
                found.invitations,
                ngettext(
                    "%(number)s pending invitation", "%(number)s pending invitations", found.invitations
                ),
            ),
        )
    ]


def _tier(one: TierCounts) -> TierRow:
    limits = [access.limit(limit.amount, limit.currency, limit.period) for limit in one.highest]
    return TierRow(
        name=supplier_texts.in_language(one.name),
        people=cldr.number(one.people),
        recent=cldr.number(one.recent),
        limit=cldr.joined(limits),
    )


def _offer(offered: Sequence[OfferedEntitlement]) -> list[OfferRow]:
    return [
        OfferRow(service, [_offered(one) for one in entitlements])
        for service, entitlements in itertools.groupby(
            offered, key=lambda one: supplier_texts.in_language(one.service)
        )
    ]


def _offered(one: OfferedEntitlement) -> str:
    does = dates.first_upper(supplier_texts.in_language(one.text))
    if not one.takes_amount:
        return does
    limit = access.limit(one.limit.amount, one.limit.currency, one.limit.period)
    return _("%(does)s, %(limit)s") % {"does": does, "limit": limit}


def _system(one: SystemCounts, clock: dates.Clock) -> ConnectedSystem:
    waiting = one.accounts - one.up_to_date
    since = one.failing_since or one.down_since
    waits = ""
    if waiting:
        text = ngettext("%(number)s account waits", "%(number)s accounts wait", waiting)
        waits = text % {"number": cldr.number(waiting)}
        if since:
            waits = _("%(waits)s since %(when)s") % {"waits": waits, "when": clock.when(since)}
    failed = one.failed or (waiting and one.down_since)
    return ConnectedSystem(
        name=supplier_texts.in_language(one.name),
        up_to_date=_("%(number)s of %(total)s")
        % {"number": cldr.number(one.up_to_date), "total": cldr.number(one.accounts)},
        state="failed" if failed else "wait" if waiting else "",
        waits=waits,
    )
