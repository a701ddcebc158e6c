"""Above the threshold two different catalogue owners agree to exactly one difference, and to no other."""

import io
import pathlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core import management
from django.db import IntegrityError, connection, transaction

from audit.foundation import clock
from audit.foundation.actor import Actor
from audit.foundation.errors import DomainError
from delegation.authorization.errors import (
    AlreadyExists,
    Denied,
    DifferenceChanged,
    InvalidInput,
    NotFound,
    OwnProposal,
    ProposalDecided,
    ProposalVoid,
    SecondPersonRequired,
)
from delegation.authorization.models.roles import RoleVersion
from delegation.authorization.models.staff import StaffRight
from delegation.catalogue import catalog_file, checked_file, commands, rules
from delegation.catalogue.models import CatalogueProposal
from delegation.staff import commands as staff_commands
from demo import ports_and_paths
from tests.fixtures.staff_rights import Staff
from tests.fixtures.world import World, move_clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("state_checked")]
SAMPLE = ports_and_paths.CATALOG.read_text(encoding="utf-8")
VIEWER = 'entitlements = ["ordering:orders.see", "ordering:invoices.see", "crm:contacts.see"]\n\n'
FILE = SAMPLE.replace(VIEWER, 'entitlements = ["ordering:orders.see", "crm:contacts.see"]\n\n', 1)
"""Three viewers lose invoices."""
ORDERERS_TOO = FILE.replace('    "crm:contacts.see",\n', "", 1)
"""Two orderers lose contacts besides."""
OTHER_TEXT = SAMPLE.replace("Sees prices, orders and invoices. Orders nothing.", "Sees orders.")
SMALLER = SAMPLE.replace(
    'verbs = ["activity.view", "duty.view", "member.view", "review.view"]', 'verbs = ["member.view"]'
)
"""No person has the tier that it changes."""
OTHER = FILE.replace("Sees prices, orders and invoices. Orders nothing.", "Sees orders.")


@pytest.fixture
def staff(world: World) -> Staff:
    return Staff(world)


@pytest.fixture(autouse=True)
def two_at_most(settings: Any) -> None:
    settings.CATALOGUE_LOSSES_BY_ONE = 2


@pytest.fixture
def leena(staff: Staff) -> Actor:
    return staff.hire("Leena Aho", "catalogue_owner")


@pytest.fixture
def pekka(staff: Staff) -> Actor:
    return staff.hire("Pekka Ranta", "catalogue_owner")


def propose(actor: Actor, file: str = FILE, key: str | None = None) -> CatalogueProposal:
    made = commands.propose(actor=actor, file=file, idempotency_key=key)
    return CatalogueProposal.objects.get(id=made.result.proposal)


def digest(file: str = FILE) -> str:
    return checked_file.check(catalogue=catalog_file.parse(text=file), at=clock.now()).digest


def agree(actor: Actor, row: CatalogueProposal) -> object:
    return commands.agree(actor=actor, proposal=row, seen=digest(row.file))


def viewer_versions() -> int:
    return RoleVersion.objects.filter(role__key="viewer").count()


def test_file_above_the_threshold_is_applied_by_no_person_alone(leena: Actor, world: World) -> None:
    for actor in (leena, world.system):
        with pytest.raises(SecondPersonRequired) as refused:
            commands.apply(actor=actor, catalogue=catalog_file.parse(text=FILE))
        assert refused.value.data == {"people_losing": 3, "most": 2}
    assert viewer_versions() == 1


def test_file_in_pieces_takes_no_more_in_a_day_than_the_whole(
    leena: Actor, pekka: Actor, settings: Any
) -> None:
    settings.CATALOGUE_LOSSES_BY_ONE = 3
    first, both = catalog_file.parse(text=FILE), catalog_file.parse(text=ORDERERS_TOO)
    commands.apply(actor=leena, catalogue=first)
    for actor in (leena, pekka):
        with pytest.raises(SecondPersonRequired) as refused:
            commands.apply(actor=actor, catalogue=both)
        assert refused.value.data == {"people_losing": 2, "most": 3}
    agree(pekka, propose(leena, ORDERERS_TOO))
    commands.apply(actor=leena, catalogue=first)
    move_clock(24 * 3600 + 1)
    commands.apply(actor=leena, catalogue=both)


