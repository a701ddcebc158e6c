"""One PostgreSQL server for all test runs of this checkout; a migrated template; a database for every worker.

The server is the embedded one, kept in var/tests between runs and stopped by the last run that used it. Or it
is any other, whose superuser's address is in DATABASE_URL_ADMIN. What a killed run left, the next removes.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from urllib import parse

import psycopg
from psycopg import conninfo, sql

from portal import postgres

REPOSITORY = pathlib.Path(__file__).parents[1]
FOLDER = REPOSITORY / "var" / "tests"
PACKAGES = ("audit", "identity", "delegation", "provisioning", "portal")
# A test database need not survive a power cut.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum_naptime": "5min",
    "max_wal_size": "2GB",
    "shared_buffers": "64MB",
}

Urls = Mapping[str, str]
"""The address of one database for each role: superuser, owner, application."""


@contextlib.contextmanager
def server() -> Iterator[Callable[[str], Urls]]:
    """Give a function from a database's name to its addresses, as long as the server is needed."""
    if url := os.environ.get("DATABASE_URL_ADMIN"):
        yield lambda database: _urls_elsewhere(url, database)
        return
    with _counted():
        started = _start()
        roles = (postgres.SUPERUSER, postgres.OWNER, postgres.APP)
        yield lambda database: {role: started.url_of(role, database) for role in roles}


@contextlib.contextmanager
def database(name: str, urls_of: Callable[[str], Urls], migrate: Callable[[Urls], None]) -> Iterator[Urls]:
    """Give a fresh copy of the template, removed afterwards. `migrate` brings a database up to date."""
    admin = urls_of("postgres")[postgres.SUPERUSER]
    with _alone("template"), psycopg.connect(admin, autocommit=True) as connection:
        _drop_leftovers(connection)
        template = _template(connection, urls_of, migrate)
        _do(connection, "CREATE DATABASE {} TEMPLATE {} OWNER {}", name, template, postgres.OWNER)
        # Rights to a database, unlike those in it, are not copied.
        _do(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", name)
        _do(connection, "GRANT CONNECT ON DATABASE {} TO {}", name, postgres.APP)
    try:
        yield urls_of(name)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            _do(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _template(
    connection: psycopg.Connection, urls_of: Callable[[str], Urls], migrate: Callable[[Urls], None]
) -> str:
    """Return the template's name. Migrations run once; what follows them runs every time."""
    name = f"template_{_digest_of_migrations()}"
    urls = urls_of(name)
    passwords = {
        role: str(conninfo.conninfo_to_dict(urls[role])["password"])
        for role in (postgres.OWNER, postgres.APP)
    }
    postgres.furnish(
        superuser_url=urls_of("postgres")[postgres.SUPERUSER], passwords=passwords, database=name
    )
    try:
        migrate(urls)
    except BaseException:
        _do(connection, "DROP DATABASE {} WITH (FORCE)", name)
        raise
    for other in _names(connection, "template\\_%"):
        if other != name:
            _do(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", other)
    return name


def _drop_leftovers(connection: psycopg.Connection) -> None:
    for name in _names(connection, "test\\_%"):
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            os.kill(int(name.split("_")[1]), 0)
            continue
        _do(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _names(connection: psycopg.Connection, pattern: str) -> list[str]:
    found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern])
    return [row[0] for row in found]


def _do(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _digest_of_migrations() -> str:
    digest = hashlib.sha256()
    for path in sorted(
        path for package in PACKAGES for path in REPOSITORY.glob(f"{package}/migrations/*.py")
    ):
        digest.update(path.name.encode() + path.read_bytes())
    for path in sorted(
        [*REPOSITORY.glob("*/sql*.py"), *REPOSITORY.glob("*/migrations/*.sql")]
    ):  # read by migrations
        digest.update(path.read_bytes())
    for package in ("django", "django-allauth", "django-guardian"):
        digest.update(f"{package} {metadata.version(package)}".encode())
    return digest.hexdigest()[:12]


def _start() -> postgres.Server:
    try:
        return postgres.start(FOLDER / "pg", settings=FAST)
    except postgres.PostgresError:
        # Without fsync a power cut may have left it broken; nothing in it is worth keeping.
        postgres.reset(FOLDER / "pg")
        return postgres.start(FOLDER / "pg", settings=FAST)


def _urls_elsewhere(admin: str, database: str) -> Urls:
    """Give addresses on a server not ours; the roles' passwords follow from the superuser's address."""
    there = parse.urlsplit(admin)._replace(path=f"/{database}")
    host = there.netloc.rpartition("@")[2]

    def url_of(role: str) -> str:
        password = hashlib.sha256(f"{role} {admin}".encode()).hexdigest()
        return there._replace(netloc=f"{role}:{password}@{host}").geturl()

    own = {role: url_of(role) for role in (postgres.OWNER, postgres.APP)}
    return own | {postgres.SUPERUSER: there.geturl()}


@contextlib.contextmanager
def _counted() -> Iterator[None]:
    """Hold a share in the server; whoever gives back the last one stops it, also after others were killed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                postgres.stop(FOLDER / "pg")


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / name).open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
