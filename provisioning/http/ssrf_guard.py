"""Outgoing requests never reach the machine's own networks unless the operator allowed that host and port."""

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings

from provisioning.delivery.errors import Code, DeliveryError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Ranges that lead elsewhere than they seem to, beyond what the standard library calls not global.
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
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
    """Where to connect: what `socket.socket` and `connect` take."""

    family: socket.AddressFamily
    address: Any


def public_addresses(*, host: str, port: int) -> Iterator[Address]:
    """Every address of the host that may be connected to, in the resolver's order; connect to these and no others.

    Raises Problem: unreachable where the name leads nowhere, address_refused where no address is allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise DeliveryError(Code.UNREACHABLE, detail="name not found") from error
    allowed = f"{host}:{port}" in settings.ALLOWED_INTERNAL_HOSTS
    open_ones = [
        Address(socket.AddressFamily(family), address)
        for family, _, _, _, address in found
        if allowed or is_public(str(address[0]))
    ]
    if not open_ones:
        raise DeliveryError(Code.ADDRESS_REFUSED, detail="inside the machine's own networks")
    yield from open_ones


def is_public(text: str) -> bool:
    """Whether an address belongs to the internet at large."""
    address: _Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    closed = any(address.version == net.version and address in net for net in _CLOSED)
    return address.is_global and not address.is_multicast and not closed
