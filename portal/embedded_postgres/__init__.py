"""PostgreSQL of our own: the real server from a wheel, started in a folder, on loopback, with passwords.

It knows nothing of Django, so that settings, tests and the command line can all use it.
"""

from portal.embedded_postgres.place import PostgresError
from portal.embedded_postgres.roles import APP, DATABASE, EXTENSIONS, OWNER, furnish
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
    "furnish",
    "reset",
    "start",
    "stop",
]
