"""Staff add, change and end the contacts of a customer."""

import uuid
from dataclasses import dataclass

from django.db.models import QuerySet

from audit.foundation import ids
from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.customer_set import CustomerSet
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.errors import InvalidInput, NotFound
from delegation.authorization.verbs import Verb
from delegation.customer_contacts import effects
from delegation.customer_contacts.models import CustomerContact
from delegation.customer_contacts.new_contact import MAX_CONTACTS, NewContact
from identity.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class ContactAdded:
    """Names the contact."""

    contact: uuid.UUID


@command
def add(
    *, actor: Actor, organization: Organization, new: NewContact, idempotency_key: str | None = None
) -> Outcome[ContactAdded]:
    """Add a contact to the organization. Raises InvalidInput besides the errors of every act."""
    new, subject = new.cleaned(), CustomerSet(organization)
    with acting(actor, Verb.CUSTOMER_CONTACT_ADD, on=subject, idempotency_key=idempotency_key) as act:
        if _present(act.organization).count() >= MAX_CONTACTS:
            raise InvalidInput(field="contact", problem="too_many", longest=MAX_CONTACTS)
        row = effects.write(act, new, contact=ids.uuid7())
        _record(act, row)
        return act.set_result(ContactAdded(row.contact))


@command
def change(
    *,
    actor: Actor,
    organization: Organization,
    contact: uuid.UUID,
    new: NewContact,
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Change what is known of a contact from now on; the log and the history keep what was known before.

    Raises InvalidInput, and NotFound for a contact that has ended, besides the errors of every act.
    """
    new, subject = new.cleaned(), CustomerSet(organization)
    with acting(actor, Verb.CUSTOMER_CONTACT_CHANGE, on=subject, idempotency_key=idempotency_key) as act:
        _end(act, contact)
        _record(act, effects.write(act, new, contact=contact))
    return act.outcome


@command
def end(
    *, actor: Actor, organization: Organization, contact: uuid.UUID, idempotency_key: str | None = None
) -> Outcome[None]:
    """End a contact now. Raises NotFound for one that has ended, besides the errors of every act."""
    subject = CustomerSet(organization)
    with acting(actor, Verb.CUSTOMER_CONTACT_END, on=subject, idempotency_key=idempotency_key) as act:
        _record(act, _end(act, contact))
    return act.outcome


def _present(organization: uuid.UUID) -> QuerySet[CustomerContact]:
    return CustomerContact.objects.filter(organization=organization, valid_until=None)


def _end(act: Act, contact: uuid.UUID) -> CustomerContact:
    row = _present(act.organization).filter(contact=contact).first()
    if row is None:
        raise NotFound
    row.valid_until = act.at
    row.save(update_fields=["valid_until"])
    return row


def _record(act: Act, row: CustomerContact) -> None:
    act.record(**effects.facts_of(row))
    for name, text in effects.personal_of(row).items():
        act.record_personal(act.organization, name, text, row.contact)
