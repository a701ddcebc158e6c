"""Keyholder sends these requests of RFC 7644 and interprets the responses; no database row is known here."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from provisioning.connectors.scim import compare
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import pool as http_pool
from provisioning.http.pool import Pool
from provisioning.http.reply import Reply

_MEDIA_TYPE = "application/scim+json"
_OK, _CREATED, _NO_CONTENT = 200, 201, 204
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 400, 401, 403, 404, 409
_TOO_MANY_REQUESTS, _SERVER_ERROR, _UNAVAILABLE = 429, 500, 503
_NOT_SUPPORTED = frozenset({_BAD_REQUEST, 405, 415, 501})
_GATEWAYS = frozenset({502, _UNAVAILABLE, 504})
_PAGE_SIZE = 100

Resource = dict[str, Any]


class Conflict(Exception):
    """The target has another record with the same user name or external id (409)."""


class NotFound(Exception):
    """The target has no such record, or no longer has it (404)."""


class NotSupported(Exception):
    """The target supports no request of this kind, or not with this content."""


@dataclass(slots=True)
class ScimEndpoint:
    """Sends the requests of one delivery within one deadline."""

    base_url: str
    token: str
    pool: Pool
    clock: Callable[[], float] = time.monotonic
    calls: int = 0
    writes: int = 0
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = self.clock() + http_pool.DEADLINE_SECONDS

    def create(self, record: Mapping[str, Any]) -> Resource:
        """Send a POST; the `id` of the response counts, not its Location. Raises Conflict, DeliveryError."""
        reply = self._request("POST", "/Users", record)
        if reply.status == _CONFLICT:
            raise Conflict
        if reply.status not in {_OK, _CREATED}:
            raise _error(reply)
        created = _resource(reply)
        if not compare.remote_id(created):
            raise DeliveryError(Code.UNREADABLE, detail="created without an id")
        return created

    def get(self, remote_id: str) -> Resource:
        """Send a GET by id. Raises NotFound, DeliveryError."""
        reply = self._request("GET", _path(remote_id))
        _require_status(reply, {_OK})
        return _resource(reply)

    def patch(self, remote_id: str, change: Mapping[str, Any]) -> None:
        """Send a PATCH; its response body proves nothing. Raises NotFound, Conflict, NotSupported, DeliveryError."""
        reply = self._request("PATCH", _path(remote_id), change)
        if reply.status in _NOT_SUPPORTED:
            raise NotSupported
        _require_status(reply, {_OK, _NO_CONTENT})

    def put(self, remote_id: str, record: Mapping[str, Any]) -> None:
        """Send a PUT with the whole record. Raises NotFound, Conflict, DeliveryError."""
        reply = self._request("PUT", _path(remote_id), {**record, "id": remote_id})
        _require_status(reply, {_OK, _CREATED, _NO_CONTENT})

    def delete(self, remote_id: str) -> None:
        """Send a DELETE; an absent record counts as deleted. Raises DeliveryError."""
        reply = self._request("DELETE", _path(remote_id))
        if reply.status != _NOT_FOUND:
            _require_status(reply, {_OK, _NO_CONTENT, 202})

    def find(self, attribute: str, value: str) -> list[Resource]:
        """Read records by filter; a target may ignore the filter and return any record. Raises DeliveryError."""
        literal = json.dumps(value)
        return self._list_records(f"/Users?filter={quote(f'{attribute} eq {literal}')}")[0]

    def page(self, start: int) -> tuple[list[Resource], int]:
        """Read the records from the `start`-th (from 1), and the total number (§3.4.2.4). Raises DeliveryError."""
        return self._list_records(f"/Users?startIndex={start}&count={_PAGE_SIZE}")

    def _list_records(self, path: str) -> tuple[list[Resource], int]:
        reply = self._request("GET", path)
        if reply.status != _OK:
            raise _error(reply)
        message = _resource(reply)
        items = message.get("Resources")
        records = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        total = message.get("totalResults")
        return records, total if isinstance(total, int) else len(records)

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        if self.clock() > self._deadline:
            raise DeliveryError(Code.LOST, detail="the delivery took too long")
        self.calls += 1
        self.writes += method != "GET"
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": f"{_MEDIA_TYPE}, application/json;q=0.9",
        }
        if body is not None:
            headers["Content-Type"] = _MEDIA_TYPE
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        return self.pool.request(
            method=method, url=self.base_url.rstrip("/") + path, headers=headers, body=data
        )


def _path(remote_id: str) -> str:
    return f"/Users/{quote(remote_id, safe='')}"


def _require_status(reply: Reply, expected: set[int]) -> None:
    if reply.status in expected:
        return
    if reply.status == _NOT_FOUND:
        raise NotFound
    if reply.status == _CONFLICT:
        raise Conflict
    raise _error(reply)


def _error(reply: Reply) -> DeliveryError:
    detail = f"status {reply.status}"
    if reply.status == _TOO_MANY_REQUESTS or reply.status in _GATEWAYS:
        return DeliveryError(Code.BUSY, retry_after=reply.retry_after, detail=detail)
    if reply.status >= _SERVER_ERROR and reply.status != 501:
        return DeliveryError(Code.TARGET_ERROR, retry_after=reply.retry_after, detail=detail)
    if reply.status in {_UNAUTHORIZED, _FORBIDDEN}:
        return DeliveryError(Code.UNAUTHORIZED, detail=detail)
    return DeliveryError(Code.REFUSED, detail=detail)


def _resource(reply: Reply) -> Resource:
    try:
        resource = json.loads(reply.body)
    except ValueError as error:
        raise DeliveryError(Code.UNREADABLE, detail="not JSON") from error
    if not isinstance(resource, dict):
        raise DeliveryError(Code.UNREADABLE, detail="not an object")
    return resource
