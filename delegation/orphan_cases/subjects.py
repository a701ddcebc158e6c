"""An organization without a working admin is the subject of every step of its case."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from audit.log import ledger
from delegation.acts.customer_set import CustomerSet
from delegation.acts.subjects import SupplierSet
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb
from delegation.orphan_cases.models import OrphanCase, OrphanLetter
from identity.organizations.models import Organization

_BY_LINK = frozenset({Verb.ORPHAN_CASE_ANSWER, Verb.ORPHAN_CASE_OBJECT})


class OrphanedOrganization(CustomerSet):
    """Holds the organization; staff act on it by their rights, others by the link of a letter, which is checked."""

    def chains(self) -> list[uuid.UUID]:
        """Return the organization's chain, and the supplier's, which has the notes."""
        return [self.chain, ledger.SUPPLIER]


class CaseSet(OrphanedOrganization):
    """Holds the organization of a case, and reads the case again under the locks as the only row."""

    def __init__(self, case: OrphanCase) -> None:
        super().__init__(Organization(id=case.organization_id))
        self._case = case.id

    def reload(self) -> None:
        """Read and lock the case. Raises NotFound for another organization's."""
        rows = OrphanCase.objects.select_for_update(of=("self",)).select_related("organization")
        self.rows = list(rows.filter(id=self._case, organization=self.chain))
        if not self.rows:
            raise NotFound


class LetterSet(CaseSet):
    """Holds the case of a letter whose link the actor has."""

    def __init__(self, letter: OrphanLetter) -> None:
        super().__init__(letter.case)

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow what a letter asks for: its link was checked, and is checked again by the command."""
        if verb in _BY_LINK:
            return policy.YES
        return super().decide(actor=actor, verb=verb, at=at)


class UnknownLink(SupplierSet):
    """Stands for a link that opens nothing: the act is refused, and the refusal is recorded."""

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Hide whatever it could be about."""
        del actor, verb, at
        return policy.HIDDEN
