"""The DNS record of a domain holds a token that only this organization is shown (draft-ietf-dnsop-domain-verification).

The token is a keyed hash, so no row holds it. A replaced key is accepted as long as it is in the key file.
"""

import base64
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from identity import machine_secrets

_LABEL = "_keyholder-challenge"
_PREFIX = "keyholder-domain-verification="


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """Describes the TXT record to publish."""

    name: str
    value: str


def record(*, organization: uuid.UUID, domain: str) -> DnsRecord:
    """Return the record by which the organization proves that the domain is its own."""
    return DnsRecord(name_of(domain), _values(organization, domain)[0])


def name_of(domain: str) -> str:
    """Return where the record of a domain is looked up."""
    return f"{_LABEL}.{domain}"


def is_met(*, organization: uuid.UUID, domain: str, texts: Iterable[str]) -> bool:
    """Return whether one of these TXT values is the organization's, for this domain."""
    return not set(_values(organization, domain)).isdisjoint(text.strip() for text in texts)


def _values(organization: uuid.UUID, domain: str) -> list[str]:
    hashes = machine_secrets.hash_candidates(f"mail-domain:{organization}:{domain}")
    return [f"{_PREFIX}{_token(one)}" for one in hashes]


def _token(keyed: str) -> str:
    """Return 160 bits in small letters and digits: DNS tools keep their case."""
    digest = hashlib.sha256(keyed.encode()).digest()[:20]
    return base64.b32encode(digest).decode().lower()
