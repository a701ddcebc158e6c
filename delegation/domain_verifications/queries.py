"""Verified domains are read as of an instant; the page of an organization shows all its domains with their records."""

import datetime as dt
import uuid
from dataclasses import dataclass

from audit.foundation.intervals import InForce
from delegation.domain_verifications import challenge
from delegation.domain_verifications.challenge import DnsRecord
from delegation.domain_verifications.models import DomainVerification
from identity.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class OwnDomain:
    """Describes one of the organization's own mail domains."""

    domain: str
    record: DnsRecord
    verified_at: dt.datetime | None
    """Since when it is verified now."""
    lapsed_at: dt.datetime | None
    """When the last verification ended, where none holds."""


def verified(*, organization: uuid.UUID, at: dt.datetime) -> list[str]:
    """List the domains that were verified at `at`, by name. One statement."""
    rows = DomainVerification.objects.filter(InForce(at), organization=organization)
    return sorted(rows.values_list("domain", flat=True))


def verified_throughout(*, organization: uuid.UUID, before: dt.datetime, at: dt.datetime) -> list[str]:
    """List the domains that were verified before `before` and without a break until `at`, by name. One statement."""
    rows = DomainVerification.objects.filter(InForce(at), organization=organization, valid_from__lt=before)
    return sorted(rows.values_list("domain", flat=True))


def all_verified(*, at: dt.datetime) -> set[tuple[uuid.UUID, str]]:
    """Return organization and domain of all that are verified at `at`. One statement."""
    rows = DomainVerification.objects.filter(InForce(at))
    return set(rows.values_list("organization", "domain"))


def own_domains(*, organization: Organization) -> list[OwnDomain]:
    """List the organization's own domains with the record that each needs. One statement."""
    rows = DomainVerification.objects.filter(organization=organization).order_by("valid_from")
    newest = {row.domain: row for row in rows}
    return [_own(organization.id, domain, newest.get(domain)) for domain in organization.mail_domains]


def _own(organization: uuid.UUID, domain: str, newest: DomainVerification | None) -> OwnDomain:
    return OwnDomain(
        domain=domain,
        record=challenge.record(organization=organization, domain=domain),
        verified_at=newest.valid_from if newest and newest.valid_until is None else None,
        lapsed_at=newest.valid_until if newest else None,
    )
