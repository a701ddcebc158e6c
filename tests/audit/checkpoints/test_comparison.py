"""`manage.py audit verify` compares the log with its checkpoints: attacks that leave the log consistent in itself."""

import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from audit import merkle, sealing
from audit.checkpoints import restores
from audit.models import Leaf
from audit.verification import verifier
from audit.verification.report import Report
from tests.fixtures.signed_log import ORIGIN, Log, cut_back

pytestmark = pytest.mark.django_db(transaction=True)


def verify_log(log: Log) -> Report:
    return verifier.verify(checkpoints=log.folder.files(), restores=log.folder.restores())


def findings(log: Log) -> dict[str, str]:
    """The location of each finding by its code."""
    return {finding.code: f"{finding.location} {finding.position}" for finding in verify_log(log).findings}


def without_checkpoints() -> list[str]:
    return [finding.code for finding in verifier.verify().findings]


def three(log: Log) -> list[int]:
    """Sign three checkpoints over at least 300 leaves, and return their sizes."""
    sizes = []
    for count in (40, 200, 60):
        log.observe(count)
        log.extend(2)
        sizes.append(log.sign().size)
    return sizes


def grow_again(intruder: psycopg.Connection) -> None:
    """Compute the stored subtrees from the leaves, as an intruder does who leaves no traces."""
    intruder.execute("DELETE FROM audit_subtree")
    intruder.execute("SELECT audit_grow_tree(0, (SELECT max(position) FROM audit_leaf))")


def test_unchanged_log_agrees_with_every_checkpoint(log: Log) -> None:
    three(log)
    log.observe(3)
    sealing.seal_all()
    log.extend()
    output = io.StringIO()
    call_command("audit", "verify", stdout=output)
    assert "4 checkpoints: log verified." in output.getvalue(), "three files and `latest`"
    assert "No checkpoint" not in output.getvalue()


@pytest.mark.parametrize("prepare", [Path.exists, Path.mkdir], ids=["no folder", "an empty folder"])
def test_log_without_checkpoints_names_the_comparisons_left_out(
    log: Log, settings: LazySettings, tmp_path: Path, prepare: Callable[[Path], object]
) -> None:
    settings.CHECKPOINTS_FOLDER = tmp_path / "none"
    prepare(settings.CHECKPOINTS_FOLDER)
    output = io.StringIO()
    call_command("audit", "verify", stdout=output)
    assert "0 checkpoints: log verified." in output.getvalue()
    assert "No checkpoint was compared" in output.getvalue()


def test_production_demands_a_compared_checkpoint_unless_it_is_waived(
    log: Log, settings: LazySettings, tmp_path: Path
) -> None:
    settings.KEYHOLDER_ENV, signed = "production", settings.CHECKPOINTS_FOLDER
    log.sign()
    verify()
    settings.CHECKPOINTS_FOLDER = tmp_path / "none"
    with pytest.raises(CommandError, match=r"No checkpoint was compared.*--no-checkpoints"):
        verify()
    assert "No checkpoint was compared" in verify("--no-checkpoints")
    verify(f"--chain={log.chain}")
    settings.CHECKPOINTS_FOLDER = signed
    unsigned = [path for path in signed.rglob("*") if path.name not in {"verifier-keys", "signing-key"}]
    for path in filter(Path.is_file, unsigned):
        path.unlink()
    with pytest.raises(CommandError, match="No checkpoint was compared"):
        verify()


def verify(*words: str) -> str:
    output = io.StringIO()
    call_command("audit", "verify", *words, stdout=output, stderr=output)
    return output.getvalue()


NOBODY = 65534


def give_away(path: Path) -> None:
    os.lchown(path, NOBODY, NOBODY)


def exchange_for_a_link(path: Path) -> None:
    elsewhere = path.rename(path.with_name("elsewhere"))
    path.symlink_to(elsewhere)


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.chmod(0o777),
        lambda path: path.chmod(path.stat().st_mode | 0o020),
        exchange_for_a_link,
        pytest.param(
            give_away, marks=pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
        ),
    ],
    ids=["open to all", "open to the group", "a link", "of another user"],
)
@pytest.mark.parametrize("name", ["verifier-keys", "latest", "day", "checkpoint"])
def test_checkpoint_that_another_user_could_exchange_does_not_count(
    log: Log, name: str, change: Callable[[Path], None]
) -> None:
    log.sign()
    day = next(log.folder.path.glob("????-??-??"))
    change({"day": day, "checkpoint": next(day.iterdir())}.get(name, log.folder.path / name))
    with pytest.raises(CommandError):
        verify()


@pytest.mark.parametrize("is_key_given", [False, True])
def test_folder_that_others_can_write_verifies_nothing(
    log: Log, tmp_path: Path, *, is_key_given: bool
) -> None:
    log.sign()
    given = Path(shutil.copy(log.folder.path / "verifier-keys", tmp_path / "given"))
    log.folder.path.chmod(0o777)
    with pytest.raises(CommandError, match=r"Nothing was verified.*must belong to the user who signs"):
        verify(*([f"--key={given}"] if is_key_given else []))


