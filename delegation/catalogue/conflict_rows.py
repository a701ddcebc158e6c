"""Conflicts of a catalogue are written here: a changed enforcement is a new version, and no version is rewritten."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from delegation.authorization.models.duties import DutyConflict, DutyConflictVersion, Enforcement
from delegation.authorization.models.roles import Entitlement
from delegation.catalogue import store
from delegation.catalogue.catalogue_rows import CatalogueRows
from delegation.catalogue.defaults import Catalogue, ConflictSpec

_OFF = Enforcement.OFF


def apply(
    catalogue: Catalogue, rows: CatalogueRows, known: Mapping[str, Entitlement], at: dt.datetime
) -> dict[str, dict[str, Any]]:
    """Write the conflicts that differ, and return how they are enforced now as the event states it.

    A conflict that the file does not name stays; one whose enforcement is off ends.
    """
    stored = {row.key: row for row in rows.conflicts}
    present = {key: getattr(row, "enforcement", None) or _OFF for key, row in stored.items()}
    specs = _writable(catalogue, stored, {**{row.key: row for row in rows.entitlements}, **known})
    written = store.write(DutyConflict, stored, specs)
    changed = [
        spec
        for spec in catalogue.conflicts
        if spec.key in written and present.get(spec.key, _OFF) != spec.enforcement
    ]
    _replace_versions(written, changed, at)
    return {
        spec.key: {"entitlements": list(spec.entitlements), "enforcement": spec.enforcement}
        for spec in changed
    }


def _writable(
    catalogue: Catalogue, stored: Mapping[str, DutyConflict], known: Mapping[str, Entitlement]
) -> dict[str, dict[str, object]]:
    """Return the columns of the conflicts to write: none about a service that is not registered."""
    return {
        spec.key: {
            "first_id": known[spec.entitlements[0]].id,
            "second_id": known[spec.entitlements[1]].id,
            "text": dict(spec.text),
            "rank": rank,
        }
        for rank, spec in enumerate(catalogue.conflicts)
        if known.keys() >= set(spec.entitlements) and (spec.key in stored or spec.enforcement != _OFF)
    }


def _replace_versions(rows: Mapping[str, DutyConflict], changed: list[ConflictSpec], at: dt.datetime) -> None:
    if not changed:
        return
    ended = DutyConflictVersion.objects.filter(
        conflict__in=[rows[spec.key] for spec in changed], valid_until=None
    )
    ended.update(valid_until=at)
    DutyConflictVersion.objects.bulk_create(
        DutyConflictVersion(conflict=rows[spec.key], enforcement=spec.enforcement, valid_from=at)
        for spec in changed
        if spec.enforcement != _OFF
    )
