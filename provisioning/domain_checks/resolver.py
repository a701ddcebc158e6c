"""TXT records are looked up through the machine's resolver, within a bounded time."""

import dns.exception
import dns.name
import dns.resolver

LIFETIME = 5.0
"""Seconds for one look-up, over all servers and repetitions."""
_MAX_TEXTS = 50
_IDNA = dns.name.IDNA2008Codec(uts_46=True, allow_pure_ascii=True)


class Unreachable(Exception):
    """No server has answered in time, or the answer was an error: whether the record exists is not known."""


def texts(name: str) -> list[str]:
    """Return the values of the TXT records of this name; none where it does not exist. Raises Unreachable."""
    try:
        absolute = dns.name.from_text(name, idna_codec=_IDNA)
    except dns.exception.DNSException:
        return []  # no such name can exist
    try:
        answer = _resolver().resolve(absolute, "TXT", lifetime=LIFETIME)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise Unreachable from error
    values = [b"".join(record.strings) for record in answer]
    return [value.decode("ascii", "replace") for value in values[:_MAX_TEXTS]]


def _resolver() -> dns.resolver.Resolver:
    return dns.resolver.Resolver()
