"""The supplier creates organizations and their sites."""

from collections.abc import Sequence

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, NotFound
from delegation.authorization.verbs import Verb
from delegation.domain_verifications import effects as domain_effects
from delegation.organizations import effects, new_organization
from delegation.organizations.new_organization import NewOrganization
from delegation.organizations.subjects import OrganizationToCreate
from identity import lifecycle
from identity.organizations.models import Organization


@command
def create_organization(
    *, actor: Actor, new: NewOrganization, idempotency_key: str | None = None
) -> Outcome[None]:
    """Create an organization with its sites and customer numbers; its chain begins with this event.

    Raises InvalidInput and AlreadyExists besides the errors of every act.
    """
    new = new.cleaned()
    subject = OrganizationToCreate(new.numbers.keys())
    with acting(actor, Verb.ORGANIZATION_CREATE, on=subject, idempotency_key=idempotency_key) as act:
        effects.create(act, subject, new)
    return act.outcome


@command
def add_sites(
    *,
    actor: Actor,
    organization: Organization,
    sites: Sequence[tuple[str, str]],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Add sites, as (name, external id). Raises InvalidInput and AlreadyExists besides the errors of every act."""
    new_sites = new_organization.cleaned_sites(sites)
    with acting(
        actor, Verb.SITE_CREATE, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        (locked,) = act.on
        added = lifecycle.add_sites(organization=locked, sites=new_sites, at=act.at)
        act.record_change(locked.id, before={}, after=effects.sites_to_json(added))
    return act.outcome


@command
def set_mail_domains(
    *, actor: Actor, organization: Organization, domains: Sequence[str], idempotency_key: str | None = None
) -> Outcome[None]:
    """Set the organization's own mail domains; admins get a mail about an invitation to an address outside them.

    Raises InvalidInput besides the errors of every act.
    """
    cleaned = new_organization.cleaned_domains(domains)
    subject = OrganizationSet(organization)
    with acting(actor, Verb.MAIL_DOMAINS_SET, on=subject, idempotency_key=idempotency_key) as act:
        _set_domains(act, cleaned)
    return act.outcome


@command
def add_mail_domain(
    *, actor: Actor, organization: Organization, domain: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Add one of the organization's own mail domains; what others add meanwhile stays.

    Raises InvalidInput and AlreadyExists besides the errors of every act.
    """
    domain = input_cleaning.mail_domain(domain)
    subject = OrganizationSet(organization)
    with acting(actor, Verb.MAIL_DOMAINS_SET, on=subject, idempotency_key=idempotency_key) as act:
        (locked,) = act.on
        if domain in locked.mail_domains:
            raise AlreadyExists(field="domain")
        _set_domains(act, new_organization.cleaned_domains([*locked.mail_domains, domain]))
    return act.outcome


@command
def withdraw_mail_domain(
    *, actor: Actor, organization: Organization, domain: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Withdraw a mail domain, which is no longer verified then. Raises NotFound for one that is not there."""
    subject = OrganizationSet(organization)
    with acting(actor, Verb.MAIL_DOMAINS_SET, on=subject, idempotency_key=idempotency_key) as act:
        (locked,) = act.on
        if domain not in locked.mail_domains:
            raise NotFound
        _set_domains(act, [one for one in locked.mail_domains if one != domain])
    return act.outcome


def _set_domains(act: Act, domains: Sequence[str]) -> None:
    (locked,) = act.on
    lifecycle.set_mail_domains(organization=locked, domains=domains)
    domain_effects.end_removed(act, set(locked.mail_domains) - set(domains))
    before, after = {"mail_domains": locked.mail_domains}, {"mail_domains": list(domains)}
    act.record_change(locked.id, before=before, after=after)
