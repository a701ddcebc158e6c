"""What business units offer an organization is the subject of an act."""

import datetime as dt
import uuid
from collections.abc import Collection

from audit.foundation.actor import Actor
from delegation.acts.subjects import SupplierSet
from delegation.authorization import authorities
from delegation.authorization.authorities import Authority
from delegation.authorization.policy import YES, Decision
from delegation.authorization.verbs import Verb


class OfferOfUnits(SupplierSet):
    """Stands for what these business units offer an organization, whose chain gets a consequence event.

    A right for one unit changes what this unit offers; a right for the organization, what any unit does.
    """

    def __init__(self, organization: uuid.UUID, *, units: Collection[uuid.UUID | None]) -> None:
        super().__init__([organization])
        self.organization, self.units = organization, units

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by staff rights for the organization, and for each unit."""
        decision = super().decide(actor=actor, verb=verb, at=at)
        if not decision:
            return decision
        own = [one for one in authorities.authorities_of(actor=actor, at=at) if verb.value in one.verbs]
        if all(any(covers(one, self.organization, unit) for one in own) for unit in self.units):
            return YES
        return Decision(allowed=False, reason="no_permission")


def covers(authority: Authority, organization: uuid.UUID, unit: uuid.UUID | None) -> bool:
    """Return whether a right of staff is for what this unit offers the organization."""
    if authority.is_for_all or authority.organization == organization:
        return True
    return unit is not None and authority.unit == unit
