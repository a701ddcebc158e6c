"""Commands write the catalogue, and what the supplier offers an organization, by these effects."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from audit.foundation.intervals import NotEnded
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.authorization.errors import InvalidInput
from delegation.authorization.models.ceilings import Ceiling
from delegation.authorization.models.roles import Entitlement
from delegation.authorization.values import AmountLimit, amount_to_json
from delegation.authorization.verbs import Verb
from delegation.catalogue import conflict_rows, events, rules, store, unit_ceilings
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.models import CatalogueProposal
from identity.organizations.models import Organization


def set_offer(
    act: Act,
    organization: Organization,
    offer: Mapping[str, AmountLimit | None],
    *,
    units: Mapping[str, uuid.UUID | None],
) -> dict[str, Any]:
    """Offer these entitlements in each of these business units up to these amounts; None withdraws one.

    The ceiling becomes the highest of all units of the organization. Where it changes, the organization's event is
    recorded. Returns the facts for the event in the supplier's chain, which the caller records. Raises InvalidInput.
    """
    known = {row.key: row for row in Entitlement.objects.filter(key__in=list(offer))}
    if offer.keys() - known.keys():
        raise InvalidInput(field="entitlement", problem="unknown")
    stored = _stored(offer, known)
    unit_ceilings.replace(organization, units.values(), stored, known, at=act.at)
    changed = _replace_ceilings(act, organization, known)
    facts = {"offer": _offer_to_json(changed)}
    if changed:
        subject = Subject("organization", organization.id)
        act.also(Verb.CEILING_SET, subject, cause=act.verb, facts=facts, chain=organization.id)
    by_unit = dict.fromkeys(sorted(units), _offer_to_json(stored))
    return {"organization": str(organization.id), **facts, "unit_offers": by_unit}


def _replace_ceilings(
    act: Act, organization: Organization, known: Mapping[str, Entitlement]
) -> dict[str, AmountLimit | None]:
    """Write the ceilings whose highest offer differs from the present one, and return these."""
    current = Ceiling.objects.filter(NotEnded(act.at), organization=organization)
    rows = current.filter(entitlement__in=known.values())
    present = {
        key: AmountLimit(amount, currency)
        for key, amount, currency in rows.values_list("entitlement__key", "amount", "currency")
    }
    highest = unit_ceilings.highest(organization, known, at=act.at)
    changed = {key: limit for key, limit in highest.items() if limit != present.get(key)}
    current.filter(entitlement__key__in=list(changed)).update(valid_until=act.at)
    offered = [(known[key], limit) for key, limit in changed.items() if limit is not None]
    Ceiling.objects.bulk_create([_ceiling(act, organization, *line) for line in offered])
    return changed


def _offer_to_json(offer: Mapping[str, AmountLimit | None]) -> dict[str, Any]:
    return {key: _limit_to_json(limit) for key, limit in sorted(offer.items())}


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


@dataclass(frozen=True, slots=True)
class CatalogueApplied:
    """Names the roles with a new version, and the entitlements of applications that are not registered."""

    roles: tuple[str, ...]
    unregistered: tuple[str, ...]


def apply_catalogue(
    act: Act, catalogue: Catalogue, checked: CheckedFile, *, agreed: CatalogueProposal | None = None
) -> CatalogueApplied:
    """Write the catalogue and record it; other open proposals become void. `agreed` is the proposal that led to it.

    The rows are those of `checked`: nothing of the catalogue is read under the lock.
    """
    rows, new_units = checked.rows, store.apply_units(catalogue, checked.rows)
    known = store.apply_entitlements(catalogue, rows)
    store.apply_templates(catalogue, rows, known)
    versions = store.apply_roles(catalogue, rows, known, act.at)
    act.record(
        roles=list(versions),
        entitlements=sorted(known),
        entitlement_settings={key: events.entitlement_to_json(row) for key, row in known.items()},
        role_versions=versions,
        brands=dict(catalogue.brands),
        ceiling_templates={
            spec.key: events.template_to_json(spec, known) for spec in catalogue.ceiling_templates
        },
        people_losing=checked.affected.total.lose,
        people_gaining=checked.affected.total.gain,
    )
    more: dict[str, Any] = {
        "business_units": new_units,
        "duty_conflicts": conflict_rows.apply(catalogue, rows, known, act.at),
        "proposal": str(agreed.id) if agreed else "",
        "void_proposals": _void_others(act, checked),
    }
    act.record(**{name: value for name, value in more.items() if value})
    changed = checked.difference.roles_to_update
    store.begin_wave(act=act.id, at=act.at, roles=changed, has_holders=checked.affected.holders > 0)
    left_out = (spec.key for spec in catalogue.entitlements if spec.key not in known)
    return CatalogueApplied(tuple(versions), tuple(left_out))


def decide(act: Act, row: CatalogueProposal, state: CatalogueProposal.State) -> None:
    """Give an open proposal its final state."""
    row.state, row.decided_at, row.decided_act = state, act.at, act.id
    row.decided_by, row.decided_by_kind = act.actor.id, act.actor.kind.value
    row.save(update_fields=["state", "decided_at", "decided_act", "decided_by", "decided_by_kind"])


def _void_others(act: Act, checked: CheckedFile) -> list[str]:
    """Close the proposals that were compared with another catalogue than the one that is in force now."""
    rows = CatalogueProposal.objects.filter(state=CatalogueProposal.State.OPEN).defer("file").order_by("id")
    void = [row for row in rows if not checked.difference.is_empty or row.version != checked.version]
    for row in void:
        decide(act, row, CatalogueProposal.State.VOID)
    return [str(row.id) for row in void]
