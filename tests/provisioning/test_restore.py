"""Backup and restore: the drill of an operator, what is refused, and what must not come back."""

import gzip
import json
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from audit import installation
from audit.foundation import key_files
from audit.models import Event, Inbox
from audit.verification import verifier
from delegation.people.commands import members
from identity import key_registry
from identity.memberships.models import Membership
from identity.sessions.models import Session
from portal import embedded_postgres
from portal.operations import archive, readiness
from portal.signin.customers.reset_tokens import ResetTokens
from provisioning.accounts import planner, reconcile
from provisioning.accounts.delivery import AccountDeliveries
from provisioning.accounts.models import Account
from provisioning.delivery.engine import Engine
from provisioning.delivery.scheduler import Scheduler
from provisioning.mail import queue as mail_queue
from provisioning.mail.delivery import MailDeliveries
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from provisioning.targets.models import Target
from tests import settings as tests_settings
from tests.fixtures import cluster, fake_target
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.deliveries import age_writes, eventually, nothing_due, plan_all
from tests.fixtures.world import World, actor_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def empty(database_urls: cluster.Urls) -> Iterator[cluster.Urls]:
    """Another database of this version, without anything in it. The test points the connections there."""
    name = f"test_{tests_settings.RUN.name.split('-')[2]}_restored_{tests_settings.WORKER}"
    with cluster.server() as urls_of, cluster.database(name, urls_of, lambda _urls: None) as urls:
        try:
            yield urls
        finally:
            use(database_urls)


def use(urls: cluster.Urls) -> None:
    cluster.point("default", urls[embedded_postgres.APP])
    cluster.point("owner", urls[embedded_postgres.OWNER])


def run(*words: object) -> str:
    output = StringIO()
    call_command(*map(str, words), stdout=output, stderr=output)
    return output.getvalue()


def refused(words: str, *command: object) -> None:
    with pytest.raises(CommandError, match=words):
        run(*command)


@pytest.fixture
def scheduler(accounts: AccountDeliveries) -> Scheduler:
    kinds = (accounts, MailDeliveries())
    return Engine(kinds=kinds, planner=planner, on_stop=lambda: None)._scheduler


def deliver(scheduler: Scheduler) -> None:
    """Plan, lease and settle all that is due now."""
    plan_all()
    scheduler.lease_due(worker=1)
    eventually(lambda: scheduler.settle() or not scheduler.in_flight)


def deliver_until(scheduler: Scheduler, condition: Callable[[], bool]) -> None:
    def delivered() -> bool:
        deliver(scheduler)
        return condition()

    eventually(delivered)


def test_backup_restored_after_a_removal_sends_nothing_until_it_is_thawed(
    world: World,
    ordering: Target,
    shop: fake_target.Server,
    empty: cluster.Urls,
    scheduler: Scheduler,
    tmp_path: Path,
) -> None:
    deliver_until(scheduler, nothing_due)
    olli = str(world.olli.user_id)
    assert shop.record_of(olli)["active"]
    browser = BrowserClient().sign_in(world.aino.user)
    mail_queue.queue(Draft(to="aino@koskela.example", subject="Hello", text="Hello", purpose="test"))
    assert Mail.objects.filter(due_at__isnull=False).exists()
    before = (installation.load(), installation.heads())
    epochs = dict(Membership.objects.values_list("id", "epoch"))

    printed = run("backup", tmp_path / "database", "--keys", tmp_path / "keys")
    assert "Store them apart" in printed
    members.remove(actor=actor_of(world.aino), memberships=[world.olli])
    deliver_until(scheduler, lambda: not shop.record_of(olli)["active"])
    written = len(shop.journal)

    use(empty)
    printed = run("restore", tmp_path / "database", "--verify")
    assert re.search(r"events in \d+ chains, \d+ leaves, \d+ checkpoints: log verified", printed)
    assert re.search(r"identity_membership: \d+ rows; 0 differences", printed), printed
    after = installation.load()
    assert after.uid == before[0].uid
    assert after.incarnation > before[0].incarnation
    assert after.frozen_at is not None
    assert installation.heads() == before[1]
    assert dict(Membership.objects.values_list("id", "epoch")) == epochs
    assert browser.get("/o/koskela/people").status_code == 302
    assert not Session.objects.filter(user__isnull=False).exists()
    assert {(mail.last_error, bytes(mail.body)) for mail in Mail.objects.exclude(failed_at=None)} == {
        ("lost", b"")
    }

    assert readiness.deliver() == "frozen"
    age_writes()
    report = reconcile.check(target=Target.objects.get(id=ordering.id), resync=True)
    assert len(report.differing) == 1
    for _ in range(3):
        deliver(scheduler)
    assert len(shop.journal) == written
    assert not shop.record_of(olli)["active"]
    run("restore", "--thaw")
    deliver_until(scheduler, lambda: bool(shop.record_of(olli)["active"]))
    eventually(lambda: not reconcile.check(target=Target.objects.get(id=ordering.id)).differing)
    assert not Mail.objects.filter(due_at__isnull=False).exists()
    world.remove(Membership.objects.get(id=world.olli.id))
    assert Event.objects.get(verb="member.remove").incarnation == after.incarnation
    assert verifier.verify().findings == []


