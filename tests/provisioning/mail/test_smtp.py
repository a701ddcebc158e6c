"""The operator's relay: TLS and its certificate, SMTP AUTH, time limits, and which refusals are final."""

import concurrent.futures
import contextlib
import datetime as dt
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from django.conf import LazySettings

from audit.foundation import clock
from provisioning.delivery import leases
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.task import DeliveryOutcome
from provisioning.mail import queue, smtp
from provisioning.mail.delivery import MailDeliveries, MailOutcome, MailTask
from provisioning.mail.models import Mail
from provisioning.mail.queue import Draft
from tests.fixtures import certificates, mail_relay, queued_mails
from tests.fixtures.world import move_clock_to

USER, PASSWORD = "portal", "relay secret 9"
Serve = Callable[..., "contextlib.AbstractContextManager[None]"]


@dataclass
class Box:
    """A relay that stores each mail with the encryption of its connection, and every password."""

    caught: list[bool] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    passwords: list[bytes] = field(default_factory=list)
    answer: str = "250 Caught"
    refused: str = ""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        self.options = options
        return self.refused or "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.caught.append(server.transport.get_extra_info("ssl_object") is not None)
        return self.answer

    def authenticate(
        self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        """The authenticator of aiosmtpd."""
        assert isinstance(data, LoginPassword)
        self.passwords.append(data.password)
        is_valid = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_valid, handled=False)


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> certificates.Authority:
    """The only certificate authority that this machine trusts."""
    authority = certificates.authority(tmp_path, name="trusted")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return authority


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def serve(box: Box, settings: LazySettings) -> Serve:
    """Start a relay; `mode`: the portal's TLS setting for it."""

    def start(mode: str, **how: Any) -> contextlib.AbstractContextManager[None]:
        settings.SMTP_TLS = mode
        return mail_relay.listening(box, settings, **how)

    return start


@pytest.fixture
def mail_row(db: None) -> uuid.UUID:
    return queue.queue(Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="invitation"))


def send(name: uuid.UUID, *, after: dt.timedelta = dt.timedelta()) -> tuple[Code | None, Mail]:
    """Deliver the due mail in this thread. Returns the error code and the row."""
    at = clock.now() + after
    (task,) = MailDeliveries().lease(worker=1, at=at, in_flight={}) or []
    outcome = _outcome(task)
    MailDeliveries().settle(outcomes=[outcome], at=at)
    return (outcome.error.code if outcome.error else None), Mail.objects.get(id=name)


def _outcome(task: MailTask) -> MailOutcome:
    try:
        return DeliveryOutcome(task, result=task.run())
    except DeliveryError as error:
        return DeliveryOutcome(task, error=error)


def is_pending(row: Mail) -> bool:
    """Whether the mail waits for its next attempt with its content."""
    return row.due_at is not None and row.failed_at is None and bytes(row.body) != b""


MODES = ("starttls", "tls")


def secured(mode: str, context: Any) -> dict[str, Any]:
    """The relay's side of `mode`."""
    return {"ssl_context": context} if mode == "tls" else {"tls_context": context, "require_starttls": True}


@pytest.mark.parametrize("mode", MODES)
def test_relay_with_trusted_certificate_receives_encrypted_mail(
    mode: str, serve: Serve, box: Box, trusted: certificates.Authority, mail_row: uuid.UUID
) -> None:
    with serve(mode, **secured(mode, trusted.server())):
        code, row = send(mail_row)
    assert (code, bytes(row.body)) == (None, b"")
    assert row.sent_at is not None
    assert box.caught == [True]


