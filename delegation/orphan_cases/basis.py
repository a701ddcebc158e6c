"""A proof by a domain or a contact rests on what was known of the customer, and not on what a stranger says."""

import datetime as dt
from collections.abc import Sequence

from delegation.authorization.errors import InvalidInput
from delegation.domain_verifications import queries as domains_queries
from delegation.orphan_cases import letters
from delegation.orphan_cases.models import OrphanCase, OrphanProof

_KIND = OrphanProof.ProofKind


def verified_domains(case: OrphanCase, *, at: dt.datetime) -> Sequence[str]:
    """List the customer's domains whose record was found and has not lapsed. One statement."""
    return domains_queries.verified(organization=case.organization_id, at=at)


def require(case: OrphanCase, *, kind: str, at: dt.datetime) -> None:
    """Raise InvalidInput for a domain without a verified record, and for a contact where none was known before."""
    if kind == _KIND.DOMAIN and not verified_domains(case, at=at):
        raise InvalidInput(field="kind", problem="no_verified_domain")
    if kind == _KIND.CONTACT and not letters.known_contacts(case):
        raise InvalidInput(field="kind", problem="no_known_contact")