def test_backup_is_private_and_holds_no_key_and_no_session(world: World, tmp_path: Path) -> None:
    BrowserClient().sign_in(world.aino.user)
    run("backup", tmp_path / "database", "--keys", tmp_path / "keys")
    folders = (tmp_path / "database", tmp_path / "keys", tmp_path / "keys" / "signing")
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}
    paths = [path for folder in folders for path in folder.iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    data = (
        b"".join(gzip.decompress(path.read_bytes()) for path in folders[0].glob("*.gz"))
        + (folders[0] / "manifest.json").read_bytes()
    )
    assert world.aino.user.email.encode() in data
    for purpose in key_files.PURPOSES:
        for key in key_files.read_keys(key_files.path_of(folder=key_registry.folder(), purpose=purpose)):
            assert key.material not in data
            assert key.material.hex().encode() not in data
    for session in Session.objects.all():
        assert session.session_key.encode() not in data


def test_tables_left_out_are_referred_to_by_no_other(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
    ).fetchall()
    assert len(rows) > 30
    assert [row for row in rows if row[1] in archive.LEFT_OUT and row[0] not in archive.LEFT_OUT] == []
    tables = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    ).fetchall()
    assert archive.LEFT_OUT.keys() <= {name for (name,) in tables}


def test_keys_and_database_in_one_folder_are_refused_unless_asked_for(world: World, tmp_path: Path) -> None:
    for keys in (tmp_path / "one", tmp_path / "one" / "keys", tmp_path):
        refused("apart from each other", "backup", tmp_path / "one", "--keys", keys)
    assert list(tmp_path.iterdir()) == []
    run("backup", tmp_path / "one", "--keys", tmp_path / "one" / "keys", "--together")
    refused("is not empty", "backup", tmp_path / "one")


def test_restore_into_a_database_in_use_is_refused(world: World, tmp_path: Path) -> None:
    run("backup", tmp_path / "database")
    events = Event.objects.count()
    refused("in use", "restore", tmp_path / "database")
    assert Event.objects.count() == events
    assert not installation.is_frozen()


def without_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def with_changed_rows(folder: Path) -> None:
    path = folder / "identity_user.copy.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b"aino", b"evil")))


def without_a_table(folder: Path) -> None:
    (folder / "audit_event.copy.gz").unlink()


def change_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def of_another_version(folder: Path) -> None:
    change_manifest(folder, migrations=["audit.0001_initial"])


def of_another_format(folder: Path) -> None:
    change_manifest(folder, format=99)


def with_other_heads(folder: Path) -> None:
    change_manifest(folder, heads=[1, "00", 0])


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (without_manifest, "no complete backup"),
    (with_changed_rows, r"identity_user\.copy\.gz was changed"),
    (without_a_table, r"audit_event\.copy\.gz is missing"),
    (of_another_version, "Restore it with that version"),
    (of_another_format, "has the format 99"),
    (with_other_heads, "not the one that the manifest describes"),
]


