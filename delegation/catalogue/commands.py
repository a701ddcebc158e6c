"""The supplier applies its catalogue; a file that takes something from many people needs two people."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.foundation.intervals import NotEnded
from audit.log.ledger import Subject
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import SupplierSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, InvalidInput, NotFound
from delegation.authorization.models.assignments import Assignment
from delegation.authorization.verbs import Verb
from delegation.catalogue import catalog_file, checked_file, effects, rules, store
from delegation.catalogue.catalog_file import InvalidCatalogue
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.effects import CatalogueApplied
from delegation.catalogue.models import CatalogueProposal

_BATCH = 300
"""The number of chains locked at once."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """Names the new proposal."""

    proposal: uuid.UUID


@command
def add_units(*, actor: Actor, catalogue: Catalogue, idempotency_key: str | None = None) -> Outcome[None]:
    """Add the supplier's business units (brands, regions, divisions); existing ones stay."""
    for key, name in catalogue.units.items():
        input_cleaning.key(key)
        input_cleaning.line(name, field="name", longest=input_cleaning.NAME, required=True)
    with acting(actor, Verb.CATALOGUE_APPLY, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        store.add_units(catalogue)
        act.record(business_units=sorted(catalogue.units))
    return act.outcome


@command
def apply(
    *, actor: Actor, catalogue: Catalogue, seen: str = "", idempotency_key: str | None = None
) -> Outcome[CatalogueApplied]:
    """Apply the catalogue. A changed role gets a new version; earlier versions stay for questions about the past.

    Organizations with members in a changed role get a consequence event afterwards, in batches. Entitlements of
    applications that are not registered are left out. `seen` is the digest of the difference that the actor saw.
    Raises SecondPersonRequired and DifferenceChanged besides the errors of every act.
    """
    # Counting people takes time, so it is done before the lock; the version of the catalogue is compared under it.
    checked = checked_file.check(catalogue=catalogue, at=clock.now())
    with acting(actor, Verb.CATALOGUE_APPLY, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        rules.require_same_difference(checked, seen)
        rules.require_one_person_suffices(checked)
        applied = effects.apply_catalogue(act, catalogue)
        outcome = act.set_result(applied)
    _propagate(actor, checked, act)
    return outcome


@command
def propose(
    *, actor: Actor, file: str, seen: str = "", idempotency_key: str | None = None
) -> Outcome[Proposed]:
    """Ask for a second person's agreement to apply this file. Nothing of the catalogue changes.

    Raises InvalidInput, DifferenceChanged and AlreadyExists besides the errors of every act.
    """
    checked = checked_file.check(catalogue=_parsed(file), at=clock.now())
    digest = hashlib.sha256(file.encode()).hexdigest()
    with acting(actor, Verb.CATALOGUE_PROPOSE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        rules.require_same_difference(checked, seen)
        rules.require_room(file)
        if CatalogueProposal.objects.filter(digest=digest, state=CatalogueProposal.State.OPEN).exists():
            raise AlreadyExists(field="proposal")
        row = CatalogueProposal.objects.create(
            file=file,
            digest=digest,
            version=checked.version,
            lose=checked.affected.total.lose,
            gain=checked.affected.total.gain,
            proposed_by=act.actor.id,
            proposed_by_kind=act.actor.kind.value,
            proposed_at=act.at,
            act=act.id,
        )
        act.record(
            proposal=str(row.id),
            file_digest=digest,
            catalogue_version=row.version,
            people_losing=row.lose,
            people_gaining=row.gain,
        )
        return act.set_result(Proposed(row.id))


@command
def agree(
    *, actor: Actor, proposal: CatalogueProposal, seen: str, idempotency_key: str | None = None
) -> Outcome[CatalogueApplied]:
    """Apply the file of this proposal, as the second person, who saw the difference with the digest `seen`.

    Raises OwnProposal, ProposalVoid, ProposalDecided and DifferenceChanged besides the errors of every act.
    """
    catalogue = _parsed(proposal.file)
    checked = checked_file.check(catalogue=catalogue, at=clock.now())
    with acting(actor, Verb.CATALOGUE_APPLY, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        row = _reloaded(proposal)
        rules.require_agreement_counts(row, actor=act.actor, version=checked.version, at=act.at)
        rules.require_same_difference(checked, seen)
        effects.decide(act, row, CatalogueProposal.State.APPLIED)
        applied = effects.apply_catalogue(act, catalogue, agreed=row)
        outcome = act.set_result(applied)
    _propagate(actor, checked, act)
    return outcome


@command
def refuse(
    *, actor: Actor, proposal: CatalogueProposal, reason: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Refuse this proposal; its proposer withdraws it. Raises ProposalVoid and ProposalDecided."""
    reason = input_cleaning.reason(reason)
    with acting(actor, Verb.CATALOGUE_REFUSE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        row = _reloaded(proposal)
        rules.require_open(row)
        withdrawn = act.actor.id == row.proposed_by
        states = CatalogueProposal.State
        effects.decide(act, row, states.WITHDRAWN if withdrawn else states.REFUSED)
        act.record(reason=reason, proposal=str(row.id), proposal_state=row.state)
    return act.outcome


def _parsed(file: str) -> Catalogue:
    try:
        return catalog_file.parse(text=file)
    except InvalidCatalogue as error:
        raise InvalidInput(field="file", problem="invalid") from error


def _reloaded(proposal: CatalogueProposal) -> CatalogueProposal:
    row = CatalogueProposal.objects.filter(id=proposal.id).first()
    if row is None:
        raise NotFound
    return row


def _propagate(actor: Actor, checked: checked_file.CheckedFile, applied: Act) -> None:
    """Record the change in the chain of each affected organization.

    The separate verb has no effect: other systems are updated once, after the act `applied`, and not once per batch.
    """
    roles = checked.difference.changed_roles
    assignments = Assignment.objects.filter(NotEnded(applied.at), role__key__in=roles)
    affected = sorted(set(assignments.values_list("membership__organization", flat=True)))
    for begin in range(0, len(affected), _BATCH):
        batch = affected[begin : begin + _BATCH]
        facts: dict[str, Any] = {"roles": roles, "catalogue_act": str(applied.id)}
        with acting(actor, Verb.CATALOGUE_PROPAGATE, on=SupplierSet(affects=tuple(batch))) as act:
            act.record(**facts)
            for organization in batch:
                act.also(
                    Verb.CATALOGUE_PROPAGATE,
                    Subject("organization", organization),
                    cause=Verb.CATALOGUE_PROPAGATE,
                    facts=facts,
                    chain=organization,
                )
