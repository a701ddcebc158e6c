"""Keys and the database know each other: what the keys command makes and refuses, and what start and readiness say."""

import base64
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError
from django.test import Client
from pytest_django.fixtures import Settings

from audit.foundation import key_files
from audit.models import KeyFingerprint
from identity import key_registry, signing_keys
from portal.operations import checks, readiness
from provisioning import deliverer
from tests.fixtures import world as worlds
from tests.fixtures.browser_client import BrowserClient
from tests.fixtures.world import World

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
HOUR = key_files.SPREAD.total_seconds()


@pytest.fixture(autouse=True)
def _readiness_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the checks at every request."""
    monkeypatch.setattr(readiness, "FRESH_SECONDS", 0.0)


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """A copy of this installation's folder."""
    copied = tmp_path / "keys"
    shutil.copytree(settings.KEYS_FOLDER, copied)
    settings.KEYS_FOLDER = copied
    return copied


def keys(*words: str) -> str:
    output = StringIO()
    call_command("keys", *words, stdout=output)
    return output.getvalue()


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    """Start, readiness, delivery and `keys check` refuse; the first three name these words."""
    monkeypatch.setattr(deliverer, "create", lambda: pytest.fail("the deliverer started"))
    for refusing, error in (
        (checks.stop_on_errors, SystemExit),
        (lambda: call_command("deliver"), CommandError),
        (lambda: keys("check"), CommandError),
    ):
        with pytest.raises(error) as raised:
            refusing()
        assert [word for word in words if word not in str(raised.value)] == []
    answer = Client(headers={"host": "localhost"}).get("/health/ready")
    assert (answer.status_code, answer.json()["keys"]) == (503, "failed")


def test_keys_of_this_database_are_accepted_everywhere(folder: Path) -> None:
    checks.stop_on_errors()
    assert "are those of this database" in keys("check")
    assert Client(headers={"host": "localhost"}).get("/health/ready").json()["keys"] == "ok"


def test_database_that_does_not_answer_forbids_no_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unavailable() -> list[str]:
        raise OperationalError("connection refused")

    monkeypatch.setattr(key_registry, "problems", unavailable)
    assert key_registry.problems_at_start() == []
    checks.stop_on_errors()


