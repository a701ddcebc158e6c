"""The supplier sets what it offers an organization."""

import datetime as dt
from collections.abc import Mapping

from audit.foundation.actor import Actor
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization.models import ceilings
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import effects, rules
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
    rules.check_offer(offer)
    affects = SupplierSet(affects=(organization.id,))
    with acting(actor, Verb.CEILING_SET, on=affects, idempotency_key=idempotency_key) as act:
        act.record(**effects.set_offer(act, organization, offer))
    return act.outcome


def current_offer(*, organization: Organization, at: dt.datetime) -> dict[str, AmountLimit]:
    """Return the present ceiling of the organization, by entitlement. One statement."""
    rows = ceilings.offer_of(organization=organization.id, at=at).select_related("entitlement")
    return {row.entitlement.key: AmountLimit(row.amount, row.currency) for row in rows}


def entitlements_with_amount() -> dict[str, bool]:
    """Return the key of each entitlement, and whether it takes an amount. One statement."""
    return dict(Entitlement.objects.values_list("key", "takes_amount"))
