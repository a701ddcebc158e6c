"""A domain that is no longer the organization's own is no longer verified."""

from collections.abc import Collection

from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.authorization.verbs import Verb
from delegation.domain_verifications.models import DomainVerification


def end_removed(act: Act, domains: Collection[str]) -> None:
    """End the verification of these domains of the act's organization, each with a consequence event."""
    rows = DomainVerification.objects.filter(
        organization=act.organization, domain__in=domains, valid_until=None
    )
    ended = sorted(rows.values_list("domain", flat=True))
    rows.update(valid_until=act.at)
    for domain in ended:
        act.also(
            Verb.MAIL_DOMAIN_LAPSE,
            Subject("organization", act.organization),
            cause=act.verb,
            facts={"domain": domain, "lapse_reason": "removed"},
            chain=act.organization,
        )
