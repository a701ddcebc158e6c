"""An act of staff on what the supplier keeps about one customer has the organization as its subject."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from audit.log.ledger import Subject
from delegation.acts.subjects import OrganizationSet
from delegation.authorization.policy import Decision, SupplierData
from delegation.authorization.verbs import On, Verb


class CustomerSet(OrganizationSet):
    """Holds the organization; its own members have no part in the act, whatever their roles."""

    kind = On.SUPPLIER

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the staff rights for this organization."""
        return SupplierData(organizations=[self.chain]).decide(actor=actor, verb=verb, at=at)

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the organization."""
        return Subject(On.ORGANIZATION.value, subject)
