"""Commands of any capability change what the supplier offers an organization by this effect."""

from collections.abc import Mapping
from typing import Any

from audit.foundation.intervals import NotEnded
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.ceilings import Ceiling
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit, amount_to_json
from delegation.authorization.verbs import Verb
from delegation.catalogue import rules
from identity.organizations.models import Organization


def set_offer(
    act: Act, organization: Organization, offer: Mapping[str, AmountLimit | None]
) -> dict[str, Any]:
    """Offer these entitlements up to these amounts; None withdraws one. The organization's event is recorded.

    Returns the facts for the event in the supplier's chain, which the caller records. Raises InvalidInput.
    """
    known = {row.key: row for row in Entitlement.objects.filter(key__in=list(offer))}
    if offer.keys() - known.keys():
        raise InvalidInput(field="entitlement", problem="unknown")
    stored = _stored(offer, known)
    facts = {"offer": {key: _limit_to_json(limit) for key, limit in stored.items()}}
    current = Ceiling.objects.filter(organization=organization, entitlement__in=known.values())
    current.filter(NotEnded(act.at)).update(valid_until=act.at)
    offered = [(known[key], limit) for key, limit in stored.items() if limit is not None]
    Ceiling.objects.bulk_create([_ceiling(act, organization, *line) for line in offered])
    act.also(
        Verb.CEILING_SET,
        Subject("organization", organization.id),
        cause=act.verb,
        facts=facts,
        chain=organization.id,
    )
    return {"organization": str(organization.id), **facts}


def _stored(
    offer: Mapping[str, AmountLimit | None], known: Mapping[str, Entitlement]
) -> dict[str, AmountLimit | None]:
    return {
        key: limit and rules.stored_limit(limit, takes_amount=known[key].takes_amount)
        for key, limit in sorted(offer.items())
    }


def _ceiling(act: Act, organization: Organization, entitlement: Entitlement, limit: AmountLimit) -> Ceiling:
    return Ceiling(
        organization=organization,
        entitlement=entitlement,
        amount=limit.amount,
        currency=limit.currency,
        valid_from=act.at,
    )


def _limit_to_json(limit: AmountLimit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"amount": amount_to_json(limit.amount), "currency": limit.currency}
