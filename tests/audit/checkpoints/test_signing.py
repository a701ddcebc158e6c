"""The signer: what it states, when it signs, and what it refuses to sign."""

import datetime as dt
import io
import os
import shutil
import uuid
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from structlog.testing import capture_logs

from audit import merkle, sealing
from audit.checkpoints import heads, newest, note, restores, signer
from audit.checkpoints.folder import Folder, UnusableFolder
from audit.checkpoints.signer import Inconsistent, Signer
from audit.foundation import clock, private_files
from audit.foundation.snapshot import snapshot
from audit.log import canonical, ledger
from audit.models import Chain, Event, Installation, Leaf
from audit.models import Checkpoint as Copy
from audit.verify_export import open_checkpoint
from tests.fixtures import concurrency
from tests.fixtures.signed_log import ORIGIN, Log, cut_back
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def refused(log: Log, match: str) -> None:
    before = sorted(log.folder.names())
    with pytest.raises(Inconsistent, match=match):
        signer.sign(folder=log.folder)
    assert sorted(log.folder.names()) == before


def test_checkpoint_states_the_tree_and_the_heads_of_all_chains(log: Log) -> None:
    signed = log.sign()
    hashes = [bytes(row) for row in Leaf.objects.order_by("position").values_list("event_hash", flat=True)]
    entries = [
        chain.id.bytes + chain.last_seq.to_bytes(8, "big") + bytes(chain.last_hash)
        for chain in Chain.objects.filter(last_seq__gt=0).order_by("id")
    ]
    assert len(entries) > 2
    assert signed[:6] == (
        ORIGIN, len(hashes), merkle.MemoryTree(hashes).root(), 1, len(entries), merkle.MemoryTree(entries).root(),
    )  # fmt: skip


def test_checkpoint_is_a_note_that_the_standalone_verifier_opens(log: Log) -> None:
    signed = log.sign()
    (name,) = log.folder.names()
    assert name == f"{signed.at[:10]}/00001-{signed.size:012}.checkpoint"
    text = (log.folder.path / name).read_text("utf-8")
    assert text == (log.folder.path / "latest").read_text("utf-8") == Copy.objects.get().note
    assert open_checkpoint(text, log.folder.verifier_keys()) == signed
    assert text.splitlines()[:2] == [ORIGIN, str(signed.size)]
    assert text.splitlines()[-1].startswith(f"\u2014 {ORIGIN} ")


def test_checkpoint_s_time_is_the_deliverer_s_and_never_before_the_last_one(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database's clock belongs to who owns the database."""
    before, first, after = clock.wall(), log.sign(), clock.wall()
    assert canonical.format_instant(before) <= first.at <= canonical.format_instant(after)
    earlier = clock.wall() - dt.timedelta(days=3)
    log.observe()
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: earlier)
        second = log.sign()
    assert second.at > first.at
    log.observe()
    with monkeypatch.context() as patch:
        patch.setattr(clock, "wall", lambda: earlier)
        third = log.sign()
    assert (third.at, third.size) == (second.at, second.size + 1)


def test_log_that_has_not_grown_is_not_signed_again(log: Log) -> None:
    log.sign()
    assert signer.sign(folder=log.folder) is None
    log.observe()
    assert signer.sign(folder=log.folder) is None, "the event waits"
    log.sign()
    assert len(list(log.folder.names())) == 2


def test_empty_log_is_not_signed(folder: Folder, intruder: psycopg.Connection) -> None:
    intruder.execute("DELETE FROM audit_leaf")
    assert signer.sign(folder=folder) is None


def test_heads_at_an_earlier_size_leave_out_later_events(log: Log) -> None:
    """Sealed later, and still waiting; a chain whose first event came later has no head."""
    size = log.sign().size
    with snapshot():
        (before,) = heads.roots(sizes=[size])
        proof_before = heads.prove(chain=log.chain, size=size)
    log.extend(3)
    sealing.seal_all()
    log.extend(2)
    log.extend(2, chain=log.other_chain)
    with snapshot():
        then, now = heads.roots(sizes=[size, newest.size_and_incarnation()[0]])
        assert heads.prove(chain=log.chain, size=size) == proof_before
    assert then == before != now


def test_chain_without_an_event_at_the_size_has_no_head(log: Log) -> None:
    new = uuid.uuid4()
    size = log.sign().size
    ledger.open_chain(chain=new, kind=Chain.Kind.PERSON)
    with snapshot():
        assert heads.prove(chain=new, size=size) is None
    log.extend(chain=new)
    with snapshot():
        assert heads.prove(chain=new, size=size) is None
        assert (
            heads.roots(sizes=[size])[0].chains
            == open_checkpoint(Copy.objects.get().note, log.folder.verifier_keys()).chains
        )
    log.sign()
    with snapshot():
        proof = heads.prove(chain=new, size=size + 1)
    assert proof is not None
    assert proof.seq == 1


