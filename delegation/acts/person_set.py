"""The subject of acts by which people change their own sign-in."""

import datetime as dt
import uuid

from audit.foundation.actor import Actor, ActorKind
from audit.log.ledger import Subject
from delegation.acts.subjects import OneChain
from delegation.authorization import policy
from delegation.authorization.errors import NotFound
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity.people.models import User


class PersonSet(OneChain):
    """Holds one person, who acts on their own sign-in."""

    kind = On.PERSON

    def __init__(self, person: User) -> None:
        super().__init__(person.id, [person])

    def users(self) -> set[uuid.UUID]:
        """Lock the person's own row."""
        return {self.chain}

    def reload(self) -> None:
        """Read the person again under the lock. Raises NotFound if the person was deleted."""
        self.rows = list(User.all_directories.filter(id=self.chain))
        if not self.rows:
            raise NotFound

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Allow only the person."""
        del verb, at
        return policy.YES if actor.kind is ActorKind.PERSON and actor.id == self.chain else policy.HIDDEN

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the person by the user."""
        return Subject("user", subject)
