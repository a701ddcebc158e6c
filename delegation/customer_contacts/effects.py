"""Commands of any capability add contacts to the organization of an act by these effects."""

import uuid
from collections.abc import Sequence

from audit.foundation import ids
from audit.log.ledger import Subject
from audit.personal_data import PersonalValue
from delegation.acts.act import Act
from delegation.authorization.errors import InvalidInput
from delegation.authorization.verbs import Verb
from delegation.customer_contacts.models import CustomerContact
from delegation.customer_contacts.new_contact import MAX_CONTACTS, NewContact


def write(act: Act, new: NewContact, *, contact: uuid.UUID) -> CustomerContact:
    """Insert the cleaned contact as known from now on."""
    return CustomerContact.objects.create(
        contact=contact,
        organization_id=act.organization,
        kind=new.kind,
        name=new.name,
        email=new.email,
        phone=new.phone,
        valid_from=act.at,
        added_by=act.actor.id,
        added_by_kind=act.actor.kind.value,
        act=act.id,
    )


def add_first(act: Act, contacts: Sequence[NewContact]) -> None:
    """Add the cleaned contacts of the organization that the act creates, each with a consequence event.

    Raises InvalidInput for too many.
    """
    if len(contacts) > MAX_CONTACTS:
        raise InvalidInput(field="contact", problem="too_many", longest=MAX_CONTACTS)
    for new in contacts:
        row = write(act, new, contact=ids.uuid7())
        act.also(
            Verb.CUSTOMER_CONTACT_ADD,
            Subject("organization", act.organization),
            cause=act.verb,
            facts=facts_of(row),
            personal={
                name: PersonalValue(text, (row.contact,)) for name, text in personal_of(row).items() if text
            },
            chain=act.organization,
        )


def facts_of(row: CustomerContact) -> dict[str, str]:
    """Return what the event says in clear."""
    return {"contact": str(row.contact), "contact_kind": row.kind}


def personal_of(row: CustomerContact) -> dict[str, str]:
    """Return what the event holds encrypted under the contact's own key."""
    return {"name": row.name, "email": row.email, "phone": row.phone}
