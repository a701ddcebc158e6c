"""Each worker runs this ASGI application, which passes a request with its whole body to a thread of its lane."""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings

from portal.front import bodies, bridge, documents, error_answers, kinds, lanes
from portal.front.bridge import Answer, Environ, Send
from portal.front.error_answers import RequestRefused
from portal.front.kinds import EndpointKind
from portal.http import reference, request_context
from portal.operations import request_log
from portal.operations import views as operations_views

_log = logging.getLogger(__name__)
_LIVE: Final = Answer(
    200,
    [
        (b"content-type", b"application/json"),
        (b"cache-control", b"no-store"),
        (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        (b"x-content-type-options", b"nosniff"),
        *error_answers.transport_security(),
    ],
    b'{"status": "ok"}',
)
_READY_SECONDS = 1.0
"""How long an answer about readiness is repeated: a flood of probes costs one check a second."""
_PROBING = frozenset({"GET", "HEAD"})
_UNREAD = frozenset(
    {
        HTTPStatus.NOT_FOUND,
        HTTPStatus.METHOD_NOT_ALLOWED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    }
)
_Receive = bodies.Receive


class Front:
    """Serves all requests of one worker process."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._bodies = bodies.Bodies()
        self._documents = documents.Documents()
        self._lanes = {
            name: lanes.Lane(name, threads=threads, waiting=kinds.WAITING[name])
            for name, threads in kinds.THREADS.items()
        }
        self._readiness: asyncio.Future[Answer] | None = None
        self._readiness_until = 0.0
        error_answers.prepare()

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: Send) -> None:
        """Serve one request, or the start and the end of the worker."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        started = time.perf_counter()
        environ = bridge.environ(scope)
        kind = kinds.of_path(environ["PATH_INFO"])
        try:
            answer = await self._answer(environ, receive, send, kind, started)
        except bodies.ClientGone:
            return
        except RequestRefused as refusal:
            await self._refuse(refusal, kind, environ, send, started)
            if refusal.status in _UNREAD:
                await bodies.drain(receive)
            return
        await _send(answer, send)

    async def _answer(
        self, environ: Environ, receive: _Receive, send: Send, kind: EndpointKind, started: float
    ) -> Answer:
        path = environ["PATH_INFO"]
        if path in kinds.PROBES:
            _require_probe(environ)
        if path == kinds.LIVE:
            return _LIVE  # no thread: it answers whatever fills the lanes
        client = request_context.network(request_context.address_of(environ))
        if _has_body(environ):
            bridge.set_body(environ, await self._body(environ, receive, kind, client))
        if kind is kinds.DOCUMENTS and (kept := self._documents.find(environ, started)):
            return kept
        if path == kinds.READY:
            return await self._ready(send, kind)
        return await self._run(environ, send, kind, client)

    async def _body(self, environ: Environ, receive: _Receive, kind: EndpointKind, client: str) -> bytes:
        announced = environ.get("CONTENT_LENGTH")
        if announced is not None and "HTTP_TRANSFER_ENCODING" in environ:
            # A proxy may have read the other of the two lengths (RFC 9112 §6.3). Granian passes the coding alone, and
            # ends the connection after the response.
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        if environ.get("HTTP_TRANSFER_ENCODING", "chunked").lower() != "chunked":
            raise RequestRefused(HTTPStatus.BAD_REQUEST)
        content_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if content_type not in kind.content_types:
            raise RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        try:
            return await self._bodies.collect(
                receive,
                cap=kind.body_bytes,
                announced=None if announced is None else int(announced),
                address=client,
            )
        except bodies.ClientGone as error:
            # The server says the same of a malformed chunk, after which the client waits for a response.
            raise RequestRefused(HTTPStatus.BAD_REQUEST) from error
        except bodies.BodyTooLarge as error:
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) from error
        except bodies.BodyTooSlow as error:
            raise RequestRefused(HTTPStatus.REQUEST_TIMEOUT) from error

    async def _run(self, environ: Environ, send: Send, kind: EndpointKind, client: str) -> Answer:
        call = bridge.WsgiCall(self._application, environ, send, asyncio.get_running_loop())
        try:
            if kind is kinds.DOCUMENTS:
                answer = call()
                self._documents.keep(environ, answer)
                return answer
            return await self._lanes[kind.lane].run(call, address=client)
        except lanes.LaneFull as error:
            raise RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, keep_alive=True) from error
        except Exception as error:
            if call.streams:
                _log.exception("Failed outside the application, after the headers")
                raise bodies.ClientGone from error
            raise RequestRefused(HTTPStatus.INTERNAL_SERVER_ERROR, keep_alive=True) from error

    async def _ready(self, send: Send, kind: EndpointKind) -> Answer:
        """Share one check between all who ask during it and a second after its start.

        The check takes nothing from the request that starts it: its answer goes to the other clients too.
        """
        now = asyncio.get_running_loop().time()
        shared = self._readiness
        if shared is None or (shared.done() and now >= self._readiness_until):
            environ = bridge.own_environ(kinds.READY, scheme="https" if settings.HTTPS else "http")
            self._readiness = shared = asyncio.ensure_future(self._run(environ, send, kind, client=""))
            self._readiness_until = now + _READY_SECONDS
        return await asyncio.shield(shared)

    async def _refuse(
        self, refusal: RequestRefused, kind: EndpointKind, environ: Environ, send: Send, started: float
    ) -> None:
        request_id = reference.new_reference()
        if refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            with request_log.bound(request_id):  # no path: it may hold the secret of a link
                _log.error("Failed outside the application", exc_info=refusal.__cause__)
        request_log.record_answer(
            method=environ["REQUEST_METHOD"],
            route="",
            status=refusal.status,
            request_id=request_id,
            started=started,
        )
        await _send(error_answers.answer(refusal, kind, environ, request_id), send)

    async def _live(self, receive: _Receive, send: Send) -> None:
        """Follow the worker from its start to its end, when the lanes finish what waits in them."""
        await receive()
        orphaned = asyncio.ensure_future(_end_with_the_server())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        orphaned.cancel()
        for lane in self._lanes.values():
            lane.close()
        await send({"type": "lifespan.shutdown.complete"})


def _require_probe(environ: Environ) -> None:
    """Raise Refusal for a request that no probe sends: strangers get no thread of readiness and metrics."""
    if environ["REQUEST_METHOD"] not in _PROBING:
        raise RequestRefused(HTTPStatus.METHOD_NOT_ALLOWED)
    if environ["PATH_INFO"] == kinds.METRICS and not operations_views.may_read_metrics(environ):
        raise RequestRefused(HTTPStatus.NOT_FOUND)


async def _end_with_the_server() -> None:
    """End this worker when the server's own process was killed: it would hold the port against the next one."""
    server = os.getppid()
    while os.getppid() == server:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(1)
    signal.raise_signal(signal.SIGTERM)


def _has_body(environ: Environ) -> bool:
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


async def _send(answer: Answer, send: Send) -> None:
    if answer.streamed:
        return
    headers = answer.headers
    if answer.body and all(name != b"content-length" for name, _value in headers):
        headers = [*headers, (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if answer.file:
        await send({"type": bridge.PATHSEND, "path": answer.file})
    else:
        await send({"type": "http.response.body", "body": answer.body})
