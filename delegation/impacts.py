"""Capabilities register here what a removal ends or leaves without a person; pages ask before the removal."""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from audit.foundation.actor import Actor

MOST_CANDIDATES = 3


class ImpactKind(StrEnum):
    """Names what a removal ends, or what needs a decision before it."""

    SENT_INVITATIONS = "sent_invitations"
    """Open invitations that the leavers sent are cancelled: `number`."""
    SERVICE_USER = "service_user"
    """A program stops with its owner: `name`."""
    SOLE_HOLDER = "sole_holder"
    """No one else has this entitlement at `sites`, up to this `amount`, without an end date."""
    SOLE_MANAGER = "sole_manager"
    """No one else has this tier, which manages people, at `sites`."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Describes the members who leave one organization, and who asks."""

    actor: Actor
    organization: uuid.UUID
    memberships: Sequence[uuid.UUID]
    users: Sequence[uuid.UUID]
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Successor:
    """Names a member who could continue, with the reason for the proposal."""

    membership: uuid.UUID
    name: str
    reason: str
    """`holds`: has the same with a lower limit; `elsewhere`: has it at another site; `at_site`: works at the site."""


@dataclass(frozen=True, slots=True)
class Impact:
    """Describes one thing that a removal ends; with `is_decision`, one that needs a successor."""

    kind: ImpactKind
    is_decision: bool = False
    number: int = 1
    name: str = ""
    """Of a program."""
    text: Mapping[str, str] = field(default_factory=dict)
    """Of an entitlement or a tier, by language."""
    role: str = ""
    """The tier by which the leavers have it."""
    sites: Mapping[uuid.UUID, str] = field(default_factory=dict)
    amount: Decimal | None = None
    """None: without limit, or without an amount."""
    currency: str = ""
    period: str = ""
    candidates: Sequence[Successor] = ()


Join = Callable[[Leaving], Sequence[Impact]]
_joins: dict[str, Join] = {}


def register(capability: str, join: Join) -> None:
    """Let a capability join every impact. Raises ValueError for a capability that has joined already."""
    if capability in _joins:
        raise ValueError(f"{capability} has joined the impact already")
    _joins[capability] = join


def capabilities() -> Sequence[str]:
    """Return the capabilities that have joined."""
    return list(_joins)


def impacts(leaving: Leaving) -> list[Impact]:
    """Read what this removal ends and leaves open, in the order of registration."""
    return [impact for join in _joins.values() for impact in join(leaving)]
