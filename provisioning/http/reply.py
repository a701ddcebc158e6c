"""A reply of another system is read within limits; its wishes and its claims are checked."""

import datetime as dt
import email.utils
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from audit.foundation import clock
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import connection as http_connection

_MANY_DIGITS, _MANY_SECONDS = 9, 999_999_999
_LONGEST_WAIT = dt.timedelta(days=1)
_NOT_NEGATIVE = dt.timedelta(0)
_BUSY = frozenset({408, 425, 429, 503})
_GATEWAY = frozenset({502, 504})
"""A gateway got no answer from the target, which may have executed the request."""
_UNAUTHORIZED = frozenset({401, 403})
_SERVER_ERRORS, _NOT_IMPLEMENTED = range(500, 600), 501
# Window sizes of zlib: gzip, zlib, raw. Some servers send raw data as "deflate" (RFC 9110 §8.4.1.2).
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


@dataclass(frozen=True, slots=True)
class Reply:
    """Holds the status, the headers in lower case, and the body as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Check whether the status is a 2xx."""
        return self.status // 100 == 2

    @property
    def retry_after(self) -> dt.timedelta | None:
        """Parse Retry-After (RFC 9110 §10.2.3), seconds or a date: 0 to 1 day; None where absent or unreadable.

        A date counts from the server's own Date. It is a wish: `provisioning.delivery.retry` has the bounds.
        """
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            seconds = int(text) if len(text) < _MANY_DIGITS else _MANY_SECONDS
            return min(dt.timedelta(seconds=seconds), _LONGEST_WAIT)
        until, sent_at = _parse_date(text), _parse_date(self.headers.get("date", ""))
        if until is None:
            return None
        return min(max(until - (sent_at or clock.wall()), _NOT_NEGATIVE), _LONGEST_WAIT)

    def error(self) -> DeliveryError:
        """Return the error that this status means, whichever system sent it (RFC 9110 §15)."""
        return DeliveryError(self._code(), retry_after=self.retry_after, detail=f"status {self.status}")

    def _code(self) -> Code:
        if self.status in _BUSY:
            return Code.BUSY
        if self.status in _GATEWAY:
            return Code.LOST
        if self.status in _UNAUTHORIZED:
            return Code.UNAUTHORIZED
        if self.status in _SERVER_ERRORS and self.status != _NOT_IMPLEMENTED:
            return Code.TARGET_ERROR
        return Code.REFUSED

    def content(self) -> bytes:
        """Return the body, decompressed where a server compressed it unasked. Raises DeliveryError (unreadable)."""
        body = self.body
        if not body:
            return body
        for coding in reversed(self.headers.get("content-encoding", "").lower().split(",")):
            if coding.strip() not in {"", "identity"}:
                body = _decompress(body, coding.strip())
        return body


def _parse_date(text: str) -> dt.datetime | None:
    try:
        at = email.utils.parsedate_to_datetime(text)
        return at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _decompress(body: bytes, coding: str) -> bytes:
    for window in _WINDOWS.get(coding, ()):
        try:
            decoder = zlib.decompressobj(window)
            content = decoder.decompress(body, http_connection.MAX_BYTES)
        except zlib.error:
            continue
        if decoder.unconsumed_tail:
            raise DeliveryError(Code.UNREADABLE, detail="response too large")
        if decoder.eof:
            return content
    raise DeliveryError(Code.UNREADABLE, detail=f"content coding {coding}")