def test_shorter_log_is_refused(log: Log, intruder: psycopg.Connection) -> None:
    """The end was cut off, or an old backup was restored."""
    log.extend(3)
    size = log.sign().size
    intruder.execute("DELETE FROM audit_leaf WHERE position > %s", [size - 2])
    refused(log, f"has {size - 2} leaves, the last checkpoint {size}")


def test_log_that_went_on_after_a_restore_without_a_new_incarnation_is_refused(
    log: Log, intruder: psycopg.Connection
) -> None:
    kept = log.sign().size
    log.extend(3)
    signed = log.sign()
    cut_back(intruder, kept)
    log.observe(count=5)
    sealing.seal_all()
    assert newest.size_and_incarnation()[0] > signed.size
    refused(log, "leaves differ from the last checkpoint")


def test_restored_log_is_signed_once_the_restore_is_confirmed(log: Log, intruder: psycopg.Connection) -> None:
    kept = log.sign().size
    log.extend(3)
    lost = log.sign()
    cut_back(intruder, kept)
    raise_incarnation(intruder)
    log.observe()
    sealing.seal_all()
    refused(log, "raised from 1 to 2. If the database was restored")
    output = io.StringIO()
    call_command("checkpoints", "confirm-restore", stdout=output)
    assert f"Incarnation 2 is confirmed: {kept} events" in output.getvalue()
    assert f"had {lost.size}, signed {lost.at}: {lost.size - kept} of them are lost" in output.getvalue()
    signed = log.sign()
    assert (signed.incarnation, signed.size) == (2, kept + 1)
    assert signed.size < lost.size
    assert Leaf.objects.latest("position").incarnation == 2


def raise_incarnation(intruder: psycopg.Connection) -> None:
    intruder.execute("UPDATE audit_installation SET incarnation = incarnation + 1")


def test_incarnation_that_its_owner_raised_is_not_signed(log: Log, intruder: psycopg.Connection) -> None:
    """A whole log that was rewritten, with nothing that contradicts it inside the database."""
    log.sign()
    intruder.execute("DELETE FROM audit_leaf")
    intruder.execute("DELETE FROM audit_subtree")
    raise_incarnation(intruder)
    intruder.execute(
        "INSERT INTO audit_leaf (position, incarnation, event, at, event_hash)"
        " SELECT row_number() OVER (ORDER BY id DESC), 2, id, at, hash FROM audit_event"
    )
    refused(log, "raised from 1 to 2")


def test_incarnation_raised_again_after_a_confirmed_restore_is_not_signed(
    log: Log, intruder: psycopg.Connection
) -> None:
    log.sign()
    raise_incarnation(intruder)
    restores.confirm(folder=log.folder)
    log.sign()
    raise_incarnation(intruder)
    refused(log, "raised from 2 to 3")


def test_restore_that_did_not_happen_is_not_confirmed(log: Log, intruder: psycopg.Connection) -> None:
    with pytest.raises(UnusableFolder, match="nothing to confirm"):
        restores.confirm(folder=log.folder)
    log.sign()
    with pytest.raises(Inconsistent, match="No restore raised the incarnation"):
        restores.confirm(folder=log.folder)
    raise_incarnation(intruder)
    for change in (
        "UPDATE audit_leaf SET event_hash = sha256('x') WHERE position = 3",
        "DELETE FROM audit_leaf WHERE position = 3",
    ):
        intruder.execute(change.encode())
        with pytest.raises(Inconsistent, match="which no restore explains"):
            restores.confirm(folder=log.folder)
    assert log.folder.restores() == {}


def test_restore_is_confirmed_by_the_user_who_signs(
    log: Log, intruder: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.sign()
    raise_incarnation(intruder)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(CommandError, match="belong to the user who signs"):
        call_command("checkpoints", "confirm-restore")
    assert log.folder.restores() == {}


@pytest.mark.parametrize("text", ["2", "2 x", "2 3 4", "ä 3"])
def test_record_of_restores_that_cannot_be_read_stops_signing(log: Log, text: str) -> None:
    log.sign()
    (log.folder.path / "restores").write_text(text)
    with pytest.raises(UnusableFolder, match="cannot be read"):
        signer.sign(folder=log.folder)


def test_log_of_an_earlier_incarnation_is_refused(log: Log, intruder: psycopg.Connection) -> None:
    intruder.execute("UPDATE audit_installation SET incarnation = 2")
    log.sign()
    intruder.execute("UPDATE audit_installation SET incarnation = 1")
    log.observe()
    sealing.seal_all()
    refused(log, "incarnation is 1, the last checkpoint's is 2")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_leaf SET event_hash = sha256('x') WHERE position = %s",
        "UPDATE audit_leaf SET position = CASE position WHEN %(p)s THEN 0 ELSE position END WHERE position = %(p)s",
    ],
)
def test_log_with_a_changed_leaf_is_refused(log: Log, intruder: psycopg.Connection, change: str) -> None:
    log.sign()
    at = {"p": 3} if "%(p)" in change else [3]
    intruder.execute(change.encode(), at)
    log.observe()
    sealing.seal_all()
    refused(log, "leaves differ from the last checkpoint|The tree has no node")


