"""Every channel describes a contact alike, and its values are cleaned."""

from dataclasses import dataclass

from delegation.authorization import input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.customer_contacts.models import CustomerContact

MAX_CONTACTS = 20
"""Contacts of one organization at a time."""


@dataclass(frozen=True, slots=True)
class NewContact:
    """Describes a contact by kind, name, and a mail address or a telephone number."""

    kind: str
    name: str
    email: str = ""
    phone: str = ""

    def cleaned(self) -> "NewContact":
        """Return the one spelling of every value. Raises InvalidInput."""
        if self.kind not in CustomerContact.ContactKind.values:
            raise InvalidInput(field="contact_kind", problem="unknown")
        email = input_cleaning.address(self.email) if self.email.strip() else ""
        phone = input_cleaning.phone(self.phone)
        if not email and not phone:
            raise InvalidInput(field="email", problem="no_address_or_number")
        return NewContact(self.kind, input_cleaning.name(self.name), email, phone)
