"""The requests of RFC 7644 that we send, and what a target's answers mean. Knows nothing of our rows."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from provisioning.connectors.scim import compare
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import pool as http_pool
from provisioning.http.pool import Pool, Reply

_TYPE = "application/scim+json"
_OK, _CREATED, _NO_CONTENT = 200, 201, 204
_BAD, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 400, 401, 403, 404, 409
_TOO_MANY, _SERVER, _UNAVAILABLE = 429, 500, 503
_CANNOT = frozenset({_BAD, 405, 415, 501})
_GATEWAYS = frozenset({502, _UNAVAILABLE, 504})
_PAGE = 100

Resource = dict[str, Any]


class Conflict(Exception):
    """409: the target holds a record with the same user name or external id."""


class NotFound(Exception):
    """404: the target knows no such record (any more)."""


class NotSupported(Exception):
    """The target cannot do this kind of request at all, or not with this content."""


@dataclass(slots=True)
class ScimEndpoint:
    """One target's SCIM end point, for the calls of one delivery."""

    base_url: str
    token: str
    pool: Pool
    clock: Callable[[], float] = time.monotonic
    calls: int = 0
    writes: int = 0
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + http_pool.DEADLINE_SECONDS

    def create(self, record: Mapping[str, Any]) -> Resource:
        """POST. Raises Taken, Problem. The answer's Location is not believed; its `id` is."""
        reply = self._call("POST", "/Users", record)
        if reply.status == _CONFLICT:
            raise Conflict
        if reply.status not in {_OK, _CREATED}:
            raise _problem(reply)
        made = _resource(reply)
        if not compare.remote_id(made):
            raise DeliveryError(Code.UNREADABLE, detail="created without an id")
        return made

    def get(self, remote_id: str) -> Resource:
        """GET by id. Raises Missing, Problem."""
        reply = self._call("GET", _at(remote_id))
        _insist(reply, {_OK})
        return _resource(reply)

    def patch(self, remote_id: str, change: Mapping[str, Any]) -> None:
        """PATCH; the body of the answer proves nothing. Raises Missing, Taken, Unable, Problem."""
        reply = self._call("PATCH", _at(remote_id), change)
        if reply.status in _CANNOT:
            raise NotSupported
        _insist(reply, {_OK, _NO_CONTENT})

    def put(self, remote_id: str, record: Mapping[str, Any]) -> None:
        """PUT of the whole record. Raises Missing, Taken, Problem."""
        reply = self._call("PUT", _at(remote_id), {**record, "id": remote_id})
        _insist(reply, {_OK, _CREATED, _NO_CONTENT})

    def delete(self, remote_id: str) -> None:
        """DELETE; gone already is as good. Raises Problem."""
        reply = self._call("DELETE", _at(remote_id))
        if reply.status != _NOT_FOUND:
            _insist(reply, {_OK, _NO_CONTENT, 202})

    def find(self, attribute: str, value: str) -> list[Resource]:
        """Records by filter, unchecked: a target may ignore the filter and name anybody. Raises Problem."""
        literal = json.dumps(value)
        return self._list(f"/Users?filter={quote(f'{attribute} eq {literal}')}")[0]

    def page(self, start: int) -> tuple[list[Resource], int]:
        """Records from the `start`-th (from 1) on, and how many there are in all (§3.4.2.4). Raises Problem."""
        return self._list(f"/Users?startIndex={start}&count={_PAGE}")

    def _list(self, path: str) -> tuple[list[Resource], int]:
        reply = self._call("GET", path)
        if reply.status != _OK:
            raise _problem(reply)
        message = _resource(reply)
        listed = message.get("Resources")
        records = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        total = message.get("totalResults")
        return records, total if isinstance(total, int) else len(records)

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        if self.clock() > self._until:
            raise DeliveryError(Code.LOST, detail="the delivery took too long")
        self.calls += 1
        self.writes += method != "GET"
        headers = {"Authorization": f"Bearer {self.token}", "Accept": f"{_TYPE}, application/json;q=0.9"}
        if body is not None:
            headers["Content-Type"] = _TYPE
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        return self.pool.request(
            method=method, url=self.base_url.rstrip("/") + path, headers=headers, body=data
        )


def _at(remote_id: str) -> str:
    return f"/Users/{quote(remote_id, safe='')}"


def _insist(reply: Reply, wanted: set[int]) -> None:
    if reply.status in wanted:
        return
    if reply.status == _NOT_FOUND:
        raise NotFound
    if reply.status == _CONFLICT:
        raise Conflict
    raise _problem(reply)


def _problem(reply: Reply) -> DeliveryError:
    detail = f"answered {reply.status}"
    if reply.status == _TOO_MANY or reply.status in _GATEWAYS:
        return DeliveryError(Code.BUSY, wait=reply.wait, detail=detail)
    if reply.status >= _SERVER and reply.status != 501:
        return DeliveryError(Code.TARGET_ERROR, wait=reply.wait, detail=detail)
    if reply.status in {_UNAUTHORIZED, _FORBIDDEN}:
        return DeliveryError(Code.UNAUTHORIZED, detail=detail)
    return DeliveryError(Code.REFUSED, detail=detail)


def _resource(reply: Reply) -> Resource:
    try:
        read = json.loads(reply.body)
    except ValueError as error:
        raise DeliveryError(Code.UNREADABLE, detail="not JSON") from error
    if not isinstance(read, dict):
        raise DeliveryError(Code.UNREADABLE, detail="not an object")
    return read
