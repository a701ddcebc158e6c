"""A proof by a domain or a contact rests on what was known of the customer before the case."""

import datetime as dt
from collections.abc import Iterable, Sequence

from delegation.authorization.errors import DomainVerifiedLate, InvalidInput
from delegation.domain_verifications import queries as domains_queries
from delegation.orphan_cases import letters
from delegation.orphan_cases.models import OrphanCase, OrphanProof

_KIND = OrphanProof.ProofKind


def known_domains(case: OrphanCase, *, at: dt.datetime) -> Sequence[str]:
    """List the customer's domains that were verified before the case and its requests, and still are. Two statements.

    A lapsed domain can be bought, and an insider can verify one: a later verification proves nothing.
    """
    return domains_queries.verified_throughout(
        organization=case.organization_id, before=letters.beginning(case), at=at
    )


def late_domains(case: OrphanCase, *, at: dt.datetime) -> Sequence[str]:
    """List the customer's verified domains that are no proof, because they were verified too late. Three statements."""
    known = known_domains(case, at=at)
    verified = domains_queries.verified(organization=case.organization_id, at=at)
    return [one for one in verified if one not in known]


def require(case: OrphanCase, *, kind: str, at: dt.datetime) -> None:
    """Check that a domain or a contact was known before the case. Raises DomainVerifiedLate and InvalidInput."""
    if kind == _KIND.DOMAIN and not known_domains(case, at=at):
        if domains_queries.verified(organization=case.organization_id, at=at):
            raise DomainVerifiedLate
        raise InvalidInput(field="kind", problem="no_verified_domain")
    if kind == _KIND.CONTACT and not letters.known_contacts(case):
        raise InvalidInput(field="kind", problem="no_known_contact")


def counting(case: OrphanCase, proofs: Iterable[OrphanProof], *, at: dt.datetime) -> list[OrphanProof]:
    """Leave out a domain that has lapsed by `at`, or that a request, which joined the case after it, makes too new.

    Two statements where a domain is among them.
    """
    found = list(proofs)
    has_domain = any(one.kind == _KIND.DOMAIN for one in found)
    if has_domain and not known_domains(case, at=at):
        return [one for one in found if one.kind != _KIND.DOMAIN]
    return found
