"""Mails that came back: delivery status notifications (RFC 3464) of mails of ours, and what they mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

MOST_BYTES = 2_000_000
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,196}>")
_NO_MAILBOX = frozenset({550, 551, 553})
_PERMANENT = "5"


@dataclass(frozen=True, slots=True)
class Report:
    """A mail that will not arrive any more, by its Message-ID. `dead`: the address itself is no good."""

    message_id: str
    dead: bool


def read(raw: bytes) -> Report | None:
    """What a mail that reached our sender's address says of one that we sent; None where that is nothing final.

    Only the report's own parts are looked at: what a person or an autoresponder writes proves nothing.
    """
    if len(raw) > MOST_BYTES:
        return None
    message = message_from_bytes(raw, policy=compat32)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    statuses = [status for part in parts for status in _failures(part)]
    ids = [found for part in parts if (found := _returned_id(part))]
    if not statuses or len(ids) != 1:
        return None
    return Report(ids[0], dead=any(is_dead(code=0, text=status) for status in statuses))


def is_dead(*, code: int, text: str) -> bool:
    """Whether an answer means that nobody is reached at this address, and not that this mail was not wanted.

    The enhanced status (RFC 3463) decides where there is one: 5.1 and 5.4 are about the address and the way to it,
    5.2.1 is a mailbox that is closed, 5.0.0 says nothing else; a full mailbox and a policy are no fault of the address.
    """
    found = _STATUS.search(text)
    if found is None:
        return code in _NO_MAILBOX
    kind, subject, detail = found.groups()
    return kind == _PERMANENT and (subject in {"1", "4"} or (subject, detail) in {("2", "1"), ("0", "0")})


def _failures(part: Message) -> Iterator[str]:
    """The status of each recipient that has failed for good."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return
    for block in part.get_payload():
        if not isinstance(block, Message):
            continue
        action, status = str(block.get("Action", "")).strip().lower(), str(block.get("Status", "")).strip()
        if action == "failed" and status.startswith(f"{_PERMANENT}."):
            yield status


def _returned_id(part: Message) -> str:
    """The Message-ID of the mail that is sent back, whole or its headers alone."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        returned = part.get_payload(0)
    elif kind == "text/rfc822-headers":
        returned = message_from_bytes(_plain(part), policy=compat32)
    else:
        return ""
    found = _MESSAGE_ID.search(str(returned.get("Message-ID", ""))) if isinstance(returned, Message) else None
    return found.group() if found else ""


def _plain(part: Message) -> bytes:
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""