def test_given_key_verifies_a_folder_without_its_public_keys(log: Log, tmp_path: Path) -> None:
    log.sign()
    given = Path(shutil.move(log.folder.path / "verifier-keys", tmp_path / "given"))
    assert "log verified" in verify(f"--key={given}")


def test_checkpoints_are_verified_by_the_given_key_in_place_of_the_folder_s(log: Log, tmp_path: Path) -> None:
    log.sign()
    given = tmp_path / "given"
    given.write_text((log.folder.path / "verifier-keys").read_text())
    assert "log verified" in verify(f"--key={given}")
    shutil.rmtree(next(log.folder.path.glob("????-??-??")))
    for name in ("latest", "signing-key", "verifier-keys"):
        (log.folder.path / name).unlink()
    log.folder.make_key(origin=ORIGIN, replace=False)
    log.sign()
    assert "log verified" in verify(), "the folder alone cannot show that it is another one"
    with pytest.raises(CommandError, match="findings"):
        verify(f"--key={given}")


def test_end_that_was_cut_off_is_named(log: Log, intruder: psycopg.Connection) -> None:
    *_, kept, size = three(log)
    cut_back(intruder, kept)
    intruder.execute("DELETE FROM audit_subtree WHERE (index + 1) << level > %s", [kept])
    assert without_checkpoints() == []
    found = findings(log)
    assert set(found) == {f"log ends {size - kept} leaves before a checkpoint"}
    assert f"{size:012}.checkpoint {kept}" in next(iter(found.values()))


def test_restore_without_a_new_incarnation_is_named_after_it_went_on(
    log: Log, intruder: psycopg.Connection
) -> None:
    *_, kept, size = three(log)
    cut_back(intruder, kept)
    log.observe(count=size)
    sealing.seal_all()
    grow_again(intruder)
    assert without_checkpoints() == []
    assert findings(log) == {"leaves differ from a checkpoint": f"checkpoint {newest_name(log)} {kept + 1}"}


def newest_name(log: Log) -> str:
    return list(log.folder.names())[-1]


def restored(intruder: psycopg.Connection, kept: int) -> None:
    """Bring the log to what a backup at this size restores: fewer leaves, another incarnation."""
    cut_back(intruder, kept)
    intruder.execute("DELETE FROM audit_subtree")
    intruder.execute("UPDATE audit_installation SET incarnation = 2")


def test_confirmed_restore_is_reported_and_no_finding(log: Log, intruder: psycopg.Connection) -> None:
    kept, *_ = three(log)
    restored(intruder, kept)
    restores.confirm(folder=log.folder)
    for count in (1, 400):
        log.observe(count)
        log.sign()
        report = verify_log(log)
        assert report.findings == []
        assert report.notes == [
            "2 checkpoints of incarnation 1 lie beyond what a restore kept, and were not compared."
        ]


def test_events_written_between_restore_and_confirmation_are_no_finding(
    log: Log, intruder: psycopg.Connection
) -> None:
    kept, *_, size = three(log)
    restored(intruder, kept)
    log.observe(size)
    sealing.seal_all()
    assert restores.confirm(folder=log.folder)[:2] == (2, kept)
    log.sign()
    assert findings(log) == {}


def test_incarnation_raised_without_a_restore_excuses_nothing(log: Log, intruder: psycopg.Connection) -> None:
    """The owner of the database cuts the log off, and says that it was restored."""
    kept, _, size = three(log)
    restored(intruder, kept)
    log.observe()
    sealing.seal_all()
    assert set(findings(log)) == {
        "incarnation 2 without a confirmed restore", f"log ends {size - kept - 1} leaves before a checkpoint",
    }  # fmt: skip
    intruder.execute("UPDATE audit_installation SET incarnation = 1")
    assert "incarnation 2 without a confirmed restore" in findings(log), "the leaf says it still"


def test_incarnation_raised_over_a_rewritten_log_excuses_nothing(
    log: Log, intruder: psycopg.Connection
) -> None:
    three(log)
    intruder.execute("UPDATE audit_leaf SET incarnation = 7")
    intruder.execute("UPDATE audit_installation SET incarnation = 7")
    assert set(findings(log)) == {"incarnation 7 without a confirmed restore"}
    rewrite(intruder, 5)
    assert "leaves differ from a checkpoint" in findings(log)


def test_incarnation_lower_than_a_confirmed_restore_is_named(log: Log, intruder: psycopg.Connection) -> None:
    kept, *_ = three(log)
    restored(intruder, kept)
    restores.confirm(folder=log.folder)
    intruder.execute("UPDATE audit_installation SET incarnation = 1")
    assert set(findings(log)) == {"incarnation 1 lower than a confirmed restore's"}


def test_record_of_restores_that_another_user_could_write_verifies_nothing(
    log: Log, intruder: psycopg.Connection
) -> None:
    kept, *_ = three(log)
    restored(intruder, kept)
    restores.confirm(folder=log.folder)
    verify()
    (log.folder.path / "restores").chmod(0o666)
    with pytest.raises(CommandError, match="Nothing was verified"):
        verify()


