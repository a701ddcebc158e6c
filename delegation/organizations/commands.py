"""The supplier creates organizations and their sites."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from audit.foundation import ids
from audit.foundation.actor import Actor
from audit.log import ledger
from audit.log.ledger import Subject
from audit.models import Chain
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import EventChain, OneChain, OrganizationSet
from delegation.authorization import input_cleaning, policy
from delegation.authorization.errors import AlreadyExists, InvalidInput
from delegation.authorization.policy import Decision
from delegation.authorization.verbs import On, Verb
from identity import lifecycle
from identity.organizations.models import BusinessUnit, Organization, Site

MAX_SITE_NAME, MAX_EXTERNAL_ID = 120, 80
MAX_REGISTER_ID, MAX_CUSTOMER_NUMBER = 40, 40
"""The longest texts, in characters."""


@dataclass(frozen=True, slots=True)
class NewOrganization:
    """Describes a customer to onboard.

    `sites` are (name, external id); `numbers` are customer numbers by business unit key.
    """

    key: str
    name: str
    register_id: str = ""
    language: str = "en"
    time_zone: str = "Europe/Helsinki"
    sites: Sequence[tuple[str, str]] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    mail_domains: Sequence[str] = ()


class OrganizationToCreate(OneChain):
    """Stands for an organization that does not exist yet: this act opens its chain."""

    kind = On.SUPPLIER
    is_new = True

    def event_chain(self, subject: uuid.UUID) -> EventChain:
        """Return the chain that the act opens."""
        return EventChain(subject, subject)

    def chains(self) -> list[uuid.UUID]:
        """Open the organization's chain and return it."""
        ledger.open_chain(chain=self.chain, kind=Chain.Kind.ORGANIZATION)
        return [self.chain]

    def decide(self, *, actor: Actor, verb: Verb, at: dt.datetime) -> Decision:
        """Refuse everyone but the system, which `policy.decide` allows before it asks the set."""
        del actor, verb, at
        return policy.HIDDEN

    def log_subject(self, subject: uuid.UUID) -> Subject:
        """Name the organization that the act creates."""
        return Subject("organization", subject)


@command
def create_organization(
    *, actor: Actor, new: NewOrganization, idempotency_key: str | None = None
) -> Outcome[None]:
    """Create an organization with its sites and customer numbers; its chain begins with this event.

    Raises InvalidInput and AlreadyExists besides the errors of every act.
    """
    new = _cleaned(new)
    with acting(
        actor, Verb.ORGANIZATION_CREATE, on=OrganizationToCreate(ids.uuid7()), idempotency_key=idempotency_key
    ) as act:
        organization = lifecycle.create_organization(
            organization=act.organization,
            key=new.key,
            name=new.name,
            at=act.at,
            register_id=new.register_id,
            language=new.language,
            time_zone=new.time_zone,
            mail_domains=new.mail_domains,
        )
        sites = lifecycle.add_sites(organization=organization, sites=new.sites, at=act.at)
        _set_customer_numbers(organization, new.numbers)
        act.record_change(
            act.organization,
            before={},
            after={**_to_json(new), **_sites_to_json(sites)},
        )
    return act.outcome


def _to_json(new: NewOrganization) -> dict[str, Any]:
    return {
        "key": new.key,
        "register_id": new.register_id,
        "numbers": dict(new.numbers),
        "mail_domains": list(new.mail_domains),
    }


def _cleaned(new: NewOrganization) -> NewOrganization:
    return replace(
        new,
        key=input_cleaning.key(new.key),
        name=input_cleaning.name(new.name),
        register_id=input_cleaning.line(new.register_id, field="register_id", longest=MAX_REGISTER_ID),
        language=input_cleaning.language(new.language),
        time_zone=input_cleaning.time_zone(new.time_zone),
        mail_domains=_cleaned_domains(new.mail_domains),
        sites=_cleaned_sites(new.sites),
        numbers={
            input_cleaning.key(unit, field="unit"): input_cleaning.line(
                number, field="number", longest=MAX_CUSTOMER_NUMBER, required=True
            )
            for unit, number in new.numbers.items()
        },
    )


def _cleaned_sites(sites: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    cleaned = [
        (
            input_cleaning.name(name, field="site", longest=MAX_SITE_NAME),
            input_cleaning.line(external, field="external_id", longest=MAX_EXTERNAL_ID),
        )
        for name, external in sites
    ]
    if len({name for name, _ in cleaned}) < len(cleaned):
        raise AlreadyExists(field="site")
    return cleaned


def _set_customer_numbers(organization: Organization, numbers: Mapping[str, str]) -> None:
    units = dict(BusinessUnit.objects.filter(key__in=list(numbers)).values_list("key", "id"))
    if numbers.keys() - units.keys():
        raise InvalidInput(field="unit", problem="unknown")
    for unit, number in numbers.items():
        lifecycle.set_customer_number(organization=organization, unit=units[unit], customer_number=number)


@command
def add_sites(
    *,
    actor: Actor,
    organization: Organization,
    sites: Sequence[tuple[str, str]],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Add sites, as (name, external id). Raises InvalidInput and AlreadyExists besides the errors of every act."""
    new_sites = _cleaned_sites(sites)
    with acting(
        actor, Verb.SITE_CREATE, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        (locked,) = act.on
        added = lifecycle.add_sites(organization=locked, sites=new_sites, at=act.at)
        act.record_change(locked.id, before={}, after=_sites_to_json(added))
    return act.outcome


def _sites_to_json(sites: Sequence[Site]) -> dict[str, Any]:
    return {
        "sites": [str(site.id) for site in sites],
        "external_ids": {str(site.id): site.external_id for site in sites if site.external_id},
    }


@command
def set_mail_domains(
    *, actor: Actor, organization: Organization, domains: Sequence[str], idempotency_key: str | None = None
) -> Outcome[None]:
    """Set the organization's own mail domains; admins get a mail about an invitation to an address outside them.

    Raises InvalidInput besides the errors of every act.
    """
    cleaned = _cleaned_domains(domains)
    with acting(
        actor, Verb.MAIL_DOMAINS_SET, on=OrganizationSet(organization), idempotency_key=idempotency_key
    ) as act:
        (locked,) = act.on
        lifecycle.set_mail_domains(organization=locked, domains=cleaned)
        before, after = {"mail_domains": locked.mail_domains}, {"mail_domains": cleaned}
        act.record_change(locked.id, before=before, after=after)
    return act.outcome


def _cleaned_domains(domains: Sequence[str]) -> list[str]:
    return sorted({input_cleaning.mail_domain(domain) for domain in domains})
