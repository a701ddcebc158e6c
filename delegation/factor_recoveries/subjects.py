"""Staff act on a request about one member, and the person uses it."""

import datetime as dt
import uuid
from collections.abc import Collection

from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.subjects import OneChain, SupplierSet
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.memberships.models import SHOWN_NAME, Membership
from identity.people.models import User


class MemberToRecover(SupplierSet):
    """Holds a member of a customer; staff need a right for that customer."""

    def __init__(self, membership: Membership) -> None:
        super().__init__(affects=(membership.organization_id,))
        self._membership, self._label = membership.id, PersonalValue("", ())

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the member's name for the consequence in the customer's log."""
        return self._label if subject == self._membership else None

    def reload(self) -> None:
        """Read the member again under the locks. Raises NotFound."""
        found = Membership.objects.filter(id=self._membership).annotate(person_name=SHOWN_NAME)
        self.rows = list(found.select_related("user"))
        if not self.rows:
            raise NotFound
        self._label = PersonalValue(self.rows[0].person_name, (self.rows[0].user_id,))


class PersonToRecover(OneChain):
    """Holds the person who uses an agreed request on their own sign-in."""

    kind = On.PERSON

    def __init__(self, person: User) -> None:
        super().__init__(person.id, [person])

    def users(self) -> Collection[uuid.UUID]:
        """Lock the person's own row."""
        return {self.chain}

    def reload(self) -> None:
        """Read the person again under the lock. Raises NotFound if the person was deleted."""
        self.rows = list(User.objects.filter(id=self.chain))
        if not self.rows:
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow only the person."""
        del verb, at
        return policy.YES if actor.kind is ActorKind.PERSON and actor.id == self.chain else policy.HIDDEN

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the person by the user."""
        return Subject("user", subject)
