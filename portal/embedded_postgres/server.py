"""Start, find, stop and remove the PostgreSQL server of a folder."""

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

from portal.embedded_postgres import place, roles
from portal.embedded_postgres.place import Place, PostgresError

SUPERUSER = "postgres"
HOST = "127.0.0.1"
TRIES = 10
PATIENCE = 60.0
"""Seconds a running server has to answer, such as after a crash."""

# Unix sockets stay off: their paths are limited in length, and TCP is the same everywhere. A failing
# statement leaves no values in the server's own log, from which nobody could erase a person.
ALWAYS = {
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

    def url_of(self, role: str, database: str = roles.DATABASE) -> str:
        """Give the address for one of the roles, password included."""
        password = urllib.parse.quote(self.passwords[role], safe="")
        return f"postgresql://{role}:{password}@{HOST}:{self.port}/{database}"

    def stop(self) -> bool:
        return stop(self.folder)


def start(
    folder: pathlib.Path, *, port: int | None = None, settings: Mapping[str, str] | None = None
) -> Server:
    """Return the folder's running server, made and started where it was not.

    Of several processes at once, one does the work and the others wait. `settings` count from the next real
    start; without them the server is durable. Raises PostgresError.
    """
    folder = folder.resolve()
    with place.alone(folder):
        where = place.find(folder)
        if place.left_by_another(where):
            _stop(where)
            place.put_aside(where)
        place.settle(where)
        passwords = _passwords(where)
        if (live := _answering_port(where, passwords)) is None:
            _initialize(where, passwords[SUPERUSER])
            live = _launch(where, port, settings or {})
        server = Server(folder=folder, port=live, passwords=passwords)
        roles.furnish(superuser_url=server.url_of(SUPERUSER, "postgres"), passwords=passwords)
        return server


def attach(folder: pathlib.Path) -> Server | None:
    """Return the folder's server where it runs, and start nothing."""
    if not folder.exists():
        return None
    where = place.find(folder)
    if (port := _live_port(where)) is None:
        return None
    return Server(folder=folder.resolve(), port=port, passwords=_passwords(where))


def stop(folder: pathlib.Path) -> bool:
    """Stop the folder's server and tell whether it had been running."""
    if not folder.exists():
        return False
    with place.alone(folder):
        return _stop(place.find(folder))


def reset(folder: pathlib.Path) -> None:
    """Stop the folder's server and remove all its data."""
    if not folder.exists():
        return
    with place.alone(folder):
        where = place.find(folder)
        _stop(where)
        place.clear(where)


def _passwords(where: Place) -> dict[str, str]:
    path = where.home / place.SECRETS
    if not path.exists():
        made = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, roles.OWNER, roles.APP)}
        where.write(path, json.dumps(made))
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _initialize(where: Place, password: str) -> None:
    if (where.data / "PG_VERSION").exists():
        return
    # Beside its final name first: an interrupted initdb must not be taken for a cluster.
    fresh, password_file = where.home / "data.new", where.home / "password"
    shutil.rmtree(fresh, ignore_errors=True)
    where.write(password_file, password)
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8")
    access = ("--auth=scram-sha-256", f"--pwfile={password_file}", f"--username={SUPERUSER}")
    status, said = where.run("initdb", "-D", fresh, "--encoding=UTF8", *locale, *access)
    password_file.unlink()
    if status != 0:
        raise PostgresError(f"The database could not be made in {where.home}: {said}")
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("include 'keyholder.conf'\n")
    fresh.rename(where.data)


def _launch(where: Place, wanted: int | None, settings: Mapping[str, str]) -> int:
    (where.data / "postmaster.pid").unlink(missing_ok=True)
    said = ""
    for _ in range(TRIES):
        port = wanted or _remembered_port(where)
        _configure(where, port, settings)
        status, said = where.run("pg_ctl", "-D", where.data, "-l", where.log, "-w", "-t", "120", "start")
        if status == 0:
            where.write(where.home / "port", str(port))
            return port
        _prepare_another_try(where, said + _end_of_log(where), keep_port=wanted is not None)
    raise PostgresError(f"PostgreSQL does not start: {said}")


def _prepare_another_try(where: Place, said: str, *, keep_port: bool) -> None:
    """Return where another try may help; raise PostgresError where none would."""
    if "pre-existing shared memory block" in said:
        time.sleep(0.5)  # the last processes of a killed server still end
    elif "could not bind" in said and not keep_port:
        (where.home / "port").unlink(missing_ok=True)
    else:
        raise PostgresError(f"PostgreSQL does not start: {said}")


def _end_of_log(where: Place) -> str:
    if not where.log.exists():
        return ""
    lines = where.log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n" + "\n".join(lines[-8:])


def _configure(where: Place, port: int, settings: Mapping[str, str]) -> None:
    every = {**ALWAYS, **settings, "port": str(port)}
    lines = ("{} = '{}'".format(name, value.replace("'", "''")) for name, value in every.items())
    where.write(where.data / "keyholder.conf", "\n".join(lines) + "\n")


def _remembered_port(where: Place) -> int:
    path = where.home / "port"
    if path.exists() and _free(port := int(path.read_text(encoding="utf-8"))):
        return port
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex((HOST, port)) != 0


def _stop(where: Place) -> bool:
    if _live_port(where) is None:
        return False
    status, said = where.run("pg_ctl", "-D", where.data, "-m", "fast", "-w", "-t", "120", "stop")
    if status != 0:
        raise PostgresError(f"PostgreSQL does not stop: {said}")
    return True


def _answering_port(where: Place, passwords: Mapping[str, str]) -> int | None:
    """Return the running server's port once it answers; one that is just being killed soon has none."""
    end = time.monotonic() + PATIENCE
    while (port := _live_port(where)) is not None:
        url = Server(folder=where.folder, port=port, passwords=passwords).url_of(SUPERUSER, "postgres")
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise PostgresError(
                    f"PostgreSQL runs in {where.home} and does not answer: {error}"
                ) from error
            time.sleep(0.1)
        else:
            return port
    return None


def _live_port(where: Place) -> int | None:
    """Return the port of the server that really runs on this data, whatever a stale postmaster.pid says."""
    try:
        lines = (where.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    command = _command_of(pid)
    return port if "postgres" in command and str(where.data) in command else None


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
