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
_DIAGNOSTIC = re.compile(r"\s*smtp\s*;\s*5\d\d[ -](.*)", re.IGNORECASE | re.DOTALL)
_ENVELOPE_ID = re.compile(r"[!-*,-<>-~]{1,100}")
_UNKNOWN_RECIPIENT = frozenset(
    {
        "5.1.1",
        "5.1.2",
        "5.1.3",
        "5.1.6",
        "5.1.10",
        "5.2.1",
        # A server that does not answer is a transient error: final, it is Exchange Online's for an unknown recipient.
        "5.4.1",
        # A domain that does not exist, in the DNS or to the relay.
        "5.4.4",
        "5.4.310",
        # Exchange Online's for a remote server that does not know the recipient.
        "5.1.350",
        "5.1.351",
    }
)
_PERMANENT = "5."
_UNSPECIFIC = "5.0.0"
NAME_FIELD = "Keyholder-Mail"
"""The header of a queued mail that repeats their Message-ID. Some relays replace the Message-ID and no other."""


@dataclass(frozen=True, slots=True)
class DeliveryStatusReport:
    """Names a mail, and the addresses (in lower case) at which it has failed for good.

    `message_ids`: one of them is that of our mail, as we wrote it. `dead`: the invalid ones among these addresses.
    """

    message_ids: frozenset[str]
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
    returned = [mail for part in parts if (mail := _returned_mail(part)) is not None]
    ids = _message_ids(parts, returned)
    if not failures or not ids or len(returned) > 1:
        return None
    failed, dead = set[str](), set[str]()
    for recipients, status in failures:
        failed |= recipients
        dead |= recipients if is_permanent(status=status) else set()
    return DeliveryStatusReport(ids, frozenset(failed), frozenset(dead))


def is_permanent(*, status: str) -> bool:
    """Check whether a reply means that the address reaches no mailbox, and not that this mail was rejected.

    Only the enhanced status (RFC 3463, RFC 5248) at its beginning shows that: no such mailbox or domain, an invalid
    address, a moved or closed mailbox, a domain without mail. Any other status may be the fault of the relay, the
    sender or the route, and a bare 550 is as often a block list's.
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
            yield recipients, _specific(status, str(block.get("Diagnostic-Code", "")))


def _specific(status: str, diagnostic: str) -> str:
    """Return the status, or the reply of the last server where the status says nothing (RFC 3464 §2.3.6)."""
    reply = _DIAGNOSTIC.match(diagnostic) if status.startswith(_UNSPECIFIC) else None
    return reply.group(1) if reply else status


def _address(block: Message, field: str) -> str:
    """Read the address of `rfc822; <user@host>` in lower case; empty for another type."""
    kind, _, address = str(block.get(field, "")).partition(";")
    return address.strip(" \t\r\n<>").lower() if kind.strip().lower() == "rfc822" else ""


def _message_ids(parts: list[Message], returned: list[Message]) -> frozenset[str]:
    """Collect what may name our mail: our header or the Message-ID of the returned mail, and the envelope's id.

    The envelope's id (RFC 3461 §4.4) is our Message-ID without its brackets. A relay may write an id of its own there,
    which names none of our mails.
    """
    named = [str(mail.get(field, "")) for mail in returned for field in (NAME_FIELD, "Message-ID")]
    found = {match.group() for text in named if (match := _MESSAGE_ID.search(text))}
    reports = [part for part in parts if part.get_content_type() == "message/delivery-status"]
    heads = [part.get_payload(0) for part in reports if part.is_multipart()]
    envelopes = [
        str(head.get("Original-Envelope-Id", "")).strip() for head in heads if isinstance(head, Message)
    ]
    return frozenset(found | {f"<{text}>" for text in envelopes if _ENVELOPE_ID.fullmatch(text)})


def _returned_mail(part: Message) -> Message | None:
    """Return the mail that is attached as a whole or as headers."""
    kind = part.get_content_type()
    if kind == "message/rfc822" and part.is_multipart():
        returned = part.get_payload(0)
        return returned if isinstance(returned, Message) else None
    if kind == "text/rfc822-headers":
        return message_from_bytes(_decoded_payload(part), policy=compat32)
    return None


def _decoded_payload(part: Message) -> bytes:
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""
