"""An organization without a working admin is the subject of every step of its case."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor
from audit.log import ledger
from delegation.acts.customer_set import CustomerSet
from delegation.acts.subjects import SupplierSet
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision, SupplierData
from delegation.authorization.verbs import Verb
from delegation.orphan_cases.models import OrphanCase, OrphanLetter, OrphanRequest
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


class RequestSet(SupplierSet):
    """Stands for one request: of a known customer, staff need a right there; of none, a right in any business unit.

    A stranger does not say to which of the supplier's units the company belongs.
    """

    def __init__(self, request: OrphanRequest) -> None:
        super().__init__()
        self._of = request.organization_id

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Decide by the staff rights for the customer that the details match, if any."""
        if self._of is not None:
            return SupplierData(organizations=[self._of]).decide(actor=actor, verb=verb, at=at)
        own = policy.staff_authorities(actor=actor, at=at)
        if any(verb.value in authority.verbs for authority in own):
            return policy.YES
        return Decision(allowed=False, reason="no_permission", visible=bool(own))


class UnknownLink(SupplierSet):
    """Stands for a link that opens nothing: the act is refused, and the refusal is recorded."""

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Hide whatever it could be about."""
        del actor, verb, at
        return policy.HIDDEN