def test_verification_without_checkpoints_compares_none(log: Log, intruder: psycopg.Connection) -> None:
    """As after a restore that is not confirmed yet."""
    kept, *_ = three(log)
    restored(intruder, kept)
    with pytest.raises(CommandError, match="findings"):
        verify()
    assert "0 checkpoints: log verified" in verify("--no-checkpoints")


def test_confirmed_restore_does_not_excuse_earlier_differences(
    log: Log, intruder: psycopg.Connection
) -> None:
    kept, *_ = three(log)
    restored(intruder, kept)
    restores.confirm(folder=log.folder)
    exchange(intruder, 3, 9)
    log.observe()
    log.sign()
    assert "leaves differ from a checkpoint" in findings(log)


def exchange(intruder: psycopg.Connection, one: int, two: int) -> None:
    for old, new in ((one, 0), (two, one), (0, two)):
        intruder.execute("UPDATE audit_leaf SET position = %s WHERE position = %s", [new, old])


def test_two_exchanged_leaves_are_named_with_the_range_of_the_change(
    log: Log, intruder: psycopg.Connection
) -> None:
    first, second, _ = three(log)
    exchange(intruder, first + 5, first + 50)
    grow_again(intruder)
    assert without_checkpoints() == []
    (found,) = findings(log).items()
    assert found[0] == "leaves differ from a checkpoint"
    assert f"{second:012}.checkpoint {first + 1}" in found[1]


def test_stored_subtree_that_does_not_match_its_leaves_is_named(
    log: Log, intruder: psycopg.Connection
) -> None:
    three(log)
    exchange(intruder, 5, 50)
    assert "stored subtree of level 8 changed" in without_checkpoints()
    grow_again(intruder)
    intruder.execute("INSERT INTO audit_subtree VALUES (8, 7, sha256('x'))")
    assert without_checkpoints() == ["stored subtree without its leaves"]


def rewrite(intruder: psycopg.Connection, position: int) -> None:
    """Change one event with its hash, its leaf, and everything after it: no trace inside the database."""
    event = str(Leaf.objects.get(position=position).event)
    row = intruder.execute("SELECT body FROM audit_event WHERE id = %s", [event]).fetchone()
    assert row is not None
    body = json.dumps(json.loads(bytes(row[0])) | {"verb": "test.forged"}).encode()
    intruder.execute(
        "UPDATE audit_event SET verb = 'test.forged', body = %(b)s, hash = sha256(%(b)s) WHERE id = %(id)s",
        {"b": body, "id": event},
    )
    intruder.execute(
        "UPDATE audit_leaf l SET event_hash = e.hash FROM audit_event e WHERE e.id = l.event AND e.id = %s",
        [event],
    )
    grow_again(intruder)


def test_event_rewritten_with_everything_after_it_is_named(log: Log, intruder: psycopg.Connection) -> None:
    """Also for an intruder with the key of the MACs: this finding does not need them."""
    first, second, _ = three(log)
    rewrite(intruder, first + 5)
    found = findings(log)
    assert f"{second:012}.checkpoint {first + 1}" in found["leaves differ from a checkpoint"]


def test_head_of_a_chain_that_differs_is_named(log: Log, intruder: psycopg.Connection) -> None:
    three(log)
    intruder.execute("UPDATE audit_chain SET last_seq = last_seq - 1 WHERE id = %s", [log.other_chain])
    assert "heads of chains differ from a checkpoint" in findings(log)


def test_lower_incarnation_is_named(log: Log, intruder: psycopg.Connection) -> None:
    intruder.execute("UPDATE audit_installation SET incarnation = 2")
    log.sign()
    intruder.execute("UPDATE audit_installation SET incarnation = 1")
    assert "incarnation 1 lower than a checkpoint's" in findings(log)


def test_changed_checkpoint_file_is_named(log: Log) -> None:
    three(log)
    name = next(log.folder.names())
    path = log.folder.path / name
    text = path.read_bytes()
    for place in (0, 25, 30, 70, 90, 140, 170, 220, -3):
        changed = bytearray(text)
        changed[place] ^= 1
        path.write_bytes(bytes(changed))
        (found,) = findings(log).items()
        assert found[0].startswith("checkpoint changed")
        assert name in found[1]
    path.write_bytes(text)
    shutil.move(path, path.with_name("00001-000000000001.checkpoint"))
    assert [code[:18] for code in findings(log)] == ["checkpoint changed"]


def test_verify_without_the_public_key_verifies_nothing(log: Log) -> None:
    log.sign()
    (log.folder.path / "verifier-keys").unlink()
    with pytest.raises(CommandError, match="Nothing was verified"):
        call_command("audit", "verify", stdout=io.StringIO())


def test_frontier_of_the_verifier_is_the_signed_tree(log: Log) -> None:
    sizes = three(log)
    hashes = [bytes(row) for row in Leaf.objects.order_by("position").values_list("event_hash", flat=True)]
    roots = {file.checkpoint.size: file.checkpoint.root for file in log.folder.files() if file.checkpoint}
    assert roots == {size: merkle.MemoryTree(hashes[:size]).root() for size in sizes}
