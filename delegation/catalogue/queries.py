"""Staff read the proposed catalogue files, and what became of them."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from delegation.catalogue.models import FILE_BYTES, CatalogueProposal
from identity.people.models import User
from identity.service_users.models import ServiceUser

DECIDED = 10
"""The most decided proposals that are listed."""
LONGEST_FILE = FILE_BYTES
STATES: Sequence[str] = CatalogueProposal.State.values


@dataclass(frozen=True, slots=True)
class ProposalView:
    """Describes a proposal; names are empty for the management command."""

    id: uuid.UUID
    state: str
    lose: int
    gain: int
    version: str
    proposed_by: str
    proposer: uuid.UUID
    """Who answers for it: of a program, its owner, whose name is `owner`."""
    owner: str
    """Empty where no program proposed it."""
    proposed_at: dt.datetime
    decided_by: str
    decided_at: dt.datetime | None
    file: str
    row: CatalogueProposal
    """What commands take."""

    @property
    def is_open(self) -> bool:
        """Answer whether it waits for a decision."""
        return self.state == CatalogueProposal.State.OPEN


def waiting() -> list[ProposalView]:
    """List the open proposals, oldest first. One statement."""
    return _views(_rows().filter(state=CatalogueProposal.State.OPEN).order_by("proposed_at", "id"))


def decided() -> list[ProposalView]:
    """List the last proposals that were decided or became void, newest first. One statement."""
    rows = _rows().exclude(state=CatalogueProposal.State.OPEN)
    return _views(rows.order_by("-decided_at", "-id")[:DECIDED])


def find(*, proposal: uuid.UUID) -> ProposalView | None:
    """Return the proposal with this id; None for an unknown id. One statement."""
    return next(iter(_views(_rows().filter(id=proposal))), None)


def _rows() -> QuerySet[Any]:
    people = User.all_directories
    programs = ServiceUser.objects.filter(pk=OuterRef("proposed_by"))
    return CatalogueProposal.objects.annotate(
        program_owner=Subquery(programs.values("staff_owner")),
        owner_name=Subquery(programs.values("staff_owner__name")),
        proposer_name=Subquery(people.filter(pk=OuterRef("proposed_by")).values("name")),
        decider_name=Subquery(people.filter(pk=OuterRef("decided_by")).values("name")),
    )


def _views(rows: QuerySet[Any]) -> list[ProposalView]:
    return [
        ProposalView(
            id=row.id,
            state=row.state,
            lose=row.lose,
            gain=row.gain,
            version=row.version,
            proposed_by=row.proposer_name or "",
            proposer=row.program_owner or row.proposed_by,
            owner=row.owner_name or "",
            proposed_at=row.proposed_at,
            decided_by=row.decider_name or "",
            decided_at=row.decided_at,
            file=row.file,
            row=row,
        )
        for row in rows
    ]
