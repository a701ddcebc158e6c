"""An installation has two roles and a database, on any PostgreSQL server with administrator rights."""

from collections.abc import Mapping
from typing import LiteralString

import psycopg
from psycopg import conninfo, sql

OWNER = "keyholder_owner"
APP = "keyholder_app"
DATABASE = "keyholder"
SET_UP_LOCK = 0x4B65796C
EXTENSIONS = ("btree_gist", "citext", "pg_trgm")


def set_up(*, superuser_url: str, passwords: Mapping[str, str], database: str = DATABASE) -> None:
    """Create what is missing and set both passwords. The owner runs migrations; the application connects."""
    with psycopg.connect(superuser_url, autocommit=True) as server:
        # Roles belong to the whole server: two processes that create them at once would collide.
        server.execute("SELECT pg_advisory_lock(%s)", [SET_UP_LOCK])
        for role, rights in ((OWNER, "CREATEDB"), (APP, "NOCREATEDB")):
            create_role(server, role, rights, passwords[role])
        # Tests empty tables as the owner with triggers off; an owner could drop the triggers anyway.
        _run(server, "GRANT SET ON PARAMETER session_replication_role TO {owner}")
        _database(server, database)
    with psycopg.connect(conninfo.make_conninfo(superuser_url, dbname=database), autocommit=True) as inside:
        for extension in EXTENSIONS:
            _run(inside, "CREATE EXTENSION IF NOT EXISTS {extension}", extension=extension)


def create_role(server: psycopg.Connection, role: str, rights: LiteralString, password: str) -> None:
    """Create an ordinary role unless it exists, and set its password."""
    if not exists(server, "SELECT FROM pg_roles WHERE rolname = %s", role):
        _run(server, "CREATE ROLE {role}", role=role)
    # Hashed by the client: a server may log statements, and none of them contains the password.
    verifier = server.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    ordinary: LiteralString = "ALTER ROLE {role} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS NOREPLICATION "
    server.execute(
        sql.SQL(ordinary + rights + " PASSWORD {password}").format(
            role=sql.Identifier(role), password=verifier
        )
    )


def _database(server: psycopg.Connection, database: str) -> None:
    if not exists(server, "SELECT FROM pg_database WHERE datname = %s", database):
        _run(server, "CREATE DATABASE {database} OWNER {owner}", database=database)
    _run(server, "REVOKE ALL ON DATABASE {database} FROM PUBLIC", database=database)
    _run(server, "GRANT CONNECT ON DATABASE {database} TO {app}", database=database)


def exists(server: psycopg.Connection, query: LiteralString, name: str) -> bool:
    """Check whether the query finds a row for this name."""
    return server.execute(query, [name]).fetchone() is not None


def _run(server: psycopg.Connection, statement: LiteralString, **names: str) -> None:
    identifiers = {"owner": OWNER, "app": APP, **names}
    server.execute(
        sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in identifiers.items()})
    )