def test_second_person_agrees_once_and_the_proposal_is_applied(leena: Actor, pekka: Actor) -> None:
    row = propose(leena)
    assert (row.lose, row.gain, row.state, viewer_versions()) == (3, 0, "open", 1)
    seen = digest()
    done = [commands.agree(actor=pekka, proposal=row, seen=seen, idempotency_key="k") for _ in range(2)]
    assert [one.replayed for one in done] == [False, True]
    row.refresh_from_db()
    assert (row.state, row.decided_by, viewer_versions()) == ("applied", pekka.id, 2)
    with pytest.raises(ProposalDecided):
        agree(pekka, row)
    with pytest.raises(ProposalDecided):
        commands.refuse(actor=leena, proposal=row)


def test_proposer_and_system_and_a_person_without_the_right_do_not_agree(
    leena: Actor, pekka: Actor, staff: Staff
) -> None:
    row = propose(leena)
    manager = staff.hire("Maarja Kuusk", "account_manager")
    (right,) = StaffRight.objects.filter(user=pekka.id)
    staff_commands.end(actor=staff.owner, rights=[right], reason="moved")
    refusals: list[tuple[Actor, type[DomainError]]] = [
        (leena, OwnProposal),
        (staff.world.system, OwnProposal),
        (manager, Denied),
        (pekka, NotFound),
        (replace(leena, staff_roles=frozenset()), NotFound),
    ]
    for actor, refusal in refusals:
        with pytest.raises(refusal):
            agree(actor, row)
    assert viewer_versions() == 1


def test_own_agreement_and_a_rewritten_proposal_are_refused_by_the_database(leena: Actor) -> None:
    row = propose(leena)
    decided = "state = 'applied', decided_at = now(), decided_act = act, decided_by_kind ="
    for change, constraint in (
        (f"{decided} 'staff', decided_by = proposed_by", "proposal_applied_by_another_person"),
        (f"{decided} 'system', decided_by = gen_random_uuid()", "proposal_applied_by_another_person"),
        ("state = 'refused'", "proposal_decided_with_state"),
        ("lose = 0", "never rewritten"),
        ("file = 'other', digest = repeat('0', 64)", "never rewritten"),
    ):  # fmt: skip
        assert constraint in refused_by_database(row, change)


def test_proposal_that_begins_decided_is_refused_by_the_database(leena: Actor) -> None:
    row = propose(leena)
    copied = "id, file, digest, version, lose, gain, proposed_by, proposed_by_kind, proposed_at, act"
    for state in ("applied", "void"):
        refused = pytest.raises(IntegrityError, match="begins undecided")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO delegation_catalogueproposal ({copied}, state, decided_by_kind, decided_by)"
                f" SELECT gen_random_uuid(), {copied.removeprefix('id, ')}, %s, 'staff', gen_random_uuid()"
                " FROM delegation_catalogueproposal WHERE id = %s",
                [state, row.id],
            )


def refused_by_database(row: CatalogueProposal, change: str) -> str:
    """The message of the database, also where no trigger demands an act."""
    statement = f"UPDATE delegation_catalogueproposal SET {change} WHERE id = %s"
    with pytest.raises(IntegrityError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [row.id])
    return str(refused.value)


def test_agreement_is_void_once_the_catalogue_has_moved(leena: Actor, pekka: Actor) -> None:
    first, second = propose(leena), propose(pekka, OTHER)
    agree(pekka, first)
    second.refresh_from_db()
    assert (second.state, second.decided_by) == ("void", pekka.id)
    with pytest.raises(ProposalVoid) as refused:
        agree(leena, second)
    assert refused.value.data == {"reason": "catalogue"}