@pytest.mark.parametrize("fault", ["unknown authority", "another host", "expired"])
@pytest.mark.parametrize("mode", MODES)
def test_relay_with_bad_certificate_receives_neither_mail_nor_password(
    *,
    mode: str,
    fault: str,
    serve: Serve,
    box: Box,
    trusted: certificates.Authority,
    mail_row: uuid.UUID,
    settings: LazySettings,
    tmp_path: Path,
) -> None:
    issuer = trusted if fault != "unknown authority" else certificates.authority(tmp_path, name="unknown")
    host = certificates.ELSEWHERE if fault == "another host" else certificates.LOOPBACK
    context = issuer.server(host=host, expired=fault == "expired")
    settings.SMTP_USER, settings.SMTP_PASSWORD = USER, PASSWORD
    with serve(mode, **secured(mode, context), authenticator=box.authenticate, auth_require_tls=False):
        code, row = send(mail_row)
    assert (code, row.last_error) == (Code.UNREACHABLE, "unreachable")
    assert (box.caught, box.passwords) == ([], [])
    assert is_pending(row)


@pytest.mark.parametrize("mode", MODES)
def test_relay_without_tls_receives_neither_mail_nor_password(
    mode: str,
    serve: Serve,
    box: Box,
    trusted: certificates.Authority,
    mail_row: uuid.UUID,
    settings: LazySettings,
) -> None:
    settings.SMTP_USER, settings.SMTP_PASSWORD = USER, PASSWORD
    with serve(mode, authenticator=box.authenticate, auth_require_tls=False):
        code, row = send(mail_row)
    assert code is Code.UNREACHABLE
    assert (box.caught, box.passwords) == ([], [])
    assert is_pending(row)


@pytest.mark.parametrize(
    ("user", "password", "ended"),
    [(USER, PASSWORD, None), (USER, "wrong", Code.BUSY), ("", "", Code.BUSY)],
)
def test_relay_that_requires_authentication_receives_mail_only_after_it(
    *,
    user: str,
    password: str,
    ended: Code | None,
    serve: Serve,
    box: Box,
    trusted: certificates.Authority,
    mail_row: uuid.UUID,
    settings: LazySettings,
) -> None:
    """A wrong or missing password is an error of the operator: no mail is given up for it."""
    settings.SMTP_USER, settings.SMTP_PASSWORD = user, password
    how = {"authenticator": box.authenticate, "auth_required": True}
    with serve("starttls", **secured("starttls", trusted.server()), **how):
        code, row = send(mail_row)
    assert code == ended
    assert box.caught == ([True] if ended is None else [])
    assert set(box.passwords) == ({password.encode()} if user else set())
    assert (row.sent_at is not None) is (ended is None)
    assert is_pending(row) is (ended is not None)


def test_relay_that_offers_no_authentication_receives_no_mail(
    serve: Serve, box: Box, mail_row: uuid.UUID, settings: LazySettings
) -> None:
    settings.SMTP_USER, settings.SMTP_PASSWORD = USER, PASSWORD
    with serve("none"):
        code, row = send(mail_row)
    assert code is Code.UNREACHABLE
    assert box.caught == []
    assert is_pending(row)


def test_mail_without_tls_to_a_relay_that_requires_it_stays_queued(
    serve: Serve, box: Box, trusted: certificates.Authority, mail_row: uuid.UUID
) -> None:
    with serve("none", **secured("starttls", trusted.server())):
        code, row = send(mail_row)
    assert code is Code.BUSY
    assert is_pending(row)


@pytest.mark.parametrize("lines", [["421 Later"], ["554 No service here"], ["220 Hello", "550 No", "550 No"]])
def test_relay_reply_before_the_mail_keeps_it_queued(
    lines: list[str], mail_row: uuid.UUID, settings: LazySettings
) -> None:
    """A relay's reply before the mail does not concern the mail."""
    settings.SMTP_TLS = "none"
    with _answering(lines, settings):
        code, row = send(mail_row)
    assert code is Code.BUSY
    assert is_pending(row)


