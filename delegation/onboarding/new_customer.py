"""Every channel describes a customer to onboard alike: the organization, what it is offered, and its first admins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput
from delegation.authorization.values import AmountLimit
from delegation.catalogue import rules as catalogue_rules
from delegation.customer_contacts.new_contact import NewContact
from delegation.invitations.recipients import Recipient
from delegation.organizations.new_organization import NewOrganization

ADMIN_ROLE = "organization_admin"
"""The tier of the first admins, at all sites."""
MAX_ADMINS = 2


@dataclass(frozen=True, slots=True)
class FirstAdmin:
    """Names a person to invite as admin, and the language of the mail."""

    email: str
    name: str = ""
    language: str = "en"

    def cleaned(self) -> "FirstAdmin":
        """Return the one spelling of every value. Raises InvalidInput."""
        person = Recipient(self.email, self.name).cleaned()
        return FirstAdmin(person.email, person.name, input_cleaning.language(self.language))


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """Describes a customer to onboard. A limit of the offer without an amount offers the entitlement alone."""

    organization: NewOrganization
    admins: Sequence[FirstAdmin]
    offer: Mapping[str, AmountLimit] = field(default_factory=dict)
    contacts: Sequence[NewContact] = ()

    def cleaned(self) -> "NewCustomer":
        """Return the one spelling of every value.

        Raises InvalidInput, and AlreadyExists for a reserved key, a site and an address that is named twice.
        """
        admins = [admin.cleaned() for admin in self.admins]
        if not admins:
            raise InvalidInput(field="email", problem="missing")
        if len(admins) > MAX_ADMINS:
            raise InvalidInput(field="email", problem="too_many", longest=MAX_ADMINS)
        if len({admin.email for admin in admins}) < len(admins):
            raise AlreadyExists(field="second_email")
        catalogue_rules.check_offer(self.offer)
        contacts = [contact.cleaned() for contact in self.contacts]
        return replace(self, organization=self.organization.cleaned(), admins=admins, contacts=contacts)
