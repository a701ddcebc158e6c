"""The supplier applies its catalogue; a file that takes something from many people needs two people."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.log import ledger
from delegation.acts.act import Act
from delegation.acts.acting import acting
from delegation.acts.idempotency import Outcome, command
from delegation.acts.subjects import OrganizationIds, SupplierSet
from delegation.authorization import input_cleaning
from delegation.authorization.errors import AlreadyExists, DifferenceChanged, InvalidInput, NotFound
from delegation.authorization.verbs import Verb
from delegation.catalogue import catalog_file, checked_file, effects, rules, store
from delegation.catalogue.catalog_file import InvalidCatalogue
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.effects import CatalogueApplied
from delegation.catalogue.models import CatalogueProposal, CatalogueWave


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

    Organizations with members in a changed role get a consequence event afterwards, in batches (`propagation`).
    Entitlements of applications that are not registered are left out. `seen` is the digest of the difference that
    the actor saw.
    Raises SecondPersonRequired and DifferenceChanged besides the errors of every act.
    """
    # Reading and counting take time, so both are done before the lock; under it the supplier's chain says
    # whether they still hold.
    checked = checked_file.check(catalogue=catalogue, at=clock.now())
    with acting(actor, Verb.CATALOGUE_APPLY, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        rules.require_same_difference(checked, seen, head=_head(act))
        rules.require_one_person_suffices(checked, at=act.at)
        applied = effects.apply_catalogue(act, catalogue, checked)
        return act.set_result(applied)


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
        rules.require_same_difference(checked, seen, head=_head(act))
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
        rules.require_same_difference(checked, seen, head=_head(act))
        effects.decide(act, row, CatalogueProposal.State.APPLIED)
        applied = effects.apply_catalogue(act, catalogue, checked, agreed=row)
        return act.set_result(applied)


@command
def refuse(
    *, actor: Actor, proposal: CatalogueProposal, reason: str = "", idempotency_key: str | None = None
) -> Outcome[None]:
    """Refuse this proposal; who answers for it withdraws it. Raises ProposalVoid and ProposalDecided."""
    reason = input_cleaning.reason(reason)
    with acting(actor, Verb.CATALOGUE_REFUSE, on=SupplierSet(), idempotency_key=idempotency_key) as act:
        row = _reloaded(proposal)
        rules.require_open(row)
        withdrawn = act.actor.id == rules.responsible_for(row)
        states = CatalogueProposal.State
        effects.decide(act, row, states.WITHDRAWN if withdrawn else states.REFUSED)
        act.record(reason=reason, proposal=str(row.id), proposal_state=row.state)
    return act.outcome


@command
def propagate(
    *,
    actor: Actor,
    wave: CatalogueWave,
    organizations: Sequence[uuid.UUID],
    idempotency_key: str | None = None,
) -> Outcome[None]:
    """Record an applied catalogue in the chains of these organizations, the next ones of the wave.

    Other systems are updated from these events. Raises DifferenceChanged where another process was first.
    """
    subjects = OrganizationIds(organizations)
    with acting(actor, Verb.CATALOGUE_PROPAGATE, on=subjects, idempotency_key=idempotency_key) as act:
        if not store.advance_wave(wave, position=organizations[-1]):
            raise DifferenceChanged
        act.record(roles=wave.roles, catalogue_act=str(wave.act))
    return act.outcome


def _head(act: Act) -> int:
    return act.chain_heads[ledger.SUPPLIER].seq


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
