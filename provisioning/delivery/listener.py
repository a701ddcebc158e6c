"""The deliverer's own connection receives notifications and lives as long as the worker (`workers`)."""

import contextlib
import os
import select
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

import psycopg
from django.conf import settings
from psycopg import conninfo, sql

from provisioning.delivery import workers

CHAINS = "keyholder_chain"
MAILS = "keyholder_mail"
MOST_CHAINS = 100
"""Chains of one wait; the sweep finds the others. Any session may notify, so a payload is a hint."""
_KEEPALIVE = {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}


@dataclass(frozen=True, slots=True)
class Notifications:
    """Names the extended chains, and says whether mails were queued."""

    chains: tuple[uuid.UUID, ...] = ()
    mails: bool = False


@dataclass(slots=True)
class Listener:
    """Waits for a notification of the database, a wake-up of another thread, or time."""

    connection: psycopg.Connection
    worker: int
    _read: int
    _write: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _woken: bool = False

    def wait(self, *, seconds: float) -> Notifications:
        """Return the notifications within this time. Raises psycopg.OperationalError when the connection is lost."""
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        poll.register(self._read, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(max(seconds, 0) * 1000)}
        if self._read in ready:
            with self._lock:
                os.read(self._read, 64)
                self._woken = False
        if self.connection.fileno() not in ready:
            return Notifications()
        received = list(self.connection.notifies(timeout=0))
        payloads = dict.fromkeys(notify.payload for notify in received if notify.channel == CHAINS)
        chains = [chain for payload in islice(payloads, MOST_CHAINS) if (chain := _chain(payload))]
        return Notifications(tuple(chains), any(notify.channel == MAILS for notify in received))

    def wake_up(self) -> None:
        """End the current or next `wait`; any thread or signal handler may call this."""
        if not self._woken:
            self._woken = True
            with contextlib.suppress(OSError):
                os.write(self._write, b"!")


def _chain(payload: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(payload)
    except ValueError:
        return None


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Open a connection for notifications. Raises psycopg.OperationalError where the database does not answer."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        with psycopg.connect(_address(), autocommit=True, connect_timeout=5) as connection:
            worker = workers.register(connection=connection)
            for channel in (CHAINS, MAILS):
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield Listener(connection, worker, read, write)
    finally:
        os.close(read)
        os.close(write)


def _address() -> str:
    database = settings.DATABASES["default"]
    return conninfo.make_conninfo(
        dbname=database["NAME"],
        user=database["USER"],
        password=database["PASSWORD"],
        host=database["HOST"],
        port=database["PORT"],
        application_name="keyholder deliver",
        **_KEEPALIVE,
    )
