"""The jobs' broker on PostgreSQL has a database and a role of its own, because Celery makes tables as it runs.

Its functions are plain SQL of the package pgmq: the server needs no extension.
"""

import psycopg
from pgmq.install import get_embedded_install_sql
from psycopg import conninfo, sql

from portal.embedded_postgres import database_roles

SCHEME = "pgmq:"


def set_up(*, superuser_url: str, queue_url: str) -> None:
    """Create the role, the database and the functions that this address of the broker names, unless they exist."""
    address = queue_url.replace(SCHEME, "postgresql:", 1)
    parts = conninfo.conninfo_to_dict(address)
    role, database = str(parts["user"]), str(parts["dbname"])
    with psycopg.connect(superuser_url, autocommit=True) as server:
        server.execute("SELECT pg_advisory_lock(%s)", [database_roles.SET_UP_LOCK])
        database_roles.create_role(server, role, "NOCREATEDB", str(parts["password"]))
        if not database_roles.exists(server, "SELECT FROM pg_database WHERE datname = %s", database):
            name = sql.Identifier(database)
            server.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(role)))
            server.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        with psycopg.connect(address, autocommit=True) as inside:
            if inside.execute("SELECT to_regclass('pgmq.meta')").fetchone() == (None,):
                with inside.transaction():
                    inside.execute(get_embedded_install_sql())
