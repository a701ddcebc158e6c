"""The embedded server, really started: each test has a folder and a server of its own."""

import os
import pathlib
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import psycopg
import pytest

from portal import embedded_postgres
from portal.embedded_postgres import location

QUICK = {"fsync": "off", "shared_buffers": "16MB"}
REPOSITORY = pathlib.Path(__file__).parents[2]
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user's permissions need root")


@pytest.fixture
def folder() -> Iterator[pathlib.Path]:
    """Give a folder not yet made, in a place everyone may enter, whatever pytest's own folders allow."""
    path = (
        pathlib.Path(tempfile.gettempdir()) / f"keyholder-ground-{os.getpid()}-{time.monotonic_ns()}" / "pg"
    )
    yield path
    embedded_postgres.reset(path)
    path.parent.rmdir()


@pytest.fixture
def hidden() -> Iterator[pathlib.Path]:
    """Give a folder below one that only root may enter."""
    parent = pathlib.Path(tempfile.mkdtemp(prefix="keyholder-hidden-"))
    yield parent / "pg"
    embedded_postgres.reset(parent / "pg")
    parent.rmdir()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row and row[0]


def do(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def owner_says(server: embedded_postgres.Server, query: str) -> object:
    return ask(server.url_of(embedded_postgres.OWNER), query)


def postmaster(folder: pathlib.Path) -> int:
    return int((location.find(folder).data / "postmaster.pid").read_text().splitlines()[0])


def test_embedded_server_is_durable_and_private_by_default(folder: pathlib.Path) -> None:
    server = embedded_postgres.start(folder)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert owner_says(server, f"SHOW {setting}") == "on"
    assert owner_says(server, "SHOW listen_addresses") == "127.0.0.1"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "secrets.json").stat().st_mode) == 0o600
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(
            server.url_of(embedded_postgres.APP).replace(server.passwords[embedded_postgres.APP], "guess"),
            "SELECT 1",
        )
    assert server.passwords[embedded_postgres.APP] not in repr(server)