def test_chain_head_moved_back_is_refused(log: Log, intruder: psycopg.Connection) -> None:
    log.sign()
    intruder.execute("UPDATE audit_chain SET last_seq = last_seq - 1 WHERE id = %s", [log.chain])
    log.observe()
    sealing.seal_all()
    refused(log, "heads of chains at size")


@pytest.mark.parametrize("place", [0, 30, 60, 120, 200, -2])
def test_changed_last_checkpoint_stops_signing(log: Log, place: int) -> None:
    log.sign()
    path = log.folder.path / "latest"
    text = bytearray(path.read_bytes())
    text[place] ^= 1
    path.write_bytes(bytes(text))
    log.observe()
    sealing.seal_all()
    with pytest.raises(UnusableFolder):
        signer.sign(folder=log.folder)


def test_removed_last_checkpoint_stops_signing(log: Log) -> None:
    """Otherwise a rolled back log would be signed."""
    log.sign()
    (log.folder.path / "latest").unlink()
    with pytest.raises(UnusableFolder, match="is missing"):
        signer.sign(folder=log.folder)


def test_checkpoint_of_another_log_does_not_count(log: Log, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    other.make_key(origin=ORIGIN, replace=False)
    sealing.seal_all()
    assert signer.sign(folder=other) is not None
    log.sign()
    shutil.copy(other.path / "latest", log.folder.path / "latest")
    with pytest.raises(UnusableFolder, match="not signed by the key"):
        signer.sign(folder=log.folder)


def test_two_signers_at_once_sign_once(log: Log) -> None:
    sealing.seal_all()

    def sign() -> bool:
        return signer.sign(folder=log.folder) is not None

    assert sorted(map(str, concurrency.run_concurrently(sign, sign, sign))) == ["False", "False", "True"]
    assert len(list(log.folder.names())) == 1


def test_signer_while_another_process_signs_does_nothing(log: Log) -> None:
    sealing.seal_all()
    with log.folder.locked() as is_mine:
        assert is_mine
        assert signer.sign(folder=log.folder) is None
    assert signer.sign(folder=log.folder) is not None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_signing_key_that_others_can_read_is_refused(log: Log, mode: int) -> None:
    (log.folder.path / "signing-key").chmod(mode)
    with pytest.raises(UnusableFolder, match="0600"):
        signer.sign(folder=log.folder)


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_folder_that_others_can_write_is_refused(log: Log, mode: int) -> None:
    """They could put an older checkpoint in the place of the latest."""
    log.folder.path.chmod(mode)
    with pytest.raises(UnusableFolder, match="writable for the user who signs alone"):
        signer.sign(folder=log.folder)


def test_first_checkpoint_over_a_gap_is_refused(log: Log, intruder: psycopg.Connection) -> None:
    sealing.seal_all()
    intruder.execute("DELETE FROM audit_leaf WHERE position = 3")
    refused(log, "The tree has no node")


def test_signing_key_of_another_user_is_refused(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root, too: what it wrote, the deliverer could not replace."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(UnusableFolder, match="belong to the user who signs"):
        signer.sign(folder=log.folder)
    assert not (log.folder.path / "lock").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("name", [".", "signing-key"])
def test_folder_or_key_of_another_user_alone_is_refused(log: Log, name: str) -> None:
    """The owner of the folder could exchange the key and the latest checkpoint."""
    os.chown(log.folder.path / name, 65534, 65534)
    with pytest.raises(UnusableFolder, match="belong to the user who signs"):
        signer.sign(folder=log.folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_makes_no_key_below_a_folder_of_another_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(private_files.UnusableFile, match="as that user, not as root"):
        Folder(tmp_path / "checkpoints").make_key(origin=ORIGIN, replace=False)
    assert list(tmp_path.iterdir()) == []


def test_key_is_made_once_and_replaced_on_demand(log: Log) -> None:
    """Checkpoints of the earlier key stay valid."""
    signed = log.sign()
    with pytest.raises(UnusableFolder, match="exists"):
        log.folder.make_key(origin=ORIGIN, replace=False)
    log.folder.make_key(origin=ORIGIN, replace=True)
    assert len(log.folder.verifier_keys()) == 2
    latest = log.folder.latest()
    assert latest is not None
    assert latest.checkpoint == signed
    log.observe()
    log.sign()
    assert [file.problem for file in log.folder.files()] == ["", "", ""]
    modes = {path.name: path.stat().st_mode & 0o777 for path in log.folder.path.iterdir() if path.is_file()}
    assert modes["signing-key"] == 0o600


def test_log_under_a_replaced_key_is_signed_again_without_new_events(log: Log) -> None:
    """So the old public key can be removed: the newest checkpoint no longer needs it."""
    signed = log.sign()
    log.folder.make_key(origin=ORIGIN, replace=True)
    again = signer.sign(folder=log.folder)
    assert again is not None
    assert again.size == signed.size
    assert signer.sign(folder=log.folder) is None
    public = log.folder.path / "verifier-keys"
    public.write_text(public.read_text("ascii").splitlines()[0], "ascii")
    latest = log.folder.latest()
    assert latest is not None
    assert latest.checkpoint == again
    log.observe()
    assert log.sign().size == again.size + 1


def test_key_whose_replacement_failed_halfway_signs_verifiable_checkpoints(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.sign()
    written: list[Path] = []
    write = private_files.write

    def fail_second(*, path: Path, text: str, mode: int) -> None:
        if written:
            raise OSError("no space left")
        written.append(path)
        write(path=path, text=text, mode=mode)

    with monkeypatch.context() as patch:
        patch.setattr(private_files, "write", fail_second)
        with pytest.raises(OSError, match="no space left"):
            log.folder.make_key(origin=ORIGIN, replace=True)
    log.observe()
    signed = log.sign()
    latest = log.folder.latest()
    assert latest is not None
    assert latest.checkpoint == signed


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "https://ä.example"])
def test_origin_that_a_note_cannot_hold_is_refused(folder: Folder, origin: str) -> None:
    with pytest.raises(UnusableFolder, match="is no origin"):
        folder.make_key(origin=origin, replace=True)


def test_signing_key_survives_its_file(folder: Folder) -> None:
    key = folder.signing_key()
    assert note.CheckpointKey.parse(key.text()).verifier_key() == key.verifier_key()
    with pytest.raises(ValueError, match="id"):
        note.CheckpointKey.parse(key.text().replace(key.name, "other.example/log"))


def test_deliverer_without_a_key_warns_once_and_goes_on(
    world: World, settings: LazySettings, tmp_path: Path
) -> None:
    settings.CHECKPOINTS_FOLDER = tmp_path / "none"
    runner = Signer()
    with capture_logs() as lines:
        for _ in range(3):
            runner.run(now=True)
    assert [(line["event"], line["log_level"]) for line in lines] == [("checkpoints.no_key", "warning")]
    assert not (tmp_path / "none").exists()


def test_deliverer_reports_a_refusal_each_time(log: Log, intruder: psycopg.Connection) -> None:
    log.sign()
    intruder.execute("DELETE FROM audit_leaf WHERE position > 3")
    runner = Signer()
    with capture_logs() as lines:
        runner.run(now=True)
        runner.run()
        runner.run(now=True)
    assert [(line["event"], line["log_level"]) for line in lines] == [("checkpoints.refused", "error")] * 2


def test_deliverer_signs_at_its_interval(log: Log) -> None:
    runner = Signer()
    sealing.seal_all()
    runner.run()
    log.observe()
    sealing.seal_all()
    runner.run()
    assert len(list(log.folder.names())) == 1, "the interval has not passed"
    runner.run(now=True)
    assert len(list(log.folder.names())) == 2


def test_folder_that_cannot_be_written_is_reported(log: Log) -> None:
    sealing.seal_all()
    (log.folder.path / "lock").mkdir()
    with capture_logs() as lines:
        Signer().run(now=True)
    assert [(line["event"], line["log_level"]) for line in lines] == [("checkpoints.unusable", "error")]


def test_age_and_lateness_of_checkpoints(log: Log) -> None:
    assert newest.age(newest.known()) is None
    sealing.seal_all()
    assert newest.late_seconds(newest.known()) > 0
    log.sign()
    age = newest.age(newest.known())
    assert age is not None
    assert 0 <= age < 600
    assert newest.late_seconds(newest.known()) == 0
    log.observe()
    assert newest.late_seconds(newest.known()) > 0, "an event that a stuck sealer leaves waiting counts, too"
    assert Event.objects.count() == Leaf.objects.count() + 1
    sealing.seal_all()
    assert newest.late_seconds(newest.known()) > 0
    assert Installation.objects.get().incarnation == 1
