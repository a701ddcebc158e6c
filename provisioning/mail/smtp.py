"""Sending what `provisioning.mail.queue` has queued, over SMTP."""

import contextlib
import dataclasses
import datetime as dt
import smtplib
import ssl
import uuid
from collections.abc import Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from audit.foundation import db, encryption
from audit.foundation.errors import Busy
from delegation.authorization.verbs import Observation
from provisioning.delivery import events as delivery_events
from provisioning.delivery import leases, retry
from provisioning.delivery.errors import Code, DeliveryError
from provisioning.delivery.listener import Notifications
from provisioning.delivery.task import DeliveryOutcome, DeliveryTask
from provisioning.mail import bounces, delivery_status, events
from provisioning.mail.models import Mail

_SECONDS = 20.0
_LASTING = 500
_SIGN_IN_FIRST = 530
_NOBODY = "no such recipient"
GIVE_UP = dt.timedelta(days=3)

_SENT = """
UPDATE provisioning_mail m SET sent_at = %(at)s, body = '', due_at = NULL, last_error = '', leased_until = NULL,
    leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, worker integer)
WHERE m.id = x.id AND m.leased_by = x.worker RETURNING m.id
"""
_FAILED = """
UPDATE provisioning_mail m SET attempts = m.attempts + 1, last_error = x.code, due_at = x.retry_at,
    failed_at = CASE WHEN x.retry_at IS NULL THEN %(at)s END,
    body = CASE WHEN x.retry_at IS NULL THEN ''::bytea ELSE m.body END, leased_until = NULL, leased_by = NULL
FROM jsonb_to_recordset(%(rows)s::jsonb) AS x(id uuid, worker integer, retry_at timestamptz, code text)
WHERE m.id = x.id AND m.leased_by = x.worker RETURNING m.id
"""


class MailDeliveries:
    """Queued mails (`provisioning.delivery.task.DeliveryKind`)."""

    def is_affected_by(self, *, heard: Notifications) -> bool:
        """Whether this notice may have made something due."""
        return heard.mails

    def lease(
        self, *, worker: int, at: dt.datetime, load: Mapping[Hashable, int]
    ) -> list[DeliveryTask] | None:
        """Take what is due. One statement."""
        how = leases.params(worker=worker, at=at, load=load, depth=4, lease=leases.LONG_LEASE)
        leased = Mail.objects.raw(leases.MAILS, how)
        return [DeliveryTask(row, "mail", 1, partial(_send, row), worker) for row in leased] or None

    def settle(self, *, endings: list[DeliveryOutcome], at: dt.datetime) -> None:
        """Write down which have gone; what they said is forgotten then."""
        nobody = [one.errand.row for one in endings if one.problem and one.problem.detail == _NOBODY]
        if not nobody:
            with transaction.atomic():
                _record(endings, at)
            return
        try:
            with bounces.holding(mails=nobody) as note:
                tried = _record(endings, at)
                bounces.flag(note=note, mails=[row for row in nobody if row.id in tried], at=at)
        except Busy:
            with transaction.atomic():
                _record([_later(one) for one in endings], at)


def _record(endings: Iterable[DeliveryOutcome], at: dt.datetime) -> set[uuid.UUID]:
    """Returns those that did not go, as far as they were still ours to try."""
    sent = {one.errand.row.id: one for one in endings if one.problem is None}
    failed = {one.errand.row.id: one for one in endings if one.problem is not None}
    again = [_retry_row(one, at) for one in failed.values()]
    over = {one["id"] for one in again if one["retry_at"] is None}
    gone = db.fetch_ids_for_rows(_SENT, [_mark(one) for one in sent.values()], at=at)
    tried = set(db.fetch_ids_for_rows(_FAILED, again, at=at))
    notes = delivery_events.DeliveryEvents()
    for name in gone:
        events.record(notes, Observation.MAIL_SENT, sent[name].errand.row, {})
    for name, ending in failed.items():
        if name in tried and str(name) in over:
            events.record(notes, Observation.MAIL_FAILED, ending.errand.row, {"code": Code.REFUSED.value})
    notes.write(at=at)
    return tried


def _later(ending: DeliveryOutcome) -> DeliveryOutcome:
    """Whose address it is cannot be looked at now: the mail is tried again, and refused again."""
    lost = ending.problem is not None and ending.problem.detail == _NOBODY
    return dataclasses.replace(ending, problem=DeliveryError(Code.BUSY)) if lost else ending


def _send(row: Mail) -> None:
    """Raises Problem: refused where the other side will never take it."""
    recipient = encryption.decrypt_secret(data=row.recipient, context=row.id.bytes).decode()
    body = encryption.decrypt_secret(data=row.body, context=row.id.bytes)
    try:
        with _connection() as server:
            server.sendmail(settings.DEFAULT_FROM_EMAIL, [recipient], body)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, text),) = error.recipients.values()
        nobody = code >= _LASTING and delivery_status.is_permanent(status=text.decode("ascii", "replace"))
        problem = Code.REFUSED if code >= _LASTING else Code.BUSY
        raise DeliveryError(problem, detail=_NOBODY if nobody else f"recipient: {code}") from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(
            Code.REFUSED if _is_final(error) else Code.BUSY, detail=str(error.smtp_code)
        ) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(Code.UNREACHABLE, detail=type(error).__name__) from error


def _is_final(error: smtplib.SMTPResponseException) -> bool:
    """530 asks for STARTTLS (RFC 3207) or AUTH (RFC 4954): the operator's to mend, not the recipient's fault."""
    return error.smtp_code >= _LASTING and error.smtp_code != _SIGN_IN_FIRST


@contextlib.contextmanager
def _connection() -> Iterator[smtplib.SMTP]:
    """One conversation with the operator's relay; closed also where it ends before the mail.

    Until the relay has seen the mail, no answer is about the mail: greeting, EHLO, STARTTLS and AUTH are retried.
    """
    with contextlib.ExitStack() as closing:
        try:
            server = _connected()
            closing.callback(_quit, server)
            _authenticate(server)
        except smtplib.SMTPResponseException as error:
            raise DeliveryError(Code.BUSY, detail=f"connection: {error.smtp_code}") from error
        yield server


def _connected() -> smtplib.SMTP:
    """Both kinds of TLS are given a context: smtplib's own verifies no certificate."""
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


def _mark(ending: DeliveryOutcome) -> dict[str, Any]:
    return {"id": str(ending.errand.row.id), "worker": ending.errand.worker}


def _retry_row(ending: DeliveryOutcome, at: dt.datetime) -> dict[str, Any]:
    row: Mail = ending.errand.row
    problem = ending.problem or DeliveryError(Code.FAULT)
    over = problem.code is Code.REFUSED or at - row.created_at > GIVE_UP
    delay = retry.delay(attempts=row.attempts + 1, code=problem.code, retry_after=problem.retry_after)
    retry_at = None if over else (at + delay).isoformat()
    return {**_mark(ending), "retry_at": retry_at, "code": problem.code.value}
