"""The supplier sets what its business units offer an organization."""

import datetime as dt
import uuid
from collections.abc import Mapping

from audit.foundation import clock
from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.authorization.errors import DifferenceChanged
from delegation.authorization.models import ceilings
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import ceiling_difference, effects, rules, unit_ceilings
from delegation.catalogue.subjects import OfferOfUnits
from identity.organizations.models import Organization


@command
def set_ceiling(
    *,
    actor: Actor,
    organization: Organization,
    offer: Mapping[str, AmountLimit | None],
    unit: str = "",
    seen: str = "",
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Offer these entitlements up to these amounts from now on; None withdraws an entitlement.

    `unit` is the key of the business unit that offers them; without it, each unit of the organization does. The ceiling
    is the highest of its units. Assignments stay unchanged: rights are computed when read. `seen` is the digest of the
    difference that the actor saw. Raises InvalidInput and DifferenceChanged besides the errors of every act.
    """
    rules.check_offer(offer)
    units = unit_ceilings.chosen_units(organization=organization.id, unit=unit)
    # Counting people takes time, so it is done before the lock; the present offers are compared under it.
    checked = (
        ceiling_difference.check(organization=organization.id, units=units, offer=offer, at=clock.now())
        if seen
        else None
    )
    on = OfferOfUnits(organization.id, units=list(units.values()))
    with acting(actor, Verb.CEILING_SET, on=on, idempotency_key=idempotency_key) as act:
        if checked is not None:
            version = ceiling_difference.version(organization=organization.id, at=act.at)
            if checked.digest != seen or checked.version != version:
                raise DifferenceChanged
        act.record(**effects.set_offer(act, organization, offer, units=units))
    return act.outcome


def current_offer(*, organization: Organization, at: dt.datetime) -> dict[str, AmountLimit]:
    """Return the present ceiling of the organization, by entitlement. One statement."""
    rows = ceilings.offer_of(organization=organization.id, at=at).select_related("entitlement")
    return {row.entitlement.key: AmountLimit(row.amount, row.currency) for row in rows}


def ever_offered(*, organization: uuid.UUID) -> frozenset[str]:
    """Return the entitlements that the organization was ever offered. One statement."""
    rows = ceilings.Ceiling.objects.filter(organization=organization)
    return frozenset(rows.values_list("entitlement__key", flat=True))


def entitlements_with_amount() -> dict[str, bool]:
    """Return the key of each entitlement, and whether it takes an amount. One statement."""
    return dict(Entitlement.objects.values_list("key", "takes_amount"))
