"""Mails that came back: delivery status notifications (RFC 3464) of mails of ours, and what they mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

MOST_BYTES = 2_000_000
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,196}>")
_NOBODY_THERE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_PERMANENT = "5."


@dataclass(frozen=True, slots=True)
class DeliveryStatusReport:
    """A mail, by its Message-ID, that will not arrive at some addresses (in lower case) any more.

    Of `dead` ones the address itself is no good.
    """

    message_id: str
    failed: frozenset[str]
    dead: frozenset[str]


def read(raw: bytes) -> DeliveryStatusReport | None:
    """What a mail that reached our sender's address says of one that we sent; None where that is nothing final.

    Only the report's own parts are looked at: what a person or an autoresponder writes proves nothing.
    """
    if len(raw) > MOST_BYTES:
        return None
    message = message_from_bytes(raw, policy=compat32)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    failures = [found for part in parts for found in _failures(part)]
    ids = [found for part in parts if (found := _returned_id(part))]
    if not failures or len(ids) != 1:
        return None
    failed, dead = set[str](), set[str]()
    for recipients, status in failures:
        failed |= recipients
        dead |= recipients if is_permanent(status=status) else set()
    return DeliveryStatusReport(ids[0], frozenset(failed), frozenset(dead))


def is_permanent(*, status: str) -> bool:
    """Whether an answer means that nobody is reached at this address, and not that this mail was not wanted.

    Only the enhanced status (RFC 3463) at its beginning says so: no such mailbox or domain, an address that cannot be
    one, a mailbox that has moved or is closed, a domain that takes no mail. Everything else may be the relay's fault,
    the sender's or the way's, and a bare 550 is as often a block list's.
    """
    found = _STATUS.match(status)
    return found is not None and found.group(1) in _NOBODY_THERE


def _failures(part: Message) -> Iterator[tuple[set[str], str]]:
    """Each recipient that has failed for good, as we named it and as it was in the end, with the status."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return
    for block in part.get_payload():
        if not isinstance(block, Message):
            continue
        action, status = str(block.get("Action", "")).strip().lower(), str(block.get("Status", "")).strip()
        recipients = {_address(block, "Original-Recipient"), _address(block, "Final-Recipient")} - {""}
        if recipients and action == "failed" and status.startswith(_PERMANENT):
            yield recipients, status


def _address(block: Message, field: str) -> str:
    """`rfc822; <somebody@there>` without its type, in lower case; empty for another type."""
    kind, _, address = str(block.get(field, "")).partition(";")
    return address.strip(" \t\r\n<>").lower() if kind.strip().lower() == "rfc822" else ""


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
