"""Delivery status notifications (RFC 3464) report which of our mails failed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

MAX_BYTES = 2_000_000
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,196}>")
_UNKNOWN_RECIPIENT = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_PERMANENT = "5."


@dataclass(frozen=True, slots=True)
class DeliveryStatusReport:
    """Names a mail by its Message-ID, and the addresses (in lower case) at which it has failed for good.

    `dead`: the invalid ones among these addresses.
    """

    message_id: str
    failed: frozenset[str]
    dead: frozenset[str]


def parse(raw: bytes) -> DeliveryStatusReport | None:
    """Parse a mail that was returned to our sender's address; None where it reports no final failure.

    Only the report's own parts count: text by a person or an autoresponder proves nothing.
    """
    if len(raw) > MAX_BYTES:
        return None
    message = message_from_bytes(raw, policy=compat32)
    if message.get_content_type() != "multipart/report" or not message.is_multipart():
        return None
    parts = [part for part in message.get_payload() if isinstance(part, Message)]
    failures = [failure for part in parts for failure in _failures(part)]
    ids = [message_id for part in parts if (message_id := _returned_id(part))]
    if not failures or len(ids) != 1:
        return None
    failed, dead = set[str](), set[str]()
    for recipients, status in failures:
        failed |= recipients
        dead |= recipients if is_permanent(status=status) else set()
    return DeliveryStatusReport(ids[0], frozenset(failed), frozenset(dead))


def is_permanent(*, status: str) -> bool:
    """Check whether a reply means that the address reaches no mailbox, and not that this mail was rejected.

    Only the enhanced status (RFC 3463) at its beginning shows that: no such mailbox or domain, an invalid address, a
    moved or closed mailbox, a domain without mail. Any other status may be the fault of the relay, the sender or the
    route, and a bare 550 is as often a block list's.
    """
    match = _STATUS.match(status)
    return match is not None and match.group(1) in _UNKNOWN_RECIPIENT


def _failures(part: Message) -> Iterator[tuple[set[str], str]]:
    """Yield each recipient that has failed for good, by its original and its final address, with the status."""
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
    """Read the address of `rfc822; <user@host>` in lower case; empty for another type."""
    kind, _, address = str(block.get(field, "")).partition(";")
    return address.strip(" \t\r\n<>").lower() if kind.strip().lower() == "rfc822" else ""


def _returned_id(part: Message) -> str:
    """Read the Message-ID of the returned mail, which is attached as a whole or as headers."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        returned = part.get_payload(0)
    elif kind == "text/rfc822-headers":
        returned = message_from_bytes(_decoded_payload(part), policy=compat32)
    else:
        return ""
    match = _MESSAGE_ID.search(str(returned.get("Message-ID", ""))) if isinstance(returned, Message) else None
    return match.group() if match else ""


def _decoded_payload(part: Message) -> bytes:
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""
