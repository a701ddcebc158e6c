"""The page of a customer has tables of its people by tier, of what is offered, and of connected systems."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from delegation.catalogue.display_names import DisplayNames
from delegation.organizations import overview
from delegation.organizations.overview import CustomerCounts, OfferedEntitlement, TierCounts
from portal.shell.page_context import PageContext
from portal.wording import access, cldr, dates, supplier_texts
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


def parts(page: PageContext, names: DisplayNames, clock: dates.Clock) -> Mapping[str, Any]:
    """Return counts, tiers, offer and systems. Four statements."""
    organization, at = page.organization_id, page.at
    return {
        "counts": _counts(overview.counts(organization=organization, at=at)),
        "tiers": [_tier(one, names) for one in overview.tiers(organization=organization, at=at)],
        "offer": _offer(overview.offer(organization=organization, at=at), names),
        "systems": [
            _system(one, names, clock) for one in accounts_queries.systems_of(organization=organization)
        ],
    }


def _counts(counts: CustomerCounts) -> list[str]:
    return [
        text % {"number": cldr.number(number)}
        for number, text in (
            (counts.people, ngettext("%(number)s person", "%(number)s people", counts.people)),
            (counts.sites, ngettext("%(number)s site", "%(number)s sites", counts.sites)),
            (
                counts.invitations,
                ngettext(
                    "%(number)s pending invitation", "%(number)s pending invitations", counts.invitations
                ),
            ),
        )
    ]


def _tier(one: TierCounts, names: DisplayNames) -> TierRow:
    limits = [access.limit(limit.amount, limit.currency, limit.period) for limit in one.highest]
    return TierRow(
        name=supplier_texts.in_language(names.tiers[one.role]),
        people=cldr.number(one.people),
        recent=cldr.number(one.recent),
        limit=cldr.joined(limits),
    )


def _offer(offered: Sequence[OfferedEntitlement], names: DisplayNames) -> list[OfferRow]:
    return [
        OfferRow(
            supplier_texts.in_language(names.applications[application]),
            [_offered(one, names) for one in entitlements],
        )
        for application, entitlements in itertools.groupby(offered, key=lambda one: one.application)
    ]


def _offered(one: OfferedEntitlement, names: DisplayNames) -> str:
    does = dates.first_upper(supplier_texts.in_language(names.entitlements[one.entitlement]))
    if not one.takes_amount:
        return does
    limit = access.limit(one.limit.amount, one.limit.currency, one.limit.period)
    return _("%(does)s, %(limit)s") % {"does": does, "limit": limit}


def _system(one: SystemCounts, names: DisplayNames, clock: dates.Clock) -> ConnectedSystem:
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
        name=supplier_texts.in_language(names.applications[one.application]),
        up_to_date=_("%(number)s of %(total)s")
        % {"number": cldr.number(one.up_to_date), "total": cldr.number(one.accounts)},
        state="failed" if failed else "wait" if waiting else "",
        waits=waits,
    )
