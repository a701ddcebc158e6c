"""What readiness says of checkpoints while someone with SQL as the application's role writes the database's copy."""

import datetime as dt
import shutil
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings
from django.db import connection

from audit import sealing
from audit.checkpoints.folder import Folder
from audit.foundation import clock
from audit.models import Checkpoint
from portal.operations import gauges, readiness
from tests.fixtures.signed_log import ORIGIN, Log
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(world: World, settings: LazySettings, tmp_path: Path) -> Log:
    settings.CHECKPOINTS_FOLDER = tmp_path / "checkpoints"
    folder = Folder(tmp_path / "checkpoints")
    folder.make_key(origin=ORIGIN, replace=False)
    return Log(world, folder)


def execute(statement: str, *params: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def make_late(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Add an event that is not signed, and wait."""
    log.observe()
    sealing.seal_all()
    later = clock.now() + dt.timedelta(seconds=readiness.CHECKPOINTS_LATE + 1)
    monkeypatch.setattr(clock, "now", lambda: later)


def late_seconds() -> float:
    return next(gauge.value for gauge in gauges.of_database() if gauge.name == "checkpoints_late_seconds")


def test_checkpoints_are_ok_until_an_event_waits_too_long(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patient:  # the world's events are as old as the run of the tests
        patient.setattr(readiness, "CHECKPOINTS_LATE", dt.timedelta(days=1).total_seconds())
        assert readiness.checkpoints() == "none"
    log.sign()
    assert readiness.checkpoints() == "ok"
    make_late(log, monkeypatch)
    assert readiness.checkpoints() == "late"


FRESH = "UPDATE audit_checkpoint SET size = 9000000000000000000, signed_at = now()"


@pytest.mark.parametrize("statement", [FRESH, "DELETE FROM audit_checkpoint"])
def test_copy_that_sql_writes_hides_no_late_checkpoint(
    log: Log, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    log.sign()
    execute(statement)
    make_late(log, monkeypatch)
    assert readiness.checkpoints() == "late"
    assert late_seconds() > readiness.CHECKPOINTS_LATE


def test_older_copy_put_back_by_sql_counts_as_its_own_state(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.sign()
    older = Checkpoint.objects.get().note
    log.observe()
    newer = log.sign()
    execute("UPDATE audit_checkpoint SET note = %s", older)
    assert readiness.checkpoints() == "ok"
    make_late(log, monkeypatch)
    assert readiness.checkpoints() == "late"
    assert newer.size > 1


def test_copy_that_the_deliverer_did_not_sign_is_inconsistent(log: Log, tmp_path: Path) -> None:
    log.sign()
    other = Log.__new__(Log)
    other.folder = Folder(tmp_path / "other")
    other.folder.make_key(origin=ORIGIN, replace=False)
    other.sign()
    assert readiness.checkpoints() == "inconsistent"
    for note in ("", "x", "x\n\n\u2014 kivisalo.example/log AAAA\n"):
        execute("UPDATE audit_checkpoint SET note = %s", note)
        assert readiness.checkpoints() == "inconsistent"
    log.observe()
    log.sign()
    assert readiness.checkpoints() == "ok"


def test_log_shorter_than_its_newest_checkpoint_is_inconsistent(log: Log, owner: psycopg.Connection) -> None:
    size = log.sign().size
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM audit_leaf WHERE position = %s", [size])
    assert readiness.checkpoints() == "inconsistent"


def test_checkpoints_without_public_keys_here_are_unverified(
    log: Log, settings: LazySettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second machine, until the operator copies the public keys."""
    log.sign()
    settings.CHECKPOINTS_FOLDER = tmp_path / "copied"
    assert readiness.checkpoints() == "unverified"
    settings.CHECKPOINTS_FOLDER.mkdir(mode=0o755)
    shutil.copy(log.folder.path / "verifier-keys", settings.CHECKPOINTS_FOLDER)
    assert readiness.checkpoints() == "ok"
    (settings.CHECKPOINTS_FOLDER / "verifier-keys").chmod(0o666)
    assert readiness.checkpoints() == "unverified"
    make_late(log, monkeypatch)
    assert readiness.checkpoints() == "late"
