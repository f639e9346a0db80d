"""Who may use the proxy, where it may go, and what is opened, sealed or refused. Pure.

A wrong decision here is the worst fault that Carrel can have: an opened connection that should have passed
sealed, or a way through the proxy into the library's own network. When in doubt the answer is sealed or refused.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from addons.decide.parties import normal_host
from addons.decide.sites import Catalogue
from addons.settings import DESK, Network, Proxy

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is assigned for global use (RFC 4291, IANA); Python counts some of the rest as global, too."""
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
"""Cloud metadata services on addresses that count as global; the others are link-local or private."""


class Route(Enum):
    OPEN = "open"
    """A site's: to the engine, which ends the TLS and reads it."""
    SEAL = "seal"
    """Everything else: relayed byte by byte, unread."""
    DESK = "desk"
    """The proxy's own host."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Decision:
    route: Route
    host: str = ""
    port: int = 0
    status: int = 0
    """HTTP status of a refusal."""
    reason: str = ""
    """Words for the person at the terminal; holds nothing of the request."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """The first line of an HTTP/1 request, as far as a proxy reads it (RFC 9112, section 3)."""

    method: str
    host: str
    port: int


def _refuse(status: int, reason: str) -> Decision:
    return Decision(Route.REFUSE, status=status, reason=reason)


class Gate:
    """The decisions for one configuration."""

    def __init__(self, proxy: Proxy, catalogue: Catalogue) -> None:
        self._clients = proxy.clients
        self._destinations = proxy.destinations
        self._connect_ports = frozenset(proxy.connect_ports)
        self.catalogue = catalogue

    def admits(self, client: str) -> bool:
        """Whether a client (textual IP address) may use the proxy at all."""
        address = _address(client)
        return address is not None and _within(address, self._clients)

    def connect(self, target: str) -> Decision:
        """What becomes of `CONNECT target`, where target is `host:port` (authority form)."""
        split = split_authority(target)
        if split is None:
            return _refuse(400, "The address could not be read.")
        host, port = split
        if port not in self._connect_ports:
            return _refuse(403, "Secure connections to this port are not allowed here.")
        if host == DESK:
            return Decision(Route.DESK, host, port)
        if not self.allows_name(host):
            return _refuse(403, "This address is inside the library's network and is not open to patrons.")
        route = Route.OPEN if self.catalogue.site_of(host) else Route.SEAL
        return Decision(route, host, port)

    def plain(self, host: str, port: int) -> Decision:
        """What becomes of a plain HTTP request to `host` and `port`. All are the engine's, which records sites only."""
        if not normal_host(host):
            return _refuse(400, "The address could not be read.")
        host = normal_host(host)
        if not (port == 80 or port >= 1024 or port in self._connect_ports):
            return _refuse(403, "Connections to this port are not allowed here.")
        if host == DESK:
            return Decision(Route.DESK, host, port)
        if not self.allows_name(host):
            return _refuse(403, "This address is inside the library's network and is not open to patrons.")
        return Decision(Route.OPEN, host, port)

    def allows_name(self, host: str) -> bool:
        """False for literals that are refused; a name is judged by `allows_address` once it is resolved."""
        address = _address(host)
        return address is None or self.allows_address(address)

    def allows_address(self, address: Address) -> bool:
        """Whether the proxy may connect to this address.

        Global unicast addresses (IANA special-purpose registries, RFC 6890), and what `proxy.destinations` names.
        Addresses that carry an IPv4 address (mapped, 6to4, Teredo, NAT64) are judged by both.
        """
        if _within(address, self._destinations):
            return True
        inner = _carried(address)
        if inner is not None and not self.allows_address(inner):
            return False
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped is not None:
                return True
            if address not in _UNICAST and address not in _NAT64:
                return False
        return address.is_global and not address.is_multicast and address not in _METADATA


def split_authority(target: str) -> tuple[str, int] | None:
    """`host:port` with the host in the form of `normal_host`; None if it is anything else.

    >>> split_authority("[2001:DB8::1]:443"), split_authority("Example.ORG.:443")
    (('2001:db8::1', 443), ('example.org', 443))
    >>> split_authority("example.org"), split_authority("user@example.org:443"), split_authority("a:b:443")
    (None, None, None)
    """
    name, colon, digits = target.rpartition(":")
    if not colon or not (digits.isascii() and digits.isdigit()) or len(digits) > 5:
        return None
    if (":" in name) != (name.startswith("[") and name.endswith("]")):
        return None
    host, port = normal_host(name) if name == name.strip() else "", int(digits)
    return (host, port) if host and 0 < port < 65536 else None


def agrees(opened: str, port: int, authority: str) -> bool:
    """Whether a Host header or :authority names the host that was opened. A missing port is the scheme's own.

    >>> agrees("a.example", 443, "A.example"), agrees("a.example", 443, "a.example:443")
    (True, True)
    >>> agrees("a.example", 443, "b.example"), agrees("a.example", 443, "a.example:8443")
    (False, False)
    """
    if authority.startswith("[") or authority.count(":") == 1:
        split = split_authority(authority) or split_authority(f"{authority}:{port}")
    else:
        split = split_authority(f"{authority}:{port}")
    return split == (opened, port)


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _within(address: Address, networks: Sequence[Network]) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address.version == network.version and address in network for network in networks)


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None
