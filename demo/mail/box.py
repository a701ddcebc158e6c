"""The mailbox stores one .eml file per mail, and lists the newest first."""

import dataclasses
import datetime as dt
import email
import email.message
import email.policy
import itertools
import pathlib
import re
import time
from typing import Any, cast

from aiosmtpd import smtp

from demo.service import store

NAME = re.compile(r"\d{19,20}-\d{1,9}")
LATEST = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mail:
    id: str
    to: str
    sender: str
    subject: str
    at: dt.datetime
    message: email.message.EmailMessage = dataclasses.field(repr=False)

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        if part is None:
            return ""
        try:
            content = str(part.get_content())
        except LookupError:  # an unknown character set
            content = cast("bytes", part.get_payload(decode=True)).decode(errors="replace")
        return content.replace("\r\n", "\n")

    def as_json(self) -> dict[str, str]:
        return {
            "id": self.id,
            "to": self.to,
            "from": self.sender,
            "subject": self.subject,
            "at": self.at.isoformat(),
            "text": self.text,
        }


class Box:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = store.folder(folder)
        self._numbers = itertools.count()

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope
    ) -> str:
        name = f"{time.time_ns()}-{next(self._numbers)}"
        recipients = ", ".join(envelope.rcpt_tos).encode()
        content: Any = envelope.content
        store.write(self.folder / f"{name}.eml", b"X-Envelope-To: " + recipients + b"\r\n" + content)
        return "250 Caught"

    def latest(self, *, to: str = "") -> list[Mail]:
        files = sorted(self.folder.glob("*.eml"), reverse=True)
        mails = (parse(file) for file in files)
        return list(itertools.islice((mail for mail in mails if to.casefold() in mail.to.casefold()), LATEST))

    def find(self, mail_id: str) -> Mail | None:
        file = self.folder / f"{mail_id}.eml"
        return parse(file) if NAME.fullmatch(mail_id) and file.exists() else None


def parse(file: pathlib.Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    arrived = int(file.name.partition("-")[0]) / 1e9
    return Mail(
        id=file.stem,
        to=str(message.get("X-Envelope-To", "")),
        sender=str(message.get("From", "")),
        subject=str(message.get("Subject", "")),
        at=dt.datetime.fromtimestamp(arrived, tz=dt.UTC),
        message=message,
    )
