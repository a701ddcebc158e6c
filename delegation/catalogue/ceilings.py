"""The supplier sets what it offers an organization."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from audit.foundation.actor import Actor
from audit.foundation.intervals import InForce, NotEnded
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization import access_validation, input_cleaning
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.ceilings import Ceiling
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit, amount_to_json
from delegation.authorization.verbs import Verb
from identity.organizations.models import Organization


@command
def set_ceiling(
    *,
    actor: Actor,
    organization: Organization,
    offer: Mapping[str, AmountLimit | None],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Offer these entitlements up to these amounts from now on; None withdraws an entitlement.

    Assignments stay unchanged: rights are computed when read. Raises InvalidInput besides the errors of every act.
    """
    _check_offer(offer)
    affects = SupplierSet(affects=(organization.id,))
    with acting(actor, Verb.CEILING_SET, on=affects, idempotency_key=idempotency_key) as act:
        known = {row.key: row for row in Entitlement.objects.filter(key__in=list(offer))}
        if offer.keys() - known.keys():
            raise InvalidInput(field="entitlement", problem="unknown")
        stored = _stored(offer, known)
        facts: dict[str, Any] = {"offer": {key: _limit_to_json(limit) for key, limit in stored.items()}}
        current = Ceiling.objects.filter(organization=organization, entitlement__in=known.values())
        current.filter(NotEnded(act.at)).update(valid_until=act.at)
        offered = [(known[key], limit) for key, limit in stored.items() if limit is not None]
        Ceiling.objects.bulk_create([_ceiling(act, organization, *line) for line in offered])
        act.record(organization=str(organization.id), **facts)
        act.also(
            Verb.CEILING_SET,
            Subject("organization", organization.id),
            cause=Verb.CEILING_SET,
            facts=facts,
            chain=organization.id,
        )
    return act.outcome


def _stored(
    offer: Mapping[str, AmountLimit | None], known: Mapping[str, Entitlement]
) -> dict[str, AmountLimit | None]:
    return {
        key: limit and stored_limit(limit, takes_amount=known[key].takes_amount)
        for key, limit in sorted(offer.items())
    }


def stored_limit(limit: AmountLimit, *, takes_amount: bool) -> AmountLimit:
    """Return the limit as it is stored and logged: without an amount where the entitlement takes none."""
    return limit if takes_amount else AmountLimit(None, "")


def _check_offer(offer: Mapping[str, AmountLimit | None]) -> None:
    for key, limit in offer.items():
        input_cleaning.line(key, field="entitlement", longest=80, required=True)
        if limit is not None and (problem := access_validation.limit_problem(limit=limit)):
            raise InvalidInput(field="limit", problem=problem)


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


def current_offer(*, organization: Organization, at: dt.datetime) -> dict[str, AmountLimit]:
    """Return the present ceiling of the organization, by entitlement. One statement."""
    rows = Ceiling.objects.filter(InForce(at), organization=organization).select_related("entitlement")
    return {row.entitlement.key: AmountLimit(row.amount, row.currency) for row in rows}


def entitlements_with_amount() -> dict[str, bool]:
    """Return the key of each entitlement, and whether it takes an amount. One statement."""
    return dict(Entitlement.objects.values_list("key", "takes_amount"))
