"""Rights are stored in short form as a target acknowledged them, and pages compare them in it."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

from delegation.authorization.entitlements import Right
from delegation.authorization.values import amount_to_json


class RightSummary(TypedDict):
    """Summarizes a right in codes, ids and decimal strings, without a personal value."""

    entitlement: str
    role: str
    all_sites: bool
    sites: list[str]
    """Ids of sites, sorted."""
    amount: str | None
    """None: unlimited, or the entitlement has no amount."""
    currency: str
    period: str
    until: NotRequired[str | None]


def summarize(rights: Iterable[Right]) -> list[RightSummary]:
    """Summarize each right, in their order."""
    return [
        RightSummary(
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
