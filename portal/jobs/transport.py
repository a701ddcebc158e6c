"""Each message on PostgreSQL's queue is read as text, and one that is no job is moved to the queue's archive.

Kombu parses a message before anything can refuse it, and an error there ends the worker.
"""

import uuid
from base64 import b64decode, b64encode
from typing import Any, NamedTuple

from celery import current_app
from kombu.transport import pgmq
from psycopg import OperationalError, sql
from psycopg_pool import ConnectionPool

from portal.jobs import messages, set_aside
from portal.jobs.messages import Job, Unreadable

MAX_READS = 5
"""A message that was read more often and not finished ends each worker that takes it."""
_KEPT = 1000
"""The messages that the archive keeps."""
_READ = """
SELECT msg_id, read_ct, CASE WHEN octet_length(message::text) <= %s THEN message::text END
FROM pgmq.read(%s::text, %s::integer, %s::integer)
"""
_ARCHIVE = "SELECT pgmq.archive(%s::text, %s::bigint)"
_SHORTEN = "DELETE FROM pgmq.{} WHERE msg_id <= (SELECT max(msg_id) FROM pgmq.{}) - %s"


class _Message(NamedTuple):
    """What Kombu's channel needs of a row."""

    msg_id: int
    read_ct: int
    message: dict[str, Any]


class JobChannel(pgmq.Channel):
    """Hands the worker jobs alone."""

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - Kombu's
        """Archive a message that the worker refuses; Kombu would delete it."""
        try:
            info = self.qos.get(delivery_tag).delivery_info
        except KeyError:  # it was settled already
            info = {}
        if not requeue and "pgmq_msg_id" in info:
            self._archive(info["pgmq_queue"], info["pgmq_msg_id"])
        super().basic_reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]

    def _receive_messages(self, queue: str, qty: int = 1, **_: Any) -> list[_Message]:
        name = self._queue_name(queue)
        limits = [messages.MAX_BYTES * 2, name, self.visibility_timeout, qty]
        jobs = []
        for number, reads, text in self._fetch_all(_READ, limits):
            try:
                jobs.append(_Message(number, reads, _payload(_job(text, reads), queue)))
            except Exception as error:  # noqa: BLE001 - one message must not end the worker
                self._archive(name, number)
                set_aside.report(error)
        return jobs

    def _archive(self, name: str, number: int) -> None:
        self._fetch_all(_ARCHIVE, [name, number])
        archive = sql.Identifier(f"a_{name}")
        with self._pool().connection() as connection:
            connection.execute(sql.SQL(_SHORTEN).format(archive, archive), [_KEPT])

    def _pool(self) -> ConnectionPool:
        pool = self.pgmq.pool
        if pool is None:
            raise OperationalError("the queue's client is closed")
        return pool

    def _fetch_all(self, statement: str, params: list[Any]) -> list[tuple[Any, ...]]:
        with self._pool().connection() as connection:
            rows: list[tuple[Any, ...]] = connection.execute(statement, params).fetchall()
        return rows


class JobTransport(pgmq.Transport):
    """Kombu's transport with this channel."""

    Channel = JobChannel


def _job(text: str | None, reads: int) -> Job:
    if reads > MAX_READS:
        raise Unreadable(f"read {reads} times without an end")
    payload = messages.load(text)
    if not isinstance(payload, dict):
        raise Unreadable("not an object")
    try:
        body = b64decode(str(payload.get("body")), validate=True)
    except ValueError as error:
        raise Unreadable("a body without base64") from error
    return messages.parse(headers=payload.get("headers"), body=body, tasks=current_app.tasks)


def _payload(job: Job, queue: str) -> dict[str, Any]:
    return {
        "body": b64encode(job.body()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": job.headers(),
        "properties": {
            "body_encoding": "base64",
            "correlation_id": str(job.id),
            "delivery_tag": str(uuid.uuid4()),
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
        },
    }
