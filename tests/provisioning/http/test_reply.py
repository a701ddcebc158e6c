"""Replies: what their headers ask for, and bodies that were compressed unasked."""

import datetime as dt
import email.utils
import gzip
import zlib

import pytest

from audit.foundation import clock
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.http import connection as http_connection
from provisioning.http.reply import Reply

DAY = 86_400
TEXT = b'{"id": "1"}'
GZIPPED = gzip.compress(TEXT, mtime=0)


def retry_after(text: str) -> dt.timedelta | None:
    return Reply(503, {"retry-after": text}, b"").retry_after


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7), (" 7 ", 7), ("0", 0), ("007", 7), ("99999999", DAY), ("9" * 5000, DAY),
        ("", None), ("soon", None), ("-1", None), ("0.5", None), ("1e3", None), ("\xb2", None), ("7, 9", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 21 Oct 2015 07:28:00", 0), ("21 Oct 2015 07:28 +0300", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY), ("Fri, 31 Dec 9999 23:59:59 -2359", DAY),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None), ("Wed, 21 Oct 2015 07:28:00 +99999999999", None),
        ("2026-03-01T08:30:00Z", None),
    ],
)  # fmt: skip
def test_retry_after_is_between_nothing_and_a_day_or_unreadable(text: str, expected: int | None) -> None:
    delay = retry_after(text)
    assert delay == (None if expected is None else dt.timedelta(seconds=expected))


def test_retry_after_date_in_the_future_is_the_time_until_then() -> None:
    until = clock.wall() + dt.timedelta(seconds=90)
    delay = retry_after(email.utils.format_datetime(until, usegmt=True))
    assert delay is not None
    assert 80 < delay.total_seconds() <= 90


@pytest.mark.parametrize("sent_at", ["Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 2100 23:59:00 GMT"])
def test_retry_after_date_counts_from_the_date_of_the_server(sent_at: str) -> None:
    """Its clock may be wrong by years."""
    until = email.utils.parsedate_to_datetime(sent_at) + dt.timedelta(seconds=90)
    headers = {"date": sent_at, "retry-after": email.utils.format_datetime(until, usegmt=True)}
    assert Reply(503, headers, b"").retry_after == dt.timedelta(seconds=90)
    assert Reply(503, {**headers, "date": "today"}, b"").retry_after in {
        dt.timedelta(0),
        dt.timedelta(seconds=DAY),
    }


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-15)
    return encoder.compress(data) + encoder.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", GZIPPED), ("GZIP", GZIPPED), ("x-gzip", GZIPPED),
        ("deflate", zlib.compress(TEXT)), ("deflate", raw_deflate(TEXT)),
        ("deflate, gzip", gzip.compress(zlib.compress(TEXT), mtime=0)), ("identity", TEXT), ("", TEXT),
    ],
)  # fmt: skip
def test_body_compressed_unasked_is_decompressed(coding: str, body: bytes) -> None:
    assert Reply(200, {"content-encoding": coding}, body).content() == TEXT


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", TEXT), ("gzip", GZIPPED[:-4]), ("br", TEXT), ("deflate", TEXT)],
)
def test_body_in_an_unknown_or_false_coding_is_unreadable(coding: str, body: bytes) -> None:
    with pytest.raises(DeliveryError) as unreadable:
        Reply(200, {"content-encoding": coding}, body).content()
    assert unreadable.value.code is Code.UNREADABLE


def test_body_that_grows_beyond_the_size_limit_is_unreadable() -> None:
    bomb = gzip.compress(b"x" * (http_connection.MAX_BYTES + 1))
    assert len(bomb) < 10_000
    with pytest.raises(DeliveryError) as unreadable:
        Reply(200, {"content-encoding": "gzip"}, bomb).content()
    assert unreadable.value.code is Code.UNREADABLE
    fits = gzip.compress(b"x" * http_connection.MAX_BYTES)
    assert len(Reply(200, {"content-encoding": "gzip"}, fits).content()) == http_connection.MAX_BYTES


def test_empty_body_has_no_coding() -> None:
    assert Reply(204, {"content-encoding": "gzip"}, b"").content() == b""


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ({408, 425, 429, 503}, Code.BUSY),
        ({502, 504}, Code.LOST),
        ({500, 505, 507, 520, 599}, Code.TARGET_ERROR),
        ({401, 403}, Code.UNAUTHORIZED),
        ({100, 301, 302, 307, 400, 404, 405, 409, 410, 413, 415, 418, 422, 428, 501, 600, 999}, Code.REFUSED),
    ],
)
def test_status_of_every_target_has_one_meaning(statuses: set[int], code: Code) -> None:
    errors = [Reply(status, {"retry-after": "9"}, b"").error() for status in sorted(statuses)]
    assert {error.code for error in errors} == {code}
    assert {error.retry_after for error in errors} == {dt.timedelta(seconds=9)}
    assert [error.detail for error in errors] == [f"status {status}" for status in sorted(statuses)]
