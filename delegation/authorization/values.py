"""The value objects of an access convert to and from JSON."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


def amount_to_json(amount: Decimal | None) -> str | None:
    """Return an amount as a decimal string with two places; None means without limit."""
    return None if amount is None else f"{amount:.2f}"


def amount_from_json(text: str | None) -> Decimal | None:
    """Read the amount of a decimal string."""
    return None if text is None else Decimal(text)


@dataclass(frozen=True, slots=True)
class AmountLimit:
    """Limits the amount per period; an `amount` of None means without limit."""

    amount: Decimal | None
    currency: str = "EUR"
    period: str = "order"

    def to_json(self) -> dict[str, str | None]:
        """Return the JSON of the log, of tokens and of targets."""
        return {"amount": amount_to_json(self.amount), "currency": self.currency, "period": self.period}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> "AmountLimit":
        """Return the limit of this JSON; further keys are ignored."""
        return cls(amount_from_json(facts["amount"]), facts["currency"], facts["period"])


@dataclass(frozen=True, slots=True)
class AccessSpec:
    """An access is a tier with its sites, its limits by entitlement, and its end (exclusive; None: without end)."""

    role: str
    all_sites: bool = False
    sites: frozenset[uuid.UUID] = frozenset()
    limits: Mapping[str, AmountLimit] = field(default_factory=dict)
    until: dt.datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON of the log: ids, codes, numbers and instants."""
        return {
            "role": self.role,
            "all_sites": self.all_sites,
            "sites": sorted(str(site) for site in self.sites),
            "limits": {key: limit.to_json() for key, limit in sorted(self.limits.items())},
            "until": self.until.isoformat() if self.until else None,
        }

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> "AccessSpec":
        """Return the access of this JSON; further keys are ignored."""
        return cls(
            role=facts["role"],
            all_sites=facts["all_sites"],
            sites=frozenset(map(uuid.UUID, facts["sites"])),
            limits={key: AmountLimit.from_json(limit) for key, limit in facts["limits"].items()},
            until=dt.datetime.fromisoformat(facts["until"]) if facts["until"] else None,
        )
