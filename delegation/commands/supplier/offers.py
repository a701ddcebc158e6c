"""What a customer is offered: ceilings."""

from collections.abc import Mapping
from typing import Any

from audit.actor import Actor
from audit.intervals import NotEnded
from audit.ledger import Subject
from delegation import inputs, rules
from delegation.act import Act, Outcome, SupplierSet, acting, command
from delegation.errors import BadInput
from delegation.models import Ceiling, Entitlement
from delegation.verbs import Verb
from delegation.wanted import Limit, amount_to_json
from identity.models import Organization


@command
def set_ceiling(
    *,
    actor: Actor,
    organization: Organization,
    offer: Mapping[str, Limit | None],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Offer these entitlements up to these amounts from now on; None takes an entitlement away.

    No assignment is touched: what people may do is computed when asked. Raises BadInput besides what every act raises.
    """
    _makes_sense(offer)
    facts: dict[str, Any] = {"offer": {key: _amount(limit) for key, limit in sorted(offer.items())}}
    affects = SupplierSet(affects=(organization.id,))
    with acting(actor, Verb.CEILING_SET, on=affects, idempotency_key=idempotency_key) as act:
        known = {row.key: row for row in Entitlement.objects.filter(key__in=list(offer))}
        if offer.keys() - known.keys():
            raise BadInput(field="entitlement", problem="unknown")
        now = Ceiling.objects.filter(organization=organization, entitlement__in=known.values())
        now.filter(NotEnded(act.at)).update(valid_until=act.at)
        given = [(known[key], limit) for key, limit in offer.items() if limit is not None]
        Ceiling.objects.bulk_create([_ceiling(act, organization, *one) for one in given])
        act.say(organization=str(organization.id), **facts)
        act.also(
            Verb.CEILING_SET,
            Subject("organization", organization.id),
            because=Verb.CEILING_SET,
            facts=facts,
            chain=organization.id,
        )
    return act.outcome


def _makes_sense(offer: Mapping[str, Limit | None]) -> None:
    for key, limit in offer.items():
        inputs.line(key, field="entitlement", longest=80, required=True)
        if limit is not None and (problem := rules.amount_problem(limit=limit)):
            raise BadInput(field="limit", problem=problem)


def _ceiling(act: Act, organization: Organization, entitlement: Entitlement, limit: Limit) -> Ceiling:
    return Ceiling(
        organization=organization,
        entitlement=entitlement,
        amount=limit.amount if entitlement.takes_amount else None,
        currency=limit.currency if entitlement.takes_amount else "",
        valid_from=act.at,
    )


def _amount(limit: Limit | None) -> dict[str, Any] | None:
    if limit is None:
        return None
    return {"amount": amount_to_json(limit.amount), "currency": limit.currency}