def test_mistyped_folder_is_named_with_the_command_and_stays_empty(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEYS_FOLDER = tmp_path / "typo"
    assert_refused(monkeypatch, str(tmp_path / "typo"), "manage.py keys make")
    for words in (["show"], ["rotate", "pepper"], ["make"]):
        with pytest.raises(CommandError, match="typo"):
            keys(*words)
    with pytest.raises(CommandError, match="replace-lost"):
        keys("make", "--replace-lost", "pepper")
    BrowserClient().get("/account/login/")
    assert list(tmp_path.rglob("*")) == []


def other_key(folder: Path, purpose: str) -> None:
    """Put another key under the same id into the file, as an installation of an older version would have it."""
    path = key_files.path_of(folder=folder, purpose=purpose)
    mine = key_files.read_keys(path)[0].id
    path.unlink()
    key_files.ensure(folder=folder, purpose=purpose)
    path.write_text(path.read_text().replace(key_files.read_keys(path)[0].id, mine))


def other_installation(folder: Path, purpose: str) -> None:
    if purpose == signing_keys.PURPOSE:
        shutil.rmtree(folder / purpose)
        signing_keys.ensure()
        return
    key_files.path_of(folder=folder, purpose=purpose).unlink()
    key_files.ensure(folder=folder, purpose=purpose)


@pytest.mark.parametrize("purpose", key_files.PURPOSES)
def test_other_key_under_the_same_id_is_refused(
    folder: Path, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_key(folder, purpose)
    assert_refused(monkeypatch, f"{purpose}: ", "differs from the key of this database", str(folder))
    with pytest.raises(CommandError, match="not those of this database"):
        keys("make")
    with pytest.raises(CommandError, match="not those of this database"):
        keys("rotate", purpose)


@pytest.mark.parametrize("purpose", key_registry.PURPOSES)
def test_keys_of_another_installation_are_refused(
    folder: Path, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_installation(folder, purpose)
    assert_refused(monkeypatch, f"{purpose}: ", "belong to another database", "restore its backup")
    for words in (["make"], ["rotate", purpose]):
        with pytest.raises(CommandError, match="not those of this database"):
            keys(*words)


@pytest.mark.parametrize("purpose", key_registry.PURPOSES)
def test_open_key_file_is_refused(folder: Path, purpose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = key_files.path_of(folder=folder, purpose=purpose)
    if purpose == signing_keys.PURPOSE:
        path = next((folder / purpose).glob("*.pem"))
    path.chmod(0o644)
    assert_refused(monkeypatch, f"chmod 600 {path}")


@pytest.mark.parametrize("purpose", key_registry.PURPOSES)
def test_lost_file_is_replaced_only_by_name(
    folder: Path, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(key_registry.present(purpose))
    others = {name: data for name, data in content(folder).items() if not name.startswith(purpose)}
    if purpose == signing_keys.PURPOSE:
        shutil.rmtree(folder / purpose)
    else:
        key_files.path_of(folder=folder, purpose=purpose).unlink()
    assert_refused(monkeypatch, str(folder), "is missing")
    for words in (["show"], ["check"], ["make"], ["rotate", purpose]):
        with pytest.raises(CommandError):
            keys(*words)
    assert content(folder) == others
    assert f"Made: {purpose}." in keys("make", "--replace-lost", purpose)
    assert not before & set(key_registry.present(purpose))
    keys("check")
    assert set(KeyFingerprint.objects.exclude(withdrawn_at=None).values_list("key_id", flat=True)) == before
    assert others.items() <= content(folder).items()


def test_existing_keys_are_not_replaced(folder: Path) -> None:
    before = content(folder)
    with pytest.raises(CommandError, match="has keys for pepper"):
        keys("make", "--replace-lost", "pepper")
    assert "Made: nothing." in keys("make")
    assert content(folder) == before


def test_show_and_check_write_nothing_and_print_no_key(folder: Path) -> None:
    before = content(folder)
    printed = (
        keys("show") + keys("check") + keys("rotate", "pepper") + keys("rotate", "signing") + keys("show")
    )
    secrets = [
        key.material
        for purpose in key_files.PURPOSES
        for key in key_files.read_keys(key_files.path_of(folder=folder, purpose=purpose))
    ]
    texts = [base64.b64encode(secret).decode() for secret in secrets] + [secret.hex() for secret in secrets]
    pems = [line for pem in folder.rglob("*.pem") for line in pem.read_text().splitlines()]
    assert [text for text in texts + pems if text in printed] == []
    assert {name for name, data in content(folder).items() if before.get(name) == data} >= {
        "person.json", "secrets.json", "web.json",
    }  # fmt: skip


@pytest.mark.parametrize("purpose", key_registry.PURPOSES)
def test_rotation_on_one_server_reaches_the_others_before_the_key_is_used(
    folder: Path, tmp_path: Path, settings: Settings, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = tmp_path / "second"
    shutil.copytree(folder, second)
    keys("rotate", purpose)
    for copy in (folder, second):
        settings.KEYS_FOLDER = copy
        assert "are those of this database" in keys("check")
    with pytest.raises(CommandError, match="not those of this database"):
        keys("rotate", purpose)
    worlds.move_clock(HOUR + 5)
    assert_refused(monkeypatch, f"{purpose}: ", "is in use and missing", str(second))
    shutil.copytree(folder, second, dirs_exist_ok=True)
    assert "are those of this database" in keys("check")


def test_rotation_that_was_interrupted_before_the_commit_is_completed_by_make(folder: Path) -> None:
    key_files.rotate(folder=folder, purpose="pepper")
    keys("check")
    with pytest.raises(CommandError, match=r"does not know .* Run `manage\.py keys make`"):
        keys("rotate", "pepper")
    worlds.move_clock(HOUR + 5)
    with pytest.raises(CommandError, match="does not know"):
        keys("check")
    keys("make")
    keys("check")


@pytest.mark.parametrize("crash", ["_insert", "_withdraw", "_remove_withdrawn"])
@pytest.mark.parametrize(
    "words", [["web", "--at-once"], ["signing", "--at-once"], ["events", "--at-once"], ["web"]]
)
def test_rotation_that_ended_at_any_point_is_completed_by_make(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], crash: str
) -> None:
    purpose, before = words[0], set(key_registry.present(words[0]))

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(key_registry, crash, end)
        with pytest.raises(KeyboardInterrupt):
            keys("rotate", *words)
    keys("make")
    keys("check")
    is_withdrawn = crash == "_remove_withdrawn" and words[1:] and purpose != "events"
    assert before.isdisjoint(key_registry.present(purpose)) is bool(is_withdrawn)
    keys("rotate", *words)
    keys("check")


@pytest.mark.parametrize("crash", ["signing_keys.private_files.replace", "signing_keys.Path.unlink"])
def test_removal_of_withdrawn_keys_that_ended_halfway_is_completed_by_make(
    folder: Path, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    before = set(key_registry.present("signing"))
    remove = signing_keys.remove

    def end(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    def remove_and_end(withdrawn: set[str]) -> None:
        patched.setattr(f"identity.{crash}", end)
        remove(withdrawn)

    with monkeypatch.context() as patched:
        patched.setattr(signing_keys, "remove", remove_and_end)
        with pytest.raises(KeyboardInterrupt):
            keys("rotate", "signing", "--at-once")
    keys("make")
    keys("check")
    assert before.isdisjoint(key_registry.present("signing"))


@pytest.mark.parametrize("purpose", ["web", signing_keys.PURPOSE])
def test_leaked_keys_are_withdrawn_and_their_copies_refused(
    folder: Path, tmp_path: Path, settings: Settings, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "stale"
    shutil.copytree(folder, stale)
    before = set(key_registry.present(purpose))
    assert "withdrawn" in keys("rotate", purpose, "--at-once")
    assert not before & set(key_registry.present(purpose))
    keys("check")
    settings.KEYS_FOLDER = stale
    assert_refused(monkeypatch, f"{purpose}: ")
    with pytest.raises(CommandError, match="not those of this database"):
        keys("make")


@pytest.mark.parametrize("purpose", key_registry.PURPOSES)
def test_rotation_says_when_every_server_must_have_the_folder(folder: Path, purpose: str) -> None:
    assert "The older keys stay valid. Copy the folder to every server before that." in keys(
        "rotate", purpose
    )
    assert "Copy the folder to every server now." in keys("rotate", purpose, "--at-once")
    keys("check")


def test_signing_key_is_not_used_before_services_know_it(folder: Path) -> None:
    with pytest.raises(CommandError, match="an hour or later"):
        keys("rotate", "signing", "--after", "60")


def test_make_without_tables_names_the_command_that_makes_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeyFingerprint._meta, "db_table", "no_such_table")
    with pytest.raises(CommandError, match=r"manage\.py migrate"):
        keys("make")


def test_web_keys_rotated_at_one_of_two_servers_end_no_session(
    world: World, folder: Path, tmp_path: Path, settings: Settings
) -> None:
    second = tmp_path / "second"
    shutil.copytree(folder, second)
    browsers = [BrowserClient().sign_in(world.aino.user)]
    first_key = settings.SECRET_KEY

    def both() -> None:
        for copy in (folder, second):
            settings.KEYS_FOLDER = copy
            for browser in browsers:
                page = browser.get("/o/koskela/people")
                assert page.status_code == 200, (copy, page.headers)

    both()
    settings.KEYS_FOLDER = folder
    keys("rotate", "web")
    both()
    shutil.copytree(folder, second, dirs_exist_ok=True)
    both()
    worlds.move_clock(HOUR / 2)
    both()
    settings.KEYS_FOLDER = folder
    worlds.move_clock(HOUR + 5)
    browsers.append(BrowserClient().sign_in_again(world.aino.user))
    assert first_key != settings.SECRET_KEY
    both()


def test_web_key_of_a_leak_ends_sessions(world: World, folder: Path) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    assert browser.get("/o/koskela/people").status_code == 200
    keys("rotate", "web", "--at-once")
    assert browser.get("/o/koskela/people").status_code == 302


def test_requests_go_on_with_loaded_keys_when_the_folder_disappears(
    world: World, settings: Settings, folder: Path
) -> None:
    browser = BrowserClient().sign_in(world.aino.user)
    (folder / "web.json").unlink()
    assert browser.get("/o/koskela/people").status_code == 200
    assert browser.get("/health/ready").json()["keys"] == "failed"
