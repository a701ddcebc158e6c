"""Commands of this capability open a case by this effect."""

from django.conf import settings

from delegation.acts.act import Act
from delegation.orphan_cases import rules
from delegation.orphan_cases.models import OrphanCase
from delegation.orphan_cases.new_admin import NewAdmin


def open_in(act: Act, *, cause: str, person: NewAdmin | None) -> OrphanCase:
    """Insert the case of the act's organization. Raises HasAdmin, AlreadyExists and InvalidInput."""
    rules.require_members(organization=act.organization)
    rules.require_no_other(organization=act.organization)
    by_claims = cause == OrphanCase.CaseCause.CLAIM
    rules.require_orphaned(organization=act.organization, at=act.at, by_claims=by_claims)
    return OrphanCase.objects.create(
        organization_id=act.organization,
        cause=cause,
        threshold=settings.ORPHAN_THRESHOLD,
        email=person.email if person else "",
        name=person.name if person else "",
        language=person.language if person else "en",
        named_by=act.actor.id if person else None,
        opened_by=act.actor.id,
        opened_by_kind=act.actor.kind.value,
        opened_at=act.at,
    )
