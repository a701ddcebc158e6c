"""People change their own names, which all their organizations and connected systems share."""

import uuid
from typing import NamedTuple

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.foundation.errors import Busy
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization import input_cleaning
from delegation.authorization.errors import Unchanged
from delegation.authorization.verbs import Verb
from delegation.people.commands.self_service import PersonSet
from identity import lifecycle
from identity.memberships import queries as memberships_queries
from identity.people.models import User


class _Member(NamedTuple):
    membership: uuid.UUID
    organization: uuid.UUID


class PersonInOrganizations(PersonSet):
    """Holds one person and locks the chains of the person's present organizations: each gets an event."""

    def __init__(self, person: User) -> None:
        super().__init__(person)
        self.members = self._present()

    def chains(self) -> list[uuid.UUID]:
        """Return the person's own chain and those of the organizations."""
        return [self.chain, *(member.organization for member in self.members)]

    def reload(self) -> None:
        """Read person and memberships again under the locks.

        Raises Busy where the person has joined an organization whose chain is not locked.
        """
        super().reload()
        locked = set(self.chains())
        self.members = self._present()
        if not locked.issuperset(self.chains()):
            raise Busy(seconds=1)

    def _present(self) -> list[_Member]:
        rows = memberships_queries.active_or_suspended(at=clock.now()).filter(user=self.chain)
        return [_Member(*row) for row in rows.order_by("id").values_list("id", "organization_id")]


@command
def rename(*, actor: Actor, person: User, name: str, idempotency_key: str | None = None) -> Outcome[None]:
    """Change the person's own name; former organizations get neither an event nor a delivery.

    Raises InvalidInput, Unchanged and Busy besides the errors of every act.
    """
    name = input_cleaning.name(name)
    on = PersonInOrganizations(person)
    with acting(actor, Verb.PERSON_RENAME, on=on, idempotency_key=idempotency_key) as act:
        (current,) = act.on
        if current.name == name:
            raise Unchanged
        lifecycle.rename(user=current.id, name=name)
        names = {"former_name": current.name, "name": name}
        for key, text in names.items():
            act.record_personal(current.id, key, text, current.id)
        for member in on.members:
            act.also(
                Verb.MEMBER_RENAME,
                Subject("membership", member.membership),
                cause=Verb.PERSON_RENAME,
                personal={key: PersonalValue(text, (current.id,)) for key, text in names.items()},
                chain=member.organization,
            )
    return act.outcome
