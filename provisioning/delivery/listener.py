"""The deliverer's own connection: it hears notices, and its life is the deliverer's (`workers`)."""

import contextlib
import os
import select
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
from django.conf import settings
from psycopg import conninfo, sql

from provisioning.delivery import workers

CHAINS = "keyholder_chain"
MAILS = "keyholder_mail"
_KEEPALIVE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}


@dataclass(frozen=True, slots=True)
class Notifications:
    """What came in: which chains were extended, and whether mails were queued."""

    chains: tuple[uuid.UUID, ...] = ()
    mails: bool = False


@dataclass(slots=True)
class Listener:
    """Waits for a notice of the database, a nudge of another thread, or time."""

    connection: psycopg.Connection
    number: int
    _read: int
    _write: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _nudged: bool = False

    def wait(self, *, seconds: float) -> Notifications:
        """Raises psycopg.OperationalError when the connection is gone."""
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        waiting.register(self._read, select.POLLIN)
        ready = {descriptor for descriptor, _ in waiting.poll(max(seconds, 0) * 1000)}
        if self._read in ready:
            with self._lock:
                os.read(self._read, 64)
                self._nudged = False
        if self.connection.fileno() not in ready:
            return Notifications()
        notices = list(self.connection.notifies(timeout=0))
        chains = dict.fromkeys(uuid.UUID(one.payload) for one in notices if one.channel == CHAINS)
        return Notifications(tuple(chains), any(one.channel == MAILS for one in notices))

    def wake_up(self) -> None:
        """Wake `wait`; from any thread or a signal handler."""
        if not self._nudged:
            self._nudged = True
            with contextlib.suppress(OSError):
                os.write(self._write, b"!")


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Raises psycopg.OperationalError where the database does not answer."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        with psycopg.connect(_address(), autocommit=True, connect_timeout=5) as connection:
            number = workers.register(held=connection)
            for channel in (CHAINS, MAILS):
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield Listener(connection, number, read, write)
    finally:
        os.close(read)
        os.close(write)


def _address() -> str:
    held = settings.DATABASES["default"]
    return conninfo.make_conninfo(
        dbname=held["NAME"],
        user=held["USER"],
        password=held["PASSWORD"],
        host=held["HOST"],
        port=held["PORT"],
        application_name="keyholder deliver",
        **_KEEPALIVE,
    )
