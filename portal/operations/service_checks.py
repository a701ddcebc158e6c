"""Each service that the environment names is tried within a few seconds, and nothing is sent."""

import smtplib
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.db import Error, connection
from kombu.connection import Connection

from audit.foundation import clock, db
from identity import key_registry
from portal.embedded_postgres import database_roles
from portal.operations import readiness, static_check
from provisioning.delivery.errors import DeliveryError
from provisioning.mail import smtp

SECONDS = 10.0
"""How long one service may take."""
_OLDEST = 150_000
_CLOCK_SECONDS = 2.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ROLE = """
SELECT current_user, rolsuper OR rolcreaterole OR rolbypassrls OR rolreplication,
       EXISTS (SELECT FROM pg_class WHERE relowner = r.oid AND relnamespace = 'public'::regnamespace)
FROM pg_roles r WHERE rolname = current_user
"""


_ROLE_SETTINGS = """
SELECT r.rolname, setting
FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole CROSS JOIN unnest(s.setconfig) setting
WHERE r.rolname = ANY(%s) AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY 1, 2
"""


class Result(NamedTuple):
    """Says whether a service works, and what to do where it does not."""

    is_ok: bool
    text: str
    is_connected: bool = True
    """False where there was no answer at all."""


def _ok(text: str) -> Result:
    return Result(is_ok=True, text=text)


def _problem(text: str) -> Result:
    return Result(is_ok=False, text=text)


def run() -> dict[str, Result]:
    """Try every service, one after the other. A service that does not answer in time is a problem."""
    results: dict[str, Result] = {}
    for name, check in CHECKS.items():
        if name in _ASK_DATABASE and not results["database"].is_connected:
            results[name] = _problem("Not tried, because the database does not answer.")
        else:
            results[name] = _within(SECONDS, check)
    return results


def _within(seconds: float, check: Callable[[], Result]) -> Result:
    found: list[Result] = []

    def attempt() -> None:
        try:
            found.append(check())
        except Error as error:
            found.append(_problem(f"The database refuses: {_first_line(error)}")._replace(is_connected=False))
        except Exception as error:  # noqa: BLE001 - a check that fails is a problem of its service
            found.append(_problem(f"Failed: {type(error).__name__}."))
        finally:
            connection.close()

    # A daemon: a service that never answers must not keep the command from ending.
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    return (
        found[0]
        if found
        else Result(is_ok=False, text=f"No answer within {seconds:g} seconds.", is_connected=False)
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _database() -> Result:
    host = settings.DATABASES["default"]["HOST"]
    connection.ensure_connection()
    version = connection.connection.info.server_version
    name, is_mighty, owns = db.fetch_only(_ROLE)
    encrypted = connection.connection.pgconn.ssl_in_use
    fix = f"set DATABASE_URL to {settings.APPLICATION_ROLE}"
    problems = {
        "PostgreSQL is older than version 15.": version < _OLDEST,
        f"{name} owns tables: {fix}.": owns,
        f"{name} has rights of an administrator: {fix}.": is_mighty,
        f"{name} is another role: {fix}.": name != settings.APPLICATION_ROLE,
        "The connection to another machine is not encrypted: set sslmode.": host not in _LOOPBACK
        and not encrypted,
    }
    problem = next((words for words, is_so in problems.items() if is_so), "")
    text = f"PostgreSQL {version // 10000} as {name}{', encrypted' if encrypted else ''}."
    return Result(not problem, problem or text)


def _role_settings() -> Result:
    """Name what ALTER ROLE … SET stored: the application's role may do so for all its later sessions."""
    roles_here = [settings.APPLICATION_ROLE, settings.DATABASES["owner"]["USER"]]
    if found := db.fetch_all(_ROLE_SETTINGS, [roles_here]):
        names = ", ".join(f"{role}: {setting}" for role, setting in found)
        return _problem(f"{names}. Find out who set it, and run ALTER ROLE … RESET ALL, also IN DATABASE.")
    return _ok("The roles have no settings of their own.")


def _extensions() -> Result:
    present = {name for (name,) in db.fetch_all("SELECT extname FROM pg_extension")}
    if missing := sorted(set(database_roles.EXTENSIONS) - present):
        return _problem(f"Missing: {', '.join(missing)}. Run `manage.py database prepare`.")
    return _ok("All are there.")


def _migrations() -> Result:
    word = readiness.migrations()
    return Result(
        word == "ok",
        "Applied."
        if word == "ok"
        else "Missing. Run `manage.py migrate --database=owner` with OWNER_DATABASE_URL.",
    )


def _clock() -> Result:
    difference = abs((clock.now() - clock.wall()).total_seconds())
    text = f"{difference:.1f} s between this machine and the database."
    return Result(
        difference <= _CLOCK_SECONDS, text if difference <= _CLOCK_SECONDS else f"{text} Synchronize both."
    )


def _keys() -> Result:
    problems = key_registry.problems()
    return Result(
        not problems, " ".join(problems) or f"The keys in {key_registry.folder()} are those of this database."
    )


def _cache() -> Result:
    is_ok = readiness.cache_works() == "ok"
    return Result(
        is_ok, "Reads and writes." if is_ok else "Does not return what was written. See the database."
    )


def _static_files() -> Result:
    word = static_check.state()
    return Result(
        word == "ok",
        "Collected."
        if word == "ok"
        else f"{word.capitalize()} in {settings.STATIC_ROOT}. Run `manage.py collectstatic`.",
    )


def _mail() -> Result:
    where = f"{settings.SMTP_HOST}:{settings.SMTP_PORT}"
    if settings.SMTP_USER and settings.SMTP_TLS == "none" and settings.SMTP_HOST not in _LOOPBACK:
        return _problem(f"{where} would get the password unencrypted. Set KEYHOLDER_SMTP_TLS.")
    try:
        smtp.probe()
    except DeliveryError as error:
        return _problem(f"{where} refuses: {error.detail}. Check the KEYHOLDER_SMTP_ variables.")
    except (OSError, smtplib.SMTPException) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return _problem(f"{where}: {reason}. Check the KEYHOLDER_SMTP_ variables.")
    signed_in = f", signed in as {settings.SMTP_USER}" if settings.SMTP_USER else ""
    return _ok(f"{where} answers{signed_in}. No mail was sent.")


def _broker() -> Result:
    if settings.CELERY_BROKER_URL == settings.NO_BROKER:
        return _ok("KEYHOLDER_BROKER_URL is not set: no jobs and no timer run.")
    options = {**getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}), "init_extension": False}
    broker: Any = Connection(  # type: ignore[no-untyped-call]
        settings.CELERY_BROKER_URL, connect_timeout=5, transport_options=options
    )
    with broker:
        try:
            broker.ensure_connection(max_retries=1, timeout=5)
            broker.default_channel.close()
        except Exception as error:  # noqa: BLE001 - each broker raises its own; the text may hold the password
            return _problem(f"{broker.as_uri()}: {type(error).__name__}.")
        finally:
            # Kombu closes the pool of a connection that was made; without one, its threads would go on trying.
            if client := getattr(broker.transport, "_pgmq_client", None):
                client.close()
        return _ok(f"{broker.as_uri()} answers.")


_ASK_DATABASE = frozenset({"role settings", "extensions", "migrations", "clock", "keys", "cache"})
CHECKS: Mapping[str, Callable[[], Result]] = {
    "database": _database,
    "role settings": _role_settings,
    "extensions": _extensions,
    "migrations": _migrations,
    "clock": _clock,
    "keys": _keys,
    "cache": _cache,
    "static files": _static_files,
    "mail": _mail,
    "broker": _broker,
}
