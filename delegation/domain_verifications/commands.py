"""A domain becomes verified when its DNS record was found, and lapses when the record is gone.

The channel asks the DNS before the act: nothing slow happens under a lock.
"""

from audit.foundation.actor import Actor
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import OrganizationSet
from delegation.authorization.errors import AlreadyExists, NotFound
from delegation.authorization.verbs import Verb
from delegation.domain_verifications.models import DomainVerification
from identity.organizations.models import Organization


@command
def verify(
    *, actor: Actor, organization: Organization, domain: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Note that the organization's DNS record was found in the domain.

    Raises NotFound for a domain that is not the organization's, and AlreadyExists for one that is verified, besides
    the errors of every act.
    """
    subject = OrganizationSet(organization)
    with acting(actor, Verb.MAIL_DOMAIN_VERIFY, on=subject, idempotency_key=idempotency_key) as act:
        (locked,) = act.on
        if domain not in locked.mail_domains:
            raise NotFound
        if DomainVerification.objects.filter(organization=locked, domain=domain, valid_until=None).exists():
            raise AlreadyExists(field="domain")
        DomainVerification.objects.create(organization=locked, domain=domain, valid_from=act.at, act=act.id)
        act.record(domain=domain)
    return act.outcome


@command
def lapse(
    *, actor: Actor, organization: Organization, domain: str, idempotency_key: str | None = None
) -> Outcome[None]:
    """Note that the record was not found any more for some days. Raises NotFound for a domain that is not verified."""
    subject = OrganizationSet(organization)
    with acting(actor, Verb.MAIL_DOMAIN_LAPSE, on=subject, idempotency_key=idempotency_key) as act:
        _end(act, domain)
        act.record(domain=domain, lapse_reason="not_found")
    return act.outcome


def _end(act: Act, domain: str) -> None:
    rows = DomainVerification.objects.filter(organization=act.organization, domain=domain, valid_until=None)
    if not rows.update(valid_until=act.at):
        raise NotFound
