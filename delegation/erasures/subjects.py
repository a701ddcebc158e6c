"""A former person is the subject of an erasure, which the system alone does."""

import datetime as dt

from audit.foundation.actor import Actor
from delegation.acts.person_set import PersonSet
from delegation.authorization import policy
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import Verb


class FormerPerson(PersonSet):
    """Holds a person without any membership."""

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Hide the person: `policy.decide` allows the system before it asks."""
        del actor, verb, at
        return policy.HIDDEN
