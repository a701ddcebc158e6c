"""Keyholder sends these requests of RFC 7644 and interprets the responses; no database row is known here."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from audit.foundation import clock
from provisioning.connectors.connector import TargetProfile
from provisioning.connectors.scim import compare, equivalence
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import pool as http_pool
from provisioning.http import recent_exchanges
from provisioning.http.pool import Pool
from provisioning.http.recent_exchanges import Exchange
from provisioning.http.reply import Reply

_GONE, _CONFLICT, _UNAUTHENTICATED = frozenset({404, 410}), 409, 401
_NO_SUCH_METHOD = frozenset({405, 501})
_PAGE_SIZE = 100
_MANY_DIGITS = 10

Resource = dict[str, Any]


@dataclass(slots=True)
class Rejected(DeliveryError):
    """The target has answered and has not carried out the request. 409 has the code conflict."""

    status: int = 0

    @property
    def is_gone(self) -> bool:
        """Check for a record or a route that does not exist: another request shows which of the two (`lookup`)."""
        return self.status in _GONE

    @property
    def is_conflict(self) -> bool:
        """Check for another record with the same user name or external id."""
        return self.status == _CONFLICT

    @property
    def is_unauthenticated(self) -> bool:
        """Check for a refusal of our token, which any other request would meet, too."""
        return self.status == _UNAUTHENTICATED

    @property
    def is_about_method(self) -> bool:
        """Check whether the target has no such method (RFC 9110 §15.5.6, §15.6.2)."""
        return self.status in _NO_SUCH_METHOD


class Page(NamedTuple):
    """Holds records of a list, and how many the target says there are; it may be wrong."""

    records: list[Resource]
    total: int


@dataclass(slots=True)
class ScimEndpoint:
    """Sends the requests of one delivery within one deadline. Every method raises DeliveryError."""

    profile: TargetProfile
    pool: Pool
    clock: Callable[[], float] = time.monotonic
    writes: int = 0
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = self.clock() + http_pool.DEADLINE_SECONDS

    def create(self, record: Mapping[str, Any]) -> Resource | None:
        """Send a POST. Returns the new record, or its id alone; None where the answer has neither."""
        reply = self._request("POST", "/Users", record)
        try:
            created = _resource(reply)
        except DeliveryError:
            created = {}
        return created if compare.remote_id(created) else _from_location(reply)

    def get(self, remote_id: str) -> Resource:
        """Send a GET by id. The answer is unreadable where it has another id."""
        record = _resource(self._request("GET", _path(remote_id)))
        if not is_id(compare.remote_id(record), remote_id):
            raise DeliveryError(Code.UNREADABLE, detail="not the record that was asked for")
        return record

    def patch(self, remote_id: str, change: Mapping[str, Any]) -> None:
        """Send a PATCH; its response body proves nothing."""
        self._request("PATCH", _path(remote_id), change)

    def put(self, remote_id: str, record: Mapping[str, Any]) -> None:
        """Send a PUT with the whole record."""
        self._request("PUT", _path(remote_id), {**record, "id": remote_id})

    def delete(self, remote_id: str) -> None:
        """Send a DELETE."""
        self._request("DELETE", _path(remote_id))

    def find(self, attribute: str, value: str) -> Page:
        """Read records by filter; a target may ignore the filter and return any record."""
        literal = json.dumps(value)
        return self._page(f"/Users?filter={quote(f'{attribute} eq {literal}')}")

    def page(self, start: int) -> Page:
        """Read the records from the `start`-th (from 1) in the target's order (§3.4.2.4)."""
        return self._page(f"/Users?startIndex={start}&count={_PAGE_SIZE}")

    def _page(self, path: str) -> Page:
        message = compare.lower_keys(_resource(self._request("GET", path)))
        items, total = message.get("resources") or [], _count(message.get("totalresults"))
        records = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        if total is None and not records:
            raise DeliveryError(Code.UNREADABLE, detail="not a list")
        return Page(records, len(records) if total is None else total)

    def _request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        if self.clock() > self._deadline:
            raise DeliveryError(Code.LOST, detail="the delivery took too long")
        self.writes += method != "GET"
        media_type = self.profile.media_type
        headers = {
            "Authorization": f"Bearer {self.profile.token}",
            "Accept": f"{media_type}, application/json;q=0.9",
        }
        if body is not None:
            headers["Content-Type"] = media_type
        data = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        url = self.profile.base_url.rstrip("/") + path
        begun, reply, error = self.clock(), None, ""
        try:
            reply = self.pool.request(method=method, url=url, headers=headers, body=data)
        except DeliveryError as failure:
            error = failure.code
            raise
        finally:
            self._note(method, path, data, reply, error, self.clock() - begun)
        if not reply.is_success:
            raise _rejection(reply)
        return reply

    def _note(
        self, method: str, path: str, data: bytes | None, reply: Reply | None, error: str, seconds: float
    ) -> None:
        """Add the exchange to those that operators see."""
        if self.profile.target is not None:
            recent_exchanges.note(
                Exchange(
                    target=self.profile.target,
                    at=clock.wall(),
                    method=method,
                    path=path,
                    status=reply.status if reply else 0,
                    seconds=seconds,
                    error=error,
                    sent=recent_exchanges.bounded(data),
                    received=recent_exchanges.bounded(reply.body if reply else None),
                )
            )


def is_id(one: str, other: str) -> bool:
    """Check whether both are the same id of a target; a GUID may come in capitals."""
    return equivalence.identifier(one) == equivalence.identifier(other)


def _count(value: object) -> int | None:
    """Return a number of records; without one, an empty list shows no absence."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < _MANY_DIGITS else None


def _path(remote_id: str) -> str:
    """Return the path of one record. Without an id it would be that of all records."""
    if not remote_id:
        raise DeliveryError(Code.UNREADABLE, detail="a record without an id")
    return f"/Users/{quote(remote_id, safe='')}"


def _from_location(reply: Reply) -> Resource | None:
    """Return the id of the Location header, `…/Users/<id>` (§3.1)."""
    try:
        collection, _, name = urlsplit(reply.headers.get("location", "")).path.rpartition("/")
    except ValueError:
        return None
    created = {"id": unquote(name)}
    return created if collection.endswith("/Users") and compare.remote_id(created) else None


def _rejection(reply: Reply) -> Rejected:
    error = reply.error()
    code = Code.CONFLICT if reply.status == _CONFLICT else error.code
    return Rejected(code, error.retry_after, error.detail, status=reply.status)


def _resource(reply: Reply) -> Resource:
    try:
        resource = json.loads(reply.content())
    except (ValueError, RecursionError) as error:
        raise DeliveryError(Code.UNREADABLE, detail="not JSON") from error
    if not isinstance(resource, dict):
        raise DeliveryError(Code.UNREADABLE, detail="not an object")
    return resource
