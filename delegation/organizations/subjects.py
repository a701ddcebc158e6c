"""An organization that an act creates is the subject of the act."""

import datetime as dt
import uuid
from collections.abc import Collection

from audit.foundation import ids
from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from audit.models import Chain
from delegation.acts.subjects import EventChain, OneChain
from delegation.authorization.errors import InvalidInput
from delegation.authorization.policy import Decision, SupplierData
from delegation.authorization.verbs import On, Verb
from identity.organizations.models import BusinessUnit


class OrganizationToCreate(OneChain):
    """Stands for an organization that does not exist yet: this act opens its chain.

    `units` are the keys of the business units that will know it. Raises InvalidInput for an unknown one.
    """

    kind = On.SUPPLIER
    is_new = True

    def __init__(self, units: Collection[str]) -> None:
        super().__init__(ids.uuid7())
        self.units = dict(BusinessUnit.objects.filter(key__in=list(units)).values_list("key", "id"))
        if set(units) - self.units.keys():
            raise InvalidInput(field="unit", problem="unknown")

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the chain that the act opens."""
        return EventChain(subject, subject)

    def chains(self) -> list[uuid.UUID]:
        """Open the organization's chain and return it."""
        ledger.open_chain(chain=self.chain, kind=Chain.Kind.ORGANIZATION)
        return [self.chain]

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by staff rights for all these business units; without a unit, for the whole supplier."""
        return SupplierData(units=list(self.units.values())).decide(actor=actor, verb=verb, at=at)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the organization that the act creates."""
        return Subject("organization", subject)


class CustomerToOnboard(OrganizationToCreate):
    """Stands for a customer whose offer is a part of the act: the supplier's chain records it too."""

    def chains(self) -> list[uuid.UUID]:
        """Return the new chain and the supplier's."""
        return [*super().chains(), ledger.SUPPLIER]
