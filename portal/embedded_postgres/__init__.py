"""The embedded PostgreSQL is the real server from a wheel, started in a folder, on loopback, with passwords.

It does not depend on Django, so that settings, tests and the command line can all use it.
"""

from portal.embedded_postgres.database_roles import APP, DATABASE, EXTENSIONS, OWNER, set_up
from portal.embedded_postgres.location import PostgresError
from portal.embedded_postgres.server import HOST, SUPERUSER, Server, attach, reset, start, stop

__all__ = [
    "APP",
    "DATABASE",
    "EXTENSIONS",
    "HOST",
    "OWNER",
    "SUPERUSER",
    "PostgresError",
    "Server",
    "attach",
    "reset",
    "set_up",
    "start",
    "stop",
]
