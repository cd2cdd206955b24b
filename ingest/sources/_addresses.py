"""Addresses on the network that a URL may lead to: those that anyone can reach, not those inside a company."""

import ipaddress
import socket
from typing import Final

from ingest.sources._spool import FetchError

_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses that hold an IPv4 one in their last 32 bits (RFC 6052); Python counts them as public."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolved = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


def is_public(text: str) -> bool:
    """True for an address of the public internet: not private, loopback, link-local, shared, multicast or reserved."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in (address, *_within(address)))


def _within(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    teredo = address.teredo or ()
    held = [address.ipv4_mapped, address.sixtofour, *teredo]
    if address in _TRANSLATED:
        held.append(ipaddress.IPv4Address(address.packed[-4:]))
    return [one for one in held if one is not None]


def resolve(host: str, port: int, *, allow_private: bool) -> list[Resolved]:
    """The addresses of a host, all of them checked: a connection goes to one of these, not to the name once more.

    Raises:
        FetchError: it has none, or one that is not public.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{host} has no address") from error
    if not allow_private and not all(is_public(str(address[0])) for *_, address in found):
        raise FetchError(f"{host} is an address inside this network; fetch from there with --allow-private")
    return [(family, address) for family, _, _, _, address in found]