def test_agreement_is_void_once_the_proposer_is_no_catalogue_owner(
    leena: Actor, pekka: Actor, staff: Staff
) -> None:
    row = propose(leena)
    (right,) = StaffRight.objects.filter(user=leena.id)
    staff_commands.end(actor=staff.owner, rights=[right], reason="left")
    with pytest.raises(ProposalVoid) as refused:
        agree(pekka, row)
    assert refused.value.data == {"reason": "proposer"}
    commands.refuse(actor=pekka, proposal=row, reason="The proposer has left")
    row.refresh_from_db()
    assert row.state == "refused"


def test_difference_that_changed_since_it_was_seen_is_not_applied(
    leena: Actor, pekka: Actor, world: World
) -> None:
    row, seen = propose(leena), digest()
    world.remove(world.vilma)
    with pytest.raises(DifferenceChanged):
        commands.agree(actor=pekka, proposal=row, seen=seen)
    with pytest.raises(DifferenceChanged):
        commands.apply(actor=pekka, catalogue=catalog_file.parse(text=FILE), seen=seen)
    agree(pekka, row)
    assert viewer_versions() == 2


def test_rows_read_before_the_lock_count_only_while_the_catalogue_has_not_moved(
    leena: Actor, pekka: Actor, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another act of the supplier in between costs a second reading; a change of the catalogue stops the file."""
    check, between = checked_file.check, list[Callable[[], object]]()

    def check_and_wait(**kwargs: Any) -> checked_file.CheckedFile:
        checked = check(**kwargs)
        while between:
            between.pop()()
        return checked

    monkeypatch.setattr(checked_file, "check", check_and_wait)
    between.append(lambda: commands.apply(actor=pekka, catalogue=catalog_file.parse(text=OTHER_TEXT)))
    with pytest.raises(DifferenceChanged):
        commands.apply(actor=leena, catalogue=catalog_file.parse(text=SMALLER))
    between.append(lambda: staff.hire("Outi Oja", "support"))
    commands.apply(actor=leena, catalogue=catalog_file.parse(text=SMALLER))
    assert not between
    assert RoleVersion.objects.filter(role__key="security_admin").count() == 2


def test_same_file_is_proposed_once_at_a_time_and_too_many_wait(
    leena: Actor, pekka: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = propose(leena, key="k")
    assert propose(leena, key="k") == row
    with pytest.raises(AlreadyExists):
        propose(pekka)
    commands.refuse(actor=leena, proposal=row)
    row.refresh_from_db()
    assert row.state == "withdrawn"
    propose(pekka)
    monkeypatch.setattr(rules, "MAX_OPEN", 1)
    with pytest.raises(InvalidInput, match="invalid_input"):
        propose(leena, OTHER)
    with pytest.raises(InvalidInput, match="invalid_input"):
        propose(leena, "[units")


def test_command_proposes_above_the_threshold_and_one_catalogue_owner_agrees(
    pekka: Actor, tmp_path: pathlib.Path
) -> None:
    (path := tmp_path / "catalog.toml").write_text(FILE, encoding="utf-8")
    out = io.StringIO()
    management.call_command("catalog", "apply", str(path), stdout=out)
    assert "Nothing was applied: more than 2 people would lose something." in out.getvalue()
    with pytest.raises(management.CommandError, match="is proposed already"):
        management.call_command("catalog", "apply", str(path), stdout=out)
    row = CatalogueProposal.objects.get()
    assert (row.file, row.proposed_by_kind, viewer_versions()) == (FILE, "system", 1)
    agree(pekka, row)
    assert viewer_versions() == 2


def test_two_proposals_at_once_of_one_file_leave_one_and_two_agreements_apply_once(
    leena: Actor, pekka: Actor, staff: Staff, run_concurrently: Callable[..., list[object]]
) -> None:
    found = run_concurrently(lambda: propose(leena), lambda: propose(pekka))
    (row,) = CatalogueProposal.objects.all()
    assert sum(isinstance(one, AlreadyExists) for one in found) == 1
    others = [staff.hire(f"{name} Aho", "catalogue_owner") for name in ("Outi", "Ville")]
    found = run_concurrently(*(lambda actor=actor: agree(actor, row) for actor in others))
    assert sum(isinstance(one, ProposalDecided | DifferenceChanged) for one in found) == 1
    assert viewer_versions() == 2
