"""A right in few words: what a target was told of it, and what pages show side by side."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from delegation.entitlements import Right
from delegation.wanted import amount_to_json


class Summary(TypedDict):
    """Codes, ids and decimal strings; no personal value."""

    entitlement: str
    role: str
    all_sites: bool
    sites: list[str]
    """Ids of sites, sorted."""
    amount: str | None
    """None: without limit, or the entitlement takes none."""
    currency: str
    period: str
    until: NotRequired[str | None]


def of(rights: Iterable[Right]) -> list[Summary]:
    """One summary per right, in the order of the rights."""
    return [
        Summary(
            entitlement=right.entitlement,
            role=right.role,
            all_sites=right.all_sites,
            sites=sorted(str(site.id) for site in right.sites),
            amount=amount_to_json(right.amount),
            currency=right.currency if right.takes_amount else "",
            period=right.period if right.takes_amount else "",
            until=right.valid_until.isoformat() if right.valid_until else None,
        )
        for right in rights
    ]
