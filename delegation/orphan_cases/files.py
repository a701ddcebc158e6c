"""The file of a proof is small, of a known type, without active content, and stored encrypted with its digest."""

import hashlib
import re
import uuid
from dataclasses import dataclass

from audit.foundation import encryption
from delegation.authorization.errors import InvalidInput
from delegation.orphan_cases.models import OrphanProof

MAX_BYTES = 2 * 1024 * 1024
_BEGINNINGS = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
}
_ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
# What a reader of PDF could run or open (ISO 32000-1 §12.6.4). A compressed object hides from this: files are only ever
# served as attachments, and never shown by the portal.
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
"""A character of a name as two hexadecimal digits (ISO 32000-1 §7.3.5)."""
_ACTIVE = re.compile(
    rb"/(?:JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA|OpenAction|AA|SubmitForm|ImportData)\b"
)


@dataclass(frozen=True, slots=True)
class ProofFile:
    """Describes a file that was checked: its bytes as stored, and what is said of it."""

    stored: bytes
    type: str
    size: int
    digest: str

    @property
    def stored_digest(self) -> str:
        """Return the digest of the bytes as stored."""
        return hashlib.sha256(self.stored).hexdigest()


def checked(data: bytes, *, proof: uuid.UUID) -> ProofFile:
    """Check type, size and content by the bytes alone, and encrypt. Raises InvalidInput."""
    if len(data) > MAX_BYTES:
        raise InvalidInput(field="file", problem="too_long", longest=MAX_BYTES)
    kind = next((name for name, start in _BEGINNINGS.items() if data.startswith(start)), "")
    if not kind:
        raise InvalidInput(field="file", problem="file_type")
    if kind == "application/pdf" and _is_active(data):
        raise InvalidInput(field="file", problem="active_content")
    stored = encryption.encrypt_secret(data=data, context=proof.bytes)
    return ProofFile(stored, kind, len(data), hashlib.sha256(data).hexdigest())


def _is_active(data: bytes) -> bool:
    """Return whether a name of active content is in the file, as it stands or with escaped characters."""
    names = _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), data)
    return bool(_ACTIVE.search(data) or _ACTIVE.search(names))


def opened(proof: OrphanProof) -> bytes | None:
    """Return the file as it was added; None where it is another one, or the key is missing."""
    if proof.file is None:
        return None
    try:
        data = encryption.decrypt_secret(data=proof.file, context=proof.id.bytes)
    except (encryption.DecryptionFailed, FileNotFoundError):
        return None
    return data if hashlib.sha256(data).hexdigest() == proof.file_digest else None


def file_name(proof: OrphanProof) -> str:
    """Return a name without a person's words."""
    return f"{proof.kind}-{str(proof.id)[-8:]}{_ENDINGS[proof.file_type]}"
