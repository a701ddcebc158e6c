"""A catalogue file is checked against the catalogue in force before it is applied."""

import datetime as dt
import hashlib
from dataclasses import dataclass, replace

from audit.log import ledger
from delegation.catalogue import affected_people, catalogue_rows, difference, stored_catalogue
from delegation.catalogue.affected_people import AffectedPeople
from delegation.catalogue.catalogue_rows import CatalogueRows
from delegation.catalogue.defaults import Catalogue
from delegation.catalogue.difference import CatalogueDifference


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """Holds what a file changes in the catalogue of this version, and the people affected."""

    version: str
    difference: CatalogueDifference
    affected: AffectedPeople
    head: int | None
    """The number of the newest event in the supplier's chain before the rows were read; None in a preview."""
    rows: CatalogueRows

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what a person who agrees has seen: each change, and who loses how much."""
        changes = repr((self.version, self.difference))
        losses = [(str(row.id), row.lose) for row in self.affected.listed]
        total = (self.affected.total.lose, self.affected.organizations_with_losses)
        return hashlib.sha256(repr((changes, losses, total)).encode()).hexdigest()


def check(*, catalogue: Catalogue, at: dt.datetime) -> CheckedFile:
    """Compare a file with the catalogue in force, and count the people affected. Nine statements at most."""
    head = ledger.last_seq(chain=ledger.SUPPLIER)  # before the rows: what comes between shows
    return replace(preview(catalogue=catalogue, at=at), head=head)


def preview(*, catalogue: Catalogue, at: dt.datetime) -> CheckedFile:
    """Compare a file as `check` does, for those who only look. Eight statements at most."""
    rows = catalogue_rows.load_rows()
    stored = stored_catalogue.from_rows(rows)
    changes = difference.of_file(stored, catalogue)
    affected = affected_people.count(changes=changes, before=stored.catalogue, at=at)
    return CheckedFile(stored.version, changes, affected, None, rows)
