"""The supplier onboards a customer, and invites its first admins again until one of them has joined."""

from dataclasses import dataclass, field

from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.customer_set import CustomerSet
from delegation.acts.idempotency import NOT_STORED, Outcome, command
from delegation.authorization.values import AccessSpec
from delegation.authorization.verbs import Verb
from delegation.catalogue import effects as catalogue_effects
from delegation.catalogue.unit_ceilings import NO_UNIT
from delegation.customer_contacts import effects as contact_effects
from delegation.invitations import effects as invitations_effects
from delegation.invitations.models import Invitation
from delegation.onboarding import rules
from delegation.onboarding.new_customer import ADMIN_ROLE, FirstAdmin, NewCustomer
from delegation.organizations import effects as organizations_effects
from delegation.organizations.subjects import CustomerToOnboard


@dataclass(frozen=True, slots=True)
class Onboarded:
    """Names the organization, and holds the secrets of the links in the order of the admins; only hashes are stored."""

    key: str
    links: tuple[str, ...] = field(default=(), metadata=NOT_STORED)


@command
def onboard(*, actor: Actor, customer: NewCustomer, idempotency_key: str | None = None) -> Outcome[Onboarded]:
    """Create the organization with its contacts, set its offer and invite its first admins, in one act.

    The channel mails the links: a repeated request gets none. Raises InvalidInput, AlreadyExists and RateLimited
    besides the errors of every act.
    """
    customer = customer.cleaned()
    new, subject = customer.organization, CustomerToOnboard(customer.organization.numbers.keys())
    with acting(actor, Verb.ORGANIZATION_CREATE, on=subject, idempotency_key=idempotency_key) as act:
        rules.require_new(new=new, units=subject.units.values())
        organization = organizations_effects.create(act, subject, new)
        contact_effects.add_first(act, customer.contacts)
        if customer.offer:
            facts = catalogue_effects.set_offer(
                act, organization, customer.offer, units=subject.units or NO_UNIT
            )
            supplier = Subject(act.subjects.kind.value, ledger.SUPPLIER)
            act.also(Verb.CEILING_SET, supplier, cause=act.verb, facts=facts, chain=ledger.SUPPLIER)
        links = tuple(_invite(act, admin) for admin in customer.admins)
        return act.set_result(Onboarded(new.key, links))


@command
def invite_again(
    *, actor: Actor, invitation: Invitation, admin: FirstAdmin, idempotency_key: str | None = None
) -> Outcome[Onboarded]:
    """Replace the open invitation of a first admin: by a new link, or by one for another person.

    Raises HasMembers once the organization has or had a member, InvitationGone, AlreadyInvited, InvalidInput and
    RateLimited besides the errors of every act.
    """
    admin, organization = admin.cleaned(), invitation.organization
    subject = CustomerSet(organization)
    with acting(actor, Verb.FIRST_ADMIN_INVITE, on=subject, idempotency_key=idempotency_key) as act:
        rules.require_no_member(organization=act.organization)
        invitations_effects.cancel_first(act, invitation)
        return act.set_result(Onboarded(organization.key, (_invite(act, admin),)))


def _invite(act: Act, admin: FirstAdmin) -> str:
    access = AccessSpec(role=ADMIN_ROLE, all_sites=True)
    return invitations_effects.invite_first(
        act, email=admin.email, name=admin.name, access=access, language=admin.language
    )
