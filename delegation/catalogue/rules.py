"""An offer holds valid keys and limits; a file that takes much needs a second person, who sees the same."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping

from django.conf import settings

from audit.foundation.actor import Actor, ActorKind
from audit.foundation.intervals import InForce
from audit.log import ledger
from audit.models import Event
from delegation.authorization import access_validation, input_cleaning, staff_rights, staff_roles
from delegation.authorization.errors import (
    DifferenceChanged,
    InvalidInput,
    OwnProposal,
    ProposalDecided,
    ProposalVoid,
    SecondPersonRequired,
)
from delegation.authorization.models.staff import StaffRight
from delegation.authorization.values import AmountLimit
from delegation.authorization.verbs import Verb
from delegation.catalogue import stored_catalogue
from delegation.catalogue.checked_file import CheckedFile
from delegation.catalogue.models import FILE_BYTES, CatalogueProposal
from identity.people.models import User
from identity.service_users import queries as service_users_queries

SUMMED = dt.timedelta(hours=24)
MAX_OPEN = 20
"""The most proposals that wait at a time."""


def check_offer(offer: Mapping[str, AmountLimit | None]) -> None:
    """Raise InvalidInput for a key or a limit that no offer can hold."""
    for key, limit in offer.items():
        input_cleaning.line(key, field="entitlement", longest=80, required=True)
        if limit is not None and (problem := access_validation.limit_problem(limit=limit)):
            raise InvalidInput(field="limit", problem=problem)


def stored_limit(limit: AmountLimit, *, takes_amount: bool) -> AmountLimit:
    """Return the limit as it is stored and logged: without an amount where the entitlement takes none."""
    return limit if takes_amount else AmountLimit(None, "")


def needs_second_person(checked: CheckedFile, *, at: dt.datetime) -> bool:
    """Answer whether more people would lose something than one person may decide.

    What files without a second person have taken within `SUMMED` counts too: a file in pieces is no way around it.
    One statement where someone loses something.
    """
    lose = checked.affected.total.lose
    return lose > 0 and lose + _lost_since(at - SUMMED) > settings.CATALOGUE_LOSSES_BY_ONE


def _lost_since(at: dt.datetime) -> int:
    rows = Event.objects.filter(chain=ledger.SUPPLIER, verb=Verb.CATALOGUE_APPLY, outcome="done", at__gte=at)
    facts = [json.loads(bytes(body))["facts"] for body in rows.values_list("body", flat=True)]
    return sum(one.get("people_losing", 0) for one in facts if "proposal" not in one)


def require_one_person_suffices(checked: CheckedFile, *, at: dt.datetime) -> None:
    """Raise SecondPersonRequired for a file that a second person must agree to."""
    if needs_second_person(checked, at=at):
        most = settings.CATALOGUE_LOSSES_BY_ONE
        raise SecondPersonRequired(people_losing=checked.affected.total.lose, most=most)


def require_same_difference(checked: CheckedFile, seen: str, *, head: int) -> None:
    """Raise DifferenceChanged where the catalogue has moved since the check, or the actor saw another difference.

    Call it under the supplier's lock: no act changes the catalogue until the end of this one. `head` is the number of
    the newest event in the supplier's chain. Each change of the catalogue has an event there, so the catalogue is read
    again only where the chain has grown.
    """
    moved = head != checked.head and stored_catalogue.load().version != checked.version
    if moved or seen not in ("", checked.digest):
        raise DifferenceChanged


def require_room(file: str) -> None:
    """Raise InvalidInput for a file that is too long, and while too many proposals wait."""
    if len(file.encode()) > FILE_BYTES:
        raise InvalidInput(field="file", problem="too_long", longest=FILE_BYTES)
    if CatalogueProposal.objects.filter(state=CatalogueProposal.State.OPEN).count() >= MAX_OPEN:
        raise InvalidInput(field="file", problem="proposals", longest=MAX_OPEN)


def require_open(row: CatalogueProposal) -> None:
    """Raise ProposalVoid for a void proposal, and ProposalDecided for one that was decided."""
    if row.state == CatalogueProposal.State.VOID:
        raise ProposalVoid(reason="catalogue")
    if row.state != CatalogueProposal.State.OPEN:
        raise ProposalDecided(state=row.state)


def require_agreement_counts(row: CatalogueProposal, *, actor: Actor, version: str, at: dt.datetime) -> None:
    """Raise OwnProposal for the proposer, and ProposalVoid where the catalogue or the proposer's right is another.

    A program's proposal is that of the program's owner.
    """
    require_open(row)
    proposer = responsible_for(row)
    if actor.kind is not ActorKind.STAFF or actor.id == proposer:
        raise OwnProposal
    if row.version != version:
        raise ProposalVoid(reason="catalogue")
    if row.proposed_by_kind != ActorKind.SYSTEM.value and not _owns_catalogue(proposer, at):
        raise ProposalVoid(reason="proposer")


def responsible_for(row: CatalogueProposal) -> uuid.UUID:
    """Return who answers for the proposal: of a program, its owner. One statement for a program, else none."""
    if row.proposed_by_kind != ActorKind.STAFF_SERVICE.value:
        return row.proposed_by
    return service_users_queries.owner_of(service_user=row.proposed_by) or row.proposed_by


def _owns_catalogue(proposer: uuid.UUID, at: dt.datetime) -> bool:
    """Answer whether the proposer still has a right in force that allows a proposal."""
    rights = StaffRight.objects.filter(
        InForce(at),
        staff_rights.WHOLE_SUPPLIER,
        user=proposer,
        user__is_active=True,
        user__directory=User.Directory.STAFF,
        role__in=staff_roles.with_verb(Verb.CATALOGUE_PROPOSE),
    )
    return rights.exists()