def test_damaged_backup_is_refused_and_restores_nothing(
    world: World, empty: cluster.Urls, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    run("backup", tmp_path / "database")
    use(empty)
    for damage, words in DAMAGES:
        with subtests.test(words):
            folder = tmp_path / damage.__name__
            shutil.copytree(tmp_path / "database", folder)
            damage(folder)
            refused(words, "restore", folder)
            assert not Event.objects.exists()
            assert not installation.is_frozen()


def test_lost_keys_stop_a_restore_until_they_are_given_up_by_name(
    world: World, empty: cluster.Urls, tmp_path: Path, settings: Settings
) -> None:
    reset = ResetTokens().make_token(world.aino.user)
    run("backup", tmp_path / "database", "--keys", tmp_path / "backed-up")
    use(empty)
    settings.KEYS_FOLDER = tmp_path / "lost"
    refused("--keys FOLDER", "restore", tmp_path / "database")
    assert not Event.objects.exists()
    run("restore", tmp_path / "database", "--without-keys")
    refused("lost", "keys", "make")
    run("keys", "make", *(word for name in key_registry.PURPOSES for word in ("--replace-lost", name)))
    assert set(key_registry.PURPOSES) <= key_registry.registered().keys()
    run("keys", "check")
    found = verifier.verify().findings
    events = {finding.event for finding in found if finding.code == "not authentic"}
    assert events == {str(event) for event in Event.objects.values_list("id", flat=True)}
    assert not ResetTokens().check_token(world.aino.user, reset)


def test_keys_restored_with_the_database_belong_to_it(
    world: World, empty: cluster.Urls, tmp_path: Path, settings: Settings
) -> None:
    run("backup", tmp_path / "database", "--keys", tmp_path / "backed-up")
    use(empty)
    refused("has files already", "restore", tmp_path / "database", "--keys", tmp_path / "backed-up")
    settings.KEYS_FOLDER = tmp_path / "keys"
    run("restore", tmp_path / "database", "--keys", tmp_path / "backed-up", "--verify")
    run("keys", "check")
    shutil.rmtree(tmp_path / "keys")
    (tmp_path / "backed-up" / "pepper.json").write_text("{}")
    refused("was changed", "restore", "--keys", tmp_path / "backed-up", tmp_path / "database")


def test_link_of_a_new_password_from_before_the_restore_is_void(
    world: World, empty: cluster.Urls, tmp_path: Path
) -> None:
    token = ResetTokens().make_token(world.aino.user)
    assert ResetTokens().check_token(world.aino.user, token)
    run("backup", tmp_path / "database")
    use(empty)
    run("restore", tmp_path / "database")
    assert not ResetTokens().check_token(world.aino.user, token)


def test_waiting_events_of_a_backup_allow_no_change_without_an_event(
    world: World, empty: cluster.Urls, tmp_path: Path
) -> None:
    """A transaction of the new server gets the number of one of the old server."""
    run("backup", tmp_path / "database")
    assert Inbox.objects.exists()
    use(empty)
    run("restore", tmp_path / "database")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_inbox WHERE xact <> '0'")
        assert cursor.fetchone() == (0,)


def test_rows_added_after_a_restore_get_numbers_that_are_free(
    world: World, ordering: Target, empty: cluster.Urls, tmp_path: Path
) -> None:
    plan_all()
    highest = Account.objects.latest("id").id
    run("backup", tmp_path / "database")
    use(empty)
    run("restore", tmp_path / "database")
    world.member(world.koskela, "Nina Uusi", "viewer")
    plan_all()
    assert Account.objects.latest("id").id > highest


def test_two_restores_of_one_backup_have_different_incarnations(world: World) -> None:
    first = installation.load().incarnation
    run("restore", "--adopt")
    adopted = installation.load().incarnation
    assert adopted > first + 1000
    assert installation.is_frozen()
    run("restore", "--adopt")
    assert installation.load().incarnation > adopted
    assert "go on" in run("restore", "--thaw")
    assert "Nothing was frozen" in run("restore", "--thaw")


def test_restore_without_one_task_is_refused(tmp_path: Path) -> None:
    for words in ([], ["--adopt", "--thaw"], [tmp_path, "--thaw"]):
        refused("--adopt or --thaw", "restore", *words)


def test_application_cannot_thaw(world: World) -> None:
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("UPDATE audit_installation SET frozen_at = NULL")
