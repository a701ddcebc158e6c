"""`manage.py config check` tries every service, says what to do, prints no secret and sends nothing."""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from audit.foundation import clock
from portal import embedded_postgres
from portal.embedded_postgres import database_roles
from portal.operations import readiness, service_checks, static_check
from tests.fixtures import cluster, mail_relay

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


class Relay:
    """Counts mails, and accepts one password."""

    mails = 0

    async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails += 1
        return "250 Caught"

    def authenticate(self, *arguments: Any) -> AuthResult:
        """The authenticator of aiosmtpd."""
        return AuthResult(success=arguments[-1].password == b"right s3cret", handled=False)


@pytest.fixture
def relay(settings: LazySettings) -> Iterator[Relay]:
    handler = Relay()
    with mail_relay.listening(handler, settings, authenticator=handler.authenticate, auth_require_tls=False):
        yield handler


def check(problem: str = "") -> dict[str, str]:
    """Run the command. Returns its lines by the service; it fails exactly where a problem is expected."""
    output = StringIO()
    with pytest.raises(CommandError, match="problem") if problem else contextlib.nullcontext():
        call_command("config", "check", stdout=output)
    text = output.getvalue()
    assert "s3cret" not in text
    assert "Traceback" not in text
    lines = dict(line.partition(": ")[::2] for line in text.splitlines() if ": " in line)
    if problem:
        assert f"problem  {problem}" in lines
    return lines


def test_services_that_work_are_in_order_and_get_no_mail(relay: Relay, settings: LazySettings) -> None:
    settings.SMTP_USER, settings.SMTP_PASSWORD = "portal", "right s3cret"
    lines = check()
    assert {name.removeprefix("ok       ") for name in lines} == set(service_checks.CHECKS)
    assert "as keyholder_app" in lines["ok       database"]
    assert "No mail was sent" in lines["ok       mail"]
    assert relay.mails == 0


def test_relay_that_refuses_the_password_is_a_problem(relay: Relay, settings: LazySettings) -> None:
    settings.SMTP_USER, settings.SMTP_PASSWORD = "portal", "wrong s3cret"
    assert "535" in check("mail")["problem  mail"]


def test_relay_without_starttls_is_a_problem(relay: Relay, settings: LazySettings) -> None:
    settings.SMTP_TLS = "starttls"
    assert "KEYHOLDER_SMTP_" in check("mail")["problem  mail"]


def test_relay_that_does_not_listen_is_a_problem(settings: LazySettings) -> None:
    settings.SMTP_PORT = 1
    assert "127.0.0.1:1: Connection refused" in check("mail")["problem  mail"]


def test_password_for_another_machine_is_not_sent_unencrypted(settings: LazySettings) -> None:
    settings.SMTP_HOST, settings.SMTP_USER = "203.0.113.1", "portal"
    assert "unencrypted" in check("mail")["problem  mail"]


def test_database_as_its_owner_or_administrator_is_a_problem(
    relay: Relay, database_urls: cluster.Urls
) -> None:
    try:
        cluster.point("default", database_urls[embedded_postgres.OWNER])
        assert "owns tables" in check("database")["problem  database"]
        cluster.point("default", database_urls[embedded_postgres.SUPERUSER])
        assert "administrator" in check("database")["problem  database"]
    finally:
        cluster.point("default", database_urls[embedded_postgres.APP])


def test_database_that_does_not_answer_is_tried_once(relay: Relay, database_urls: cluster.Urls) -> None:
    try:
        cluster.point("default", "postgresql://keyholder_app:s3cret@127.0.0.1:1/keyholder")
        lines = check("database")
    finally:
        cluster.point("default", database_urls[embedded_postgres.APP])
    assert "refused" in lines["problem  database"]
    assert [name for name, text in lines.items() if "Not tried" in text] == [
        f"problem  {name}" for name in service_checks.CHECKS if name in service_checks._ASK_DATABASE
    ]
    assert "ok       mail" in lines


@pytest.mark.usefixtures("relay")
@pytest.mark.parametrize(
    ("name", "module", "attribute", "value", "words"),
    [
        ("database", service_checks, "_OLDEST", 990_000, "older than"),
        ("extensions", database_roles, "EXTENSIONS", ("citext", "missing_one"), "missing_one"),
        ("migrations", readiness, "required_migrations", lambda: {("a", "b")}, "migrate"),
        ("cache", readiness, "cache_works", lambda: "failed", "Does not return"),
        ("static files", static_check, "state", lambda: "old", "collectstatic"),
    ],
)
def test_service_with_a_problem_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, module: Any, attribute: str, value: Any, words: str
) -> None:
    monkeypatch.setattr(module, attribute, value)
    assert words in check(name)[f"problem  {name}"]


def test_clock_that_differs_from_the_database_s_is_a_problem(
    relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.wall
    monkeypatch.setattr(clock, "wall", lambda *_: now() + dt.timedelta(seconds=60))
    assert "60" in check("clock")["problem  clock"]


def test_keys_that_are_missing_are_a_problem(relay: Relay, settings: LazySettings, tmp_path: Path) -> None:
    settings.KEYS_FOLDER = tmp_path / "typo"
    lines = check("keys")
    assert str(tmp_path / "typo") in lines["problem  keys"]
    assert "problem  keyholder.E012" in lines


@pytest.mark.parametrize("url", ["amqp://jobs:s3cret@127.0.0.1:1//", "pgmq://jobs:s3cret@127.0.0.1:1/jobs"])
def test_broker_that_does_not_answer_is_a_problem(relay: Relay, settings: LazySettings, url: str) -> None:
    settings.CELERY_BROKER_URL = url
    assert "127.0.0.1" in check("broker")["problem  broker"]


def test_service_that_never_answers_ends_the_wait(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    forever = threading.Event()
    monkeypatch.setattr(service_checks, "SECONDS", 0.2)
    monkeypatch.setattr(service_checks, "CHECKS", {"database": forever.wait, "keys": forever.wait})
    try:
        lines = check("database")
    finally:
        forever.set()
    assert "No answer within 0.2 seconds" in lines["problem  database"]
    assert "Not tried" in lines["problem  keys"]
