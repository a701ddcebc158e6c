"""An organization is suspended with the users of all its members locked: what was issued to them ends."""

import uuid
from collections.abc import Collection
from typing import Any

from audit.foundation import clock
from audit.foundation.errors import Busy
from audit.personal_data import PersonalValue
from delegation.acts.subjects import SupplierSet
from delegation.authorization.errors import NotFound
from identity.memberships import queries as memberships_queries
from identity.memberships.models import SHOWN_NAME
from identity.organizations.models import Organization


class OrganizationToSuspend(SupplierSet):
    """Holds the organization; the act is the supplier's, and the organization's own roles give no part in it."""

    def __init__(self, organization: Organization) -> None:
        super().__init__(affects=(organization.id,))
        self.organization = organization.id
        self.members = self._present_members()
        self._labels: dict[uuid.UUID, PersonalValue] = {}

    def users(self) -> Collection[uuid.UUID]:
        """Return the users of the present members."""
        return {member.user_id for member in self.members}

    def label(self, subject: uuid.UUID) -> PersonalValue | None:
        """Return the name of a member whose sign-out is a consequence."""
        return self._labels.get(subject)

    def reload(self) -> None:
        """Read the organization and its members again under the locks.

        Raises NotFound, and Busy where a person has joined since: that user is not locked.
        """
        locked = self.users()
        self.rows = list(Organization.objects.filter(id=self.organization))
        self.members = self._present_members()
        self._labels = {row.id: PersonalValue(row.person_name, (row.user_id,)) for row in self.members}
        if not self.rows:
            raise NotFound
        if set(self.users()) - set(locked):
            raise Busy(seconds=1)

    def _present_members(self) -> list[Any]:
        rows = memberships_queries.active_or_suspended(at=clock.now()).filter(organization=self.organization)
        return list(rows.annotate(person_name=SHOWN_NAME).order_by("id"))
