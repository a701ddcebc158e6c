"""A person's act on the own details or sign-in concerns the person's organizations."""

import uuid
from typing import NamedTuple

from audit.foundation import clock
from audit.foundation.errors import Busy
from delegation.acts.person_set import PersonSet
from identity.memberships import queries as memberships_queries
from identity.people.models import User


class PresentMembership(NamedTuple):
    """Names a present membership of the person."""

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

    def _present(self) -> list[PresentMembership]:
        rows = memberships_queries.active_or_suspended(at=clock.now()).filter(user=self.chain)
        return [PresentMembership(*row) for row in rows.order_by("id").values_list("id", "organization_id")]
