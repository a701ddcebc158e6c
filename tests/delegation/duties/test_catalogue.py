"""Conflicts are read from a catalogue file, shown as a difference, and written as versions."""

import io
import pathlib
from dataclasses import replace

import pytest
from django.core import management
from django.db import IntegrityError

from audit.foundation import clock
from delegation.authorization.models.duties import DutyConflict, DutyConflictVersion
from delegation.catalogue import catalog_file, catalog_text, checked_file, stored_catalogue
from delegation.catalogue import commands as catalogue_commands
from delegation.catalogue.catalog_file import READY_MADE, InvalidCatalogue
from delegation.catalogue.defaults import ConflictSpec
from delegation.catalogue.difference import ConflictChange
from tests.fixtures import duties
from tests.fixtures.world import CATALOGUE, World, bypassing_commands

FILE = """
entitlements = [
  { key = "a:x.do", text = { en = "x", fi = "x" } },
  { key = "a:y.do", text = { en = "y", fi = "y" } },
]
roles = []
conflicts = [%s]
[units]
[applications]
a = {}
"""
GOOD = '{ entitlements = ["a:y.do", "a:x.do"], text = { en = "do x and y", fi = "x ja y" } }'
TEXT = 'text = { en = "e", fi = "f" }'
BAD = [
    (f'{{ entitlements = ["a:x.do", "a:z.do"], {TEXT} }}', "and 'a:z.do' is not (nearest"),
    (f'{{ entitlements = ["a:x.do", "a:x.do"], {TEXT} }}', "must be a list of two different entitlements"),
    (f'{{ entitlements = ["a:x.do"], {TEXT} }}', "must be a list of two entitlements"),
    (f"{{ entitlements = 1, {TEXT} }}", "must be a list of two entitlements"),
    (f"{{ {TEXT} }}", "entitlements is missing"),
    ('{ entitlements = ["a:x.do", "a:y.do"], text = { en = "e" } }', "for each language"),
    (
        f'{{ entitlements = ["a:x.do", "a:y.do"], {TEXT}, enforcement = "no" }}',
        "enforcement must be “refuse”, “report” or “off”",
    ),
    (f'{GOOD}, {{ entitlements = ["a:x.do", "a:y.do"], {TEXT} }}', "each pair must occur once"),
]


def test_pair_is_read_in_alphabetical_order_and_refused_unless_said_otherwise() -> None:
    (spec,) = catalog_file.parse(text=FILE % GOOD).conflicts
    assert spec == ConflictSpec(("a:x.do", "a:y.do"), {"en": "do x and y", "fi": "x ja y"}, "refuse")


@pytest.mark.parametrize(("conflict", "problem"), BAD)
def test_wrong_conflict_is_named_with_its_place(conflict: str, problem: str) -> None:
    with pytest.raises(InvalidCatalogue, match="conflicts") as wrong:
        catalog_file.parse(text=FILE % conflict)
    assert problem in str(wrong.value)


def test_no_ready_made_tier_holds_two_conflicting_entitlements() -> None:
    catalogue = catalog_file.load(path=READY_MADE)
    assert [spec.enforcement for spec in catalogue.conflicts] == ["refuse", "refuse"]
    for spec in catalogue.conflicts:
        assert [one.key for one in catalogue.roles if set(spec.entitlements) <= set(one.entitlements)] == []
        assert all(any(key in one.entitlements for one in catalogue.roles) for key in spec.entitlements)


def conflict_changes(enforcement: str) -> list[ConflictChange]:
    return list(
        checked_file.preview(catalogue=duties.catalogue(enforcement), at=clock.now()).difference.conflicts
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("state_checked")
def test_versions_follow_the_files_and_the_difference_says_how(world: World) -> None:
    was = [("report", "refuse"), ("refuse", "off"), ("", "report")]
    for before, enforcement in was:
        (change,) = conflict_changes(enforcement)
        after = "" if enforcement == "off" else enforcement
        assert change == ConflictChange(duties.KEY, duties.TEXT if after else change.text, before, after)
        duties.declare(world, enforcement)
        assert conflict_changes(enforcement) == []
    versions = DutyConflictVersion.objects.order_by("valid_from")
    assert [row.enforcement for row in versions] == ["report", "refuse", "report"]
    first, second, third = versions
    assert (first.valid_until, third.valid_until) == (second.valid_from, None)
    assert second.valid_until is not None
    assert second.valid_until < third.valid_from


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("state_checked")
def test_conflict_that_the_file_does_not_name_stays_and_is_said(world: World) -> None:
    checked = checked_file.preview(catalogue=replace(CATALOGUE, conflicts=[]), at=clock.now())
    assert (checked.difference.is_empty, checked.difference.not_in_file) == (True, [duties.KEY])
    catalogue_commands.apply(actor=world.system, catalogue=replace(CATALOGUE, conflicts=[]))
    assert DutyConflictVersion.objects.get().valid_until is None


@pytest.mark.django_db(transaction=True)
def test_conflict_of_a_service_that_is_not_registered_is_left_out(world: World) -> None:
    ready = catalog_file.load(path=READY_MADE)
    catalogue_commands.apply(actor=world.system, catalogue=ready)
    assert [row.key for row in DutyConflict.objects.all()] == [duties.KEY]


@pytest.mark.django_db(transaction=True)
def test_catalogue_in_force_is_written_with_its_conflicts_and_reads_the_same(world: World) -> None:
    for enforcement in ("refuse", "report"):
        duties.declare(world, enforcement)
        stored = stored_catalogue.load()
        assert catalog_file.parse(text=catalog_text.text_of(stored)).conflicts == stored.catalogue.conflicts


@pytest.mark.django_db(transaction=True)
def test_command_prints_the_conflict_that_begins(world: World, tmp_path: pathlib.Path) -> None:
    text = catalog_text.text_of(stored_catalogue.load()).replace('enforcement = "report"', "")
    (path := tmp_path / "catalog.toml").write_text(text, encoding="utf-8")
    out = io.StringIO()
    management.call_command("catalog", "apply", str(path), "--dry-run", stdout=out)
    line = "Conflicts of duties: both place and approve orders (refused from now on, existing access stays)."
    assert line in out.getvalue().splitlines()


@pytest.mark.django_db(transaction=True)
def test_database_keeps_the_pair_of_a_conflict(world: World) -> None:
    with pytest.raises(IntegrityError, match="a conflict keeps its two entitlements"), bypassing_commands():
        DutyConflict.objects.update(key="x")