@pytest.mark.parametrize(
    ("step", "answer", "is_pending_expected"),
    [
        ("sender", "451 4.7.1 Later", True),
        ("sender", "530 5.7.0 Authentication required", True),
        ("sender", "550 5.7.1 Not from this sender", False),
        ("data", "452 4.3.1 Disk full", True),
        ("data", "500 Not understood", False),
        ("data", "554 5.6.0 Not this content", False),
    ],
)
def test_mail_rejected_permanently_is_given_up_and_temporarily_is_retried(
    *, step: str, answer: str, is_pending_expected: bool, serve: Serve, box: Box, mail_row: uuid.UUID
) -> None:
    box.answer, box.refused = (answer, "") if step == "data" else ("250 OK", answer)
    with serve("none"):
        code, row = send(mail_row)
    assert code is (Code.BUSY if is_pending_expected else Code.REFUSED)
    assert is_pending(row) is is_pending_expected
    assert (row.failed_at is None) is is_pending_expected


@pytest.mark.parametrize("mode", ["none", *MODES])
def test_silent_relay_times_out(
    mode: str, mail_row: uuid.UUID, settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_SECONDS", 0.3)
    settings.SMTP_TLS = mode
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", silent.getsockname()[1]
        began = time.monotonic()
        code, row = send(mail_row)
    assert 0.3 <= time.monotonic() - began < 3
    assert code is Code.UNREACHABLE
    assert is_pending(row)


def test_lease_of_a_mail_outlasts_every_answer_of_a_slow_relay() -> None:
    """Connection, greeting, EHLO, STARTTLS, handshake, EHLO, AUTH in three, MAIL, RCPT, DATA, content, QUIT."""
    assert leases.LONG_LEASE.total_seconds() >= 14 * smtp._SECONDS


@pytest.mark.parametrize(
    ("age", "is_pending_expected"), [(dt.timedelta(days=3), True), (dt.timedelta(days=3, seconds=1), False)]
)
def test_undelivered_mail_is_given_up_after_three_days(
    *, age: dt.timedelta, is_pending_expected: bool, mail_row: uuid.UUID, settings: LazySettings
) -> None:
    settings.SMTP_TLS, settings.SMTP_HOST, settings.SMTP_PORT = "none", "127.0.0.1", 1
    created = Mail.objects.get(id=mail_row).created_at
    at = created + age
    move_clock_to(at)
    (task,) = MailDeliveries().lease(worker=1, at=at, in_flight={}) or []
    MailDeliveries().settle(outcomes=[_outcome(task)], at=at)
    assert is_pending(Mail.objects.get(id=mail_row)) is is_pending_expected


@contextlib.contextmanager
def _answering(lines: list[str], settings: LazySettings) -> Iterator[None]:
    """A server that answers the first connection, its greeting and each command, with these lines."""
    with socket.create_server(("127.0.0.1", 0)) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        settings.SMTP_HOST, settings.SMTP_PORT = "127.0.0.1", server.getsockname()[1]
        conversation = pool.submit(_converse, server, lines)
        yield
        conversation.result(5)


def _converse(server: socket.socket, lines: list[str]) -> None:
    connection, _ = server.accept()
    with connection:
        for line in lines:
            connection.sendall(f"{line}\r\n".encode())
            connection.recv(100)


def test_relay_with_reports_gets_the_message_id_as_envelope_id(
    serve: Serve, box: Box, mail_row: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 3461: the id comes back in the report, whatever the relay does to the headers."""
    asked: list[str] = []

    class Reporting(SMTP):
        async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
            await self.push(f"250-{self.hostname}")
            assert self.session
            self.session.extended_smtp, self.session.host_name = True, hostname
            await self.push("250 DSN")

        async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - aiosmtpd's name
            address, *asked[:] = str(arg).split()
            await super().smtp_MAIL(address)  # which knows no options of RFC 3461

    with serve("none"):
        assert send(mail_row)[0] is None
    assert [option for option in box.options if option.startswith(("RET", "ENVID"))] == []
    second = queue.queue(Draft(to="mikko@koskela.example", subject="Hei", text="Hei!", purpose="invitation"))
    message_id = queued_mails.message_id_of(Mail.objects.get(id=second))
    monkeypatch.setattr(Controller, "factory", lambda relay: Reporting(relay.handler, **relay.SMTP_kwargs))
    with serve("none"):
        assert send(second)[0] is None
    assert set(asked) >= {"RET=HDRS", f"ENVID={message_id.strip('<>')}"}
