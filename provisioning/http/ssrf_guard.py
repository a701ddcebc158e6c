"""Outgoing requests never reach the machine's own networks unless the operator allowed that host and port."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings

from provisioning.delivery.errors import Code, DeliveryError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Ranges that translate to other addresses, beyond what the standard library calls not global.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in (
        "::ffff:0:0:0/96",
        "3fff::/20",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "192.88.99.0/24",
        "192.0.0.0/24",
        "5f00::/16",
        "fec0::/10",
        "::/96",
    )
)


class Address(NamedTuple):
    """Holds the arguments of `socket.socket` and `connect`."""

    family: socket.AddressFamily
    sockaddr: Any


def public_addresses(*, host: str, port: int) -> Iterator[Address]:
    """Yield the allowed addresses of the host, in the resolver's order. Callers connect to these only.

    Raises DeliveryError: unreachable for an unknown name, address_refused where no address is allowed.
    """
    try:
        resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError(Code.UNREACHABLE, detail="name not found") from error
    allowed = f"{host}:{port}" in settings.ALLOWED_INTERNAL_HOSTS
    permitted = [
        Address(socket.AddressFamily(family), address)
        for family, _, _, _, address in resolved
        if allowed or (is_public(str(address[0])) and not _is_own(str(address[0])))
    ]
    if not permitted:
        raise DeliveryError(Code.ADDRESS_REFUSED, detail="inside the machine's own networks")
    yield from permitted


def _is_own(text: str) -> bool:
    """Check whether an interface of this machine has the address: a socket can be bound to no other."""
    address = _parsed(text)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def _parsed(text: str) -> _Address:
    """The address without its zone; an IPv4 address mapped into IPv6 as what it is (RFC 4291 §2.5.5.2)."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_public(text: str) -> bool:
    """Check whether an address is reachable on the public internet."""
    address = _parsed(text)
    excluded = any(address.version == net.version and address in net for net in _NOT_PUBLIC)
    return address.is_global and not address.is_multicast and not excluded
