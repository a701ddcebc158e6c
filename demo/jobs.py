"""The jobs' broker has a database and a role of its own, because it makes tables as it runs."""

import psycopg
from pgmq.install import get_embedded_install_sql
from psycopg import sql

from portal import embedded_postgres

NAME = "keyholder_jobs"


def url(server: embedded_postgres.Server, password: str) -> str:
    """Return the broker's address for Celery."""
    return f"pgmq://{NAME}:{password}@{embedded_postgres.HOST}:{server.port}/{NAME}"


def prepare(server: embedded_postgres.Server, password: str) -> None:
    """Create the role, the database and the queue functions, unless they exist."""
    with psycopg.connect(server.url_of(embedded_postgres.SUPERUSER, "postgres"), autocommit=True) as admin:
        role = sql.Identifier(NAME)
        if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [NAME]).fetchone() is None:
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(password)))
        if admin.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone() is None:
            admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
    with psycopg.connect(url(server, password).replace("pgmq:", "postgresql:", 1), autocommit=True) as inside:
        if inside.execute("SELECT to_regnamespace('pgmq')").fetchone() == (None,):
            inside.execute(get_embedded_install_sql())