def test_database_roles_have_the_needed_rights_only(folder: pathlib.Path) -> None:
    server = embedded_postgres.start(folder, settings=QUICK)
    app = server.url_of(embedded_postgres.APP)
    owner = server.url_of(embedded_postgres.OWNER)
    do(owner, "CREATE TABLE thing (at tstzrange, name citext)")
    do(owner, "SET session_replication_role = replica")
    rights = "SELECT concat_ws(' ', rolsuper, rolcreatedb, rolcreaterole, rolbypassrls) FROM pg_roles"
    assert owner_says(server, f"{rights} WHERE rolname = 'keyholder_owner'") == "f t f f"
    assert owner_says(server, f"{rights} WHERE rolname = 'keyholder_app'") == "f f f f"
    for refused in (
        "CREATE TABLE mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "SELECT * FROM thing",
        "DROP TABLE thing",
        "SET session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            do(app, refused)


def test_trigram_search_finds_words_of_every_alphabet(folder: pathlib.Path) -> None:
    server = embedded_postgres.start(folder, settings=QUICK)
    assert owner_says(server, "SELECT similarity('Työmäki', 'työmäki')") == 1.0
    assert owner_says(server, "SELECT 'ЖЁЛТЫЙ Äiti'::citext = 'жёлтый äiti'::citext") is True


def test_second_start_attaches_and_stop_ends_the_server(folder: pathlib.Path) -> None:
    first = embedded_postgres.start(folder, settings=QUICK)
    pid = postmaster(folder)
    assert embedded_postgres.start(folder) == first
    assert embedded_postgres.attach(folder) == first
    assert postmaster(folder) == pid
    assert first.stop() is True
    assert first.stop() is False
    assert embedded_postgres.attach(folder) is None
    again = embedded_postgres.start(folder, settings=QUICK)
    assert again.port == first.port
    assert again.passwords == first.passwords


def test_occupied_port_is_not_used(folder: pathlib.Path) -> None:
    first = embedded_postgres.start(folder, settings=QUICK)
    first.stop()
    with socket.create_server(("127.0.0.1", first.port)):
        with pytest.raises(embedded_postgres.PostgresError, match="could not bind"):
            embedded_postgres.start(folder, port=first.port, settings=QUICK)
        moved = embedded_postgres.start(folder, settings=QUICK)
    assert moved.port != first.port
    moved.stop()
    assert embedded_postgres.start(folder, settings=QUICK).port == moved.port


def test_pid_file_of_another_program_is_stale(folder: pathlib.Path) -> None:
    server = embedded_postgres.start(folder, settings=QUICK)
    where = location.find(folder)
    kept = (where.data / "postmaster.pid").read_text()
    server.stop()
    # Alive, and of the very user the server runs as: PostgreSQL itself would take it for a server.
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd="/", **location._as_user(where.uid, where.gid))
    try:
        (where.data / "postmaster.pid").write_text(
            "\n".join([str(stranger.pid), *kept.splitlines()[1:]]) + "\n"
        )
        assert embedded_postgres.attach(folder) is None
        assert embedded_postgres.stop(folder) is False
        assert stranger.poll() is None
        again = embedded_postgres.start(folder, settings=QUICK)
        assert owner_says(again, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_committed_rows_survive_a_kill(folder: pathlib.Path) -> None:
    server = embedded_postgres.start(folder)
    do(server.url_of(embedded_postgres.OWNER), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    os.kill(postmaster(folder), signal.SIGKILL)
    assert owner_says(embedded_postgres.start(folder), "SELECT count(*) FROM kept") == 1000


def test_interrupted_first_start_is_repeated(folder: pathlib.Path) -> None:
    server = embedded_postgres.start(folder, settings=QUICK)
    where = location.find(folder)
    server.stop()
    where.data.rename(where.home / "data.new")
    assert (
        owner_says(embedded_postgres.start(folder, settings=QUICK), "SELECT current_user")
        == embedded_postgres.OWNER
    )


def test_first_start_by_four_processes_starts_one_server(folder: pathlib.Path) -> None:
    command = [sys.executable, "-m", "portal.embedded_postgres", "start", str(folder)]
    racers = [
        subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(4)
    ]
    outputs = [racer.communicate(timeout=120)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0, 0], outputs
    assert len(set(outputs)) == 1
    assert outputs[0].startswith("Running on 127.0.0.1:")


def test_folder_with_other_content_is_refused(tmp_path: pathlib.Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    before = stat.S_IMODE(tmp_path.stat().st_mode)
    with pytest.raises(embedded_postgres.PostgresError, match=r"letter\.txt"):
        embedded_postgres.start(tmp_path)
    assert embedded_postgres.attach(tmp_path) is None
    embedded_postgres.reset(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "dear"
    assert stat.S_IMODE(tmp_path.stat().st_mode) == before


@only_root
def test_data_folder_in_an_unreachable_path_is_served_from_the_shelter(hidden: pathlib.Path) -> None:
    server = embedded_postgres.start(hidden, settings=QUICK)
    where = location.find(hidden)
    assert where.home.parent == location.SHELTER
    assert owner_says(server, "SELECT 1") == 1
    assert stat.S_IMODE(hidden.parent.stat().st_mode) == 0o700
    assert embedded_postgres.attach(hidden) == server
    assert embedded_postgres.stop(hidden) is True
    embedded_postgres.reset(hidden)
    assert not where.home.exists()
    assert not hidden.exists()


@only_root
def test_new_folder_at_an_old_path_gets_a_new_database(hidden: pathlib.Path) -> None:
    do(
        embedded_postgres.start(hidden, settings=QUICK).url_of(embedded_postgres.OWNER),
        "CREATE TABLE old AS SELECT 1",
    )
    home = location.find(hidden).home
    for left in hidden.iterdir():
        left.unlink()
    hidden.rmdir()
    try:
        fresh = embedded_postgres.start(hidden, settings=QUICK)
        assert owner_says(fresh, "SELECT to_regclass('old')") is None
        assert location.find(hidden).home == home
    finally:
        aside = home.with_name(home.name + ".earlier")
        assert (aside / "data").exists()
        subprocess.run(["/bin/rm", "-rf", aside], check=True)


@only_root
def test_server_programs_in_an_unreachable_path_are_copied(
    hidden: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelter = pathlib.Path(tempfile.mkdtemp(prefix="keyholder-shelter-"))
    shelter.chmod(0o755)
    packages = location.wheel_programs().parents[2]
    unreachable = hidden.parent / "packages"
    unreachable.mkdir(mode=0o700)
    for name in location.WHEEL_FOLDERS:
        subprocess.run(["/bin/cp", "-r", packages / name, unreachable], check=True)
    subprocess.run(["/bin/chmod", "-R", "go-rwx", unreachable], check=True)
    programs = unreachable / location.wheel_programs().relative_to(packages)
    monkeypatch.setattr(location, "SHELTER", shelter)
    monkeypatch.setattr(location, "wheel_programs", lambda: programs)
    try:
        server = embedded_postgres.start(hidden, settings=QUICK)
        assert location.find(hidden).programs.is_relative_to(shelter)
        assert owner_says(server, "SELECT current_user") == embedded_postgres.OWNER
        embedded_postgres.reset(hidden)
    finally:
        subprocess.run(["/bin/rm", "-rf", shelter, unreachable], check=True)


def test_postgres_command_reports_its_result(folder: pathlib.Path) -> None:
    def say(verb: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "portal.embedded_postgres", verb, str(folder)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    assert say("status") == (3, "Not running.\n")
    assert say("start")[0] == 0
    assert say("status")[1].startswith("Running on 127.0.0.1:")
    assert "export DATABASE_URL='postgresql://keyholder_app:" in say("env")[1]
    assert say("stop") == (0, "Stopped.\n")
    assert say("reset") == (0, "Removed.\n")
    assert not folder.exists()
