"""The facts of a stored mail are encrypted with it, so that SQL as the application's role redirects nothing.

The recipient stays after the mail is sent. Its ciphertext is bound to the columns that events name, and to the hash by
which bounces find the mail.
"""

import json

from audit.foundation import encryption
from audit.foundation.encryption import DecryptionFailed
from provisioning.mail.models import Mail

_BOUND = ("id", "purpose", "about", "organization", "message_id_hash")


def encrypt(*, row: Mail, recipient: str, message: bytes) -> None:
    """Store both in the row, whose other columns are set."""
    row.recipient = encryption.encrypt_secret(data=recipient.encode(), context=_context(row))
    row.body = encryption.encrypt_secret(data=message, context=row.id.bytes)


def recipient(*, row: Mail) -> str:
    """Return the address. Raises DecryptionFailed where the row is not as it was stored."""
    return encryption.decrypt_secret(data=row.recipient, context=_context(row)).decode()


def message(*, row: Mail) -> bytes:
    """Return the whole message in wire format. Raises DecryptionFailed."""
    return encryption.decrypt_secret(data=row.body, context=row.id.bytes)


def is_authentic(*, row: Mail) -> bool:
    """Check whether the bound columns are those with which the mail was stored."""
    try:
        recipient(row=row)
    except DecryptionFailed:
        return False
    return True


def _context(row: Mail) -> bytes:
    values = {name: None if (value := getattr(row, name)) is None else str(value) for name in _BOUND}
    return json.dumps(values, sort_keys=True).encode()
