"""An access as it is asked for, before anybody has said yes."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to which amount; `amount` None is without limit."""

    amount: Decimal | None
    currency: str = "EUR"
    period: str = "order"


@dataclass(frozen=True, slots=True)
class Access:
    """A tier, where, up to which amounts (by entitlement), and until when (exclusive; None: without end)."""

    role: str
    all_sites: bool = False
    sites: frozenset[uuid.UUID] = frozenset()
    limits: Mapping[str, Limit] = field(default_factory=dict)
    until: dt.datetime | None = None

    def facts(self) -> dict[str, Any]:
        """As it stands in the log: ids, codes, numbers, instants."""
        return {
            "role": self.role,
            "all_sites": self.all_sites,
            "sites": sorted(str(site) for site in self.sites),
            "limits": {key: limit_facts(limit) for key, limit in sorted(self.limits.items())},
            "until": self.until.isoformat() if self.until else None,
        }


def limit_facts(limit: Limit) -> dict[str, Any]:
    """A limit as JSON: the amount as a decimal string, or None for no limit."""
    amount = None if limit.amount is None else f"{limit.amount:.2f}"
    return {"amount": amount, "currency": limit.currency, "period": limit.period}
