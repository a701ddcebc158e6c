"""Staff act on a request about one member."""

import uuid

from audit.personal_data import PersonalValue
from delegation.acts.subjects import SupplierSet
from delegation.authorization.errors import NotFound
from identity.memberships.models import SHOWN_NAME, Membership


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
