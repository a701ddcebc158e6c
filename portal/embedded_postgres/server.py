"""The PostgreSQL server of a folder is started, attached to, stopped and removed here."""

import dataclasses
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Mapping

import psycopg

from portal.embedded_postgres import database_roles, location
from portal.embedded_postgres.location import Location, PostgresError

SUPERUSER = "postgres"
HOST = "127.0.0.1"
ATTEMPTS = 10
ANSWER_TIMEOUT = 60.0
"""Seconds within which a running server must answer, such as after a crash."""

# Unix sockets stay off: their paths are limited in length, and TCP is the same everywhere. A failing
# statement leaves no values in the server's own log, where personal data could not be erased.
BASE_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Server:
    folder: pathlib.Path
    port: int
    passwords: Mapping[str, str] = dataclasses.field(repr=False)

    def url_of(self, role: str, database: str = database_roles.DATABASE) -> str:
        """Return the address for one of the roles, password included."""
        password = urllib.parse.quote(self.passwords[role], safe="")
        return f"postgresql://{role}:{password}@{HOST}:{self.port}/{database}"

    def stop(self) -> bool:
        return stop(self.folder)


def start(
    folder: pathlib.Path, *, port: int | None = None, settings: Mapping[str, str] | None = None
) -> Server:
    """Return the folder's running server, initialized and started where necessary.

    Of several processes at once, one does the work and the others wait. `settings` apply from the next real start;
    without them the server is durable. Raises PostgresError.
    """
    folder = folder.resolve()
    with location.exclusive(folder):
        server_location = location.find(folder)
        if location.is_orphaned(server_location):
            _stop(server_location)
            location.set_aside(server_location)
        location.create_home(server_location)
        passwords = _passwords(server_location)
        if (live := _answering_port(server_location, passwords)) is None:
            _initialize(server_location, passwords[SUPERUSER])
            live = _launch(server_location, port, settings or {})
        server = Server(folder=folder, port=live, passwords=passwords)
        database_roles.set_up(superuser_url=server.url_of(SUPERUSER, "postgres"), passwords=passwords)
        return server


def attach(folder: pathlib.Path) -> Server | None:
    """Return the folder's server where it runs, else None; starts nothing."""
    if not folder.exists():
        return None
    server_location = location.find(folder)
    if (port := _live_port(server_location)) is None:
        return None
    return Server(folder=folder.resolve(), port=port, passwords=_passwords(server_location))


def stop(folder: pathlib.Path) -> bool:
    """Stop the folder's server; return whether it was running."""
    if not folder.exists():
        return False
    with location.exclusive(folder):
        return _stop(location.find(folder))


def reset(folder: pathlib.Path) -> None:
    """Stop the folder's server and remove all its data."""
    if not folder.exists():
        return
    with location.exclusive(folder):
        server_location = location.find(folder)
        _stop(server_location)
        location.remove(server_location)


def _passwords(server_location: Location) -> dict[str, str]:
    path = server_location.home / location.SECRETS
    if not path.exists():
        passwords = {
            role: secrets.token_urlsafe(24) for role in (SUPERUSER, database_roles.OWNER, database_roles.APP)
        }
        server_location.write(path, json.dumps(passwords))
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _initialize(server_location: Location, password: str) -> None:
    if (server_location.data / "PG_VERSION").exists():
        return
    # Under a temporary name first: an interrupted initdb must not be taken for a cluster.
    temporary, password_file = server_location.home / "data.new", server_location.home / "password"
    shutil.rmtree(temporary, ignore_errors=True)
    server_location.write(password_file, password)
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8")
    access = ("--auth=scram-sha-256", f"--pwfile={password_file}", f"--username={SUPERUSER}")
    status, output = server_location.run("initdb", "-D", temporary, "--encoding=UTF8", *locale, *access)
    password_file.unlink()
    if status != 0:
        raise PostgresError(f"The database could not be created in {server_location.home}: {output}")
    with (temporary / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include 'keyholder.conf'\n")
    temporary.rename(server_location.data)


def _launch(server_location: Location, requested_port: int | None, settings: Mapping[str, str]) -> int:
    (server_location.data / "postmaster.pid").unlink(missing_ok=True)
    output = ""
    for _ in range(ATTEMPTS):
        port = requested_port or _remembered_port(server_location)
        _configure(server_location, port, settings)
        status, output = server_location.run(
            "pg_ctl", "-D", server_location.data, "-l", server_location.log, "-w", "-t", "120", "start"
        )
        if status == 0:
            server_location.write(server_location.home / "port", str(port))
            return port
        _prepare_retry(
            server_location, output + _end_of_log(server_location), keep_port=requested_port is not None
        )
    raise PostgresError(f"PostgreSQL does not start: {output}")


def _prepare_retry(server_location: Location, output: str, *, keep_port: bool) -> None:
    """Remove the cause of a failed start, where a retry may then succeed. Raises PostgresError for other failures."""
    if "pre-existing shared memory block" in output:
        time.sleep(0.5)  # the last processes of a killed server are still ending
    elif "could not bind" in output and not keep_port:
        (server_location.home / "port").unlink(missing_ok=True)
    else:
        raise PostgresError(f"PostgreSQL does not start: {output}")


def _end_of_log(server_location: Location) -> str:
    if not server_location.log.exists():
        return ""
    lines = server_location.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n" + "\n".join(lines[-8:])


def _configure(server_location: Location, port: int, settings: Mapping[str, str]) -> None:
    merged = {**BASE_SETTINGS, **settings, "port": str(port)}
    lines = ("{} = '{}'".format(name, value.replace("'", "''")) for name, value in merged.items())
    server_location.write(server_location.data / "keyholder.conf", "\n".join(lines) + "\n")


def _remembered_port(server_location: Location) -> int:
    path = server_location.home / "port"
    if path.exists() and _free(port := int(path.read_text(encoding="utf-8"))):
        return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((HOST, port)) != 0


def _stop(server_location: Location) -> bool:
    if _live_port(server_location) is None:
        return False
    status, output = server_location.run(
        "pg_ctl", "-D", server_location.data, "-m", "fast", "-w", "-t", "120", "stop"
    )
    if status != 0:
        raise PostgresError(f"PostgreSQL does not stop: {output}")
    return True


def _answering_port(server_location: Location, passwords: Mapping[str, str]) -> int | None:
    """Return the running server's port once it answers; None once a server that is being killed has ended."""
    end = time.monotonic() + ANSWER_TIMEOUT
    while (port := _live_port(server_location)) is not None:
        url = Server(folder=server_location.folder, port=port, passwords=passwords).url_of(
            SUPERUSER, "postgres"
        )
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise PostgresError(
                    f"PostgreSQL runs in {server_location.home} and does not answer: {error}"
                ) from error
            time.sleep(0.1)
        else:
            return port
    return None


def _live_port(server_location: Location) -> int | None:
    """Return the port of the server that really runs on this data; a stale postmaster.pid counts as none."""
    try:
        lines = (server_location.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    command = _command_of(pid)
    return port if "postgres" in command and str(server_location.data) in command else None


def _command_of(pid: int) -> str:
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except FileNotFoundError:
        if pathlib.Path("/proc/self").exists():
            return ""
    listed = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return os.fsdecode(listed.stdout)
