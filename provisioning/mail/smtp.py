"""Each mail is sent over SMTP through the operator's relay."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import compat32

from django.conf import settings

from provisioning.delivery.errors import Code, DeliveryError
from provisioning.mail import delivery_status, stored
from provisioning.mail.models import Mail

_SECONDS = 20.0
_PERMANENT = 500
_AUTHENTICATION_REQUIRED = 530


def send(*, row: Mail) -> None:
    """Send one mail. Raises DeliveryError: refused or no_such_recipient where the relay will never accept it."""
    recipient, body = stored.recipient(row=row), stored.message(row=row)
    try:
        with _session() as server:
            server.sendmail(settings.DEFAULT_FROM_EMAIL, [recipient], body, _options(server, body))
    except smtplib.SMTPRecipientsRefused as error:
        ((code, text),) = error.recipients.values()
        is_unknown = delivery_status.is_permanent(status=text.decode("ascii", "replace"))
        refusal = Code.NO_SUCH_RECIPIENT if is_unknown else Code.REFUSED
        raise DeliveryError(
            refusal if code >= _PERMANENT else Code.BUSY, detail=f"recipient: {code}"
        ) from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(
            Code.REFUSED if _is_final(error) else Code.BUSY, detail=str(error.smtp_code)
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(Code.UNREACHABLE, detail=_cause(error)) from error


def _options(server: smtplib.SMTP, body: bytes) -> list[str]:
    """Ask for reports that name the mail by its Message-ID and return its headers alone (RFC 3461 §4.3, §4.4).

    The text of a mail may hold a link that no mailbox for returned mails should store.
    """
    name = str(message_from_bytes(body, policy=compat32)["Message-ID"]).strip("<>")
    return ["RET=HDRS", f"ENVID={name}"] if server.has_extn("dsn") else []


def probe() -> None:
    """Connect as for a mail and send none. Raises DeliveryError, OSError and SMTPException."""
    with _session() as server:
        server.noop()


def _cause(error: Exception) -> str:
    """Say why there is no connection, with the relay's address."""
    reason = getattr(error, "strerror", None) or type(error).__name__
    return f"{settings.SMTP_HOST}:{settings.SMTP_PORT}: {reason}"


def _is_final(error: smtplib.SMTPResponseException) -> bool:
    """Check for a final refusal. 530 asks for STARTTLS (RFC 3207) or AUTH (RFC 4954): the operator must correct it."""
    return error.smtp_code >= _PERMANENT and error.smtp_code != _AUTHENTICATION_REQUIRED


@contextlib.contextmanager
def _session() -> Iterator[smtplib.SMTP]:
    """Open an SMTP session with the operator's relay, and close it also where it ends before the mail.

    No reply before the mail concerns the mail: a refusal of greeting, EHLO, STARTTLS or AUTH is retried.
    """
    with contextlib.ExitStack() as closing:
        try:
            server = _connect()
            closing.callback(_quit, server)
            _authenticate(server)
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(Code.BUSY, detail=f"connection: {error.smtp_code}") from error
        yield server


def _connect() -> smtplib.SMTP:
    """Connect to the relay; both kinds of TLS get a context, because without one smtplib verifies no certificate."""
    if settings.SMTP_TLS == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.SMTP_HOST, settings.SMTP_PORT, timeout=_SECONDS, context=context)
    return smtplib.SMTP(settings.SMTP_HOST, settings.SMTP_PORT, timeout=_SECONDS)


def _authenticate(server: smtplib.SMTP) -> None:
    if settings.SMTP_TLS == "starttls":
        server.starttls(context=ssl.create_default_context())
    if settings.SMTP_USER:
        server.login(settings.SMTP_USER, settings.SMTP_PASSWORD)
    server.ehlo_or_helo_if_needed()


def _quit(server: smtplib.SMTP) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()
