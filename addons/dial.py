"""How the proxy reaches the outside: one event loop whose names resolve only to addresses the gate allows.

Door and engine both connect through this loop. What `getaddrinfo` returns here is what gets connected, so no second
look-up can slip another address in between check and connection (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any

from addons.decide.gate import Gate
from addons.decide.parties import normal_host
from addons.settings import Proxy

Infos = list[tuple[Any, ...]]

CACHE_SECONDS = 30.0
_CACHE_SIZE = 4096
CONNECT_SECONDS = 20.0
"""For a name and all its addresses."""
ATTEMPT_SECONDS = 4.0
"""For one address, while there are others to try."""
_MAX_LOOKUPS = 256
"""At a time; each has a thread."""


class DestinationRefused(OSError):  # noqa: N818 -- what happened, not a fault
    """The name leads into a network that patrons may not reach. Carries no name and no address."""

    def __init__(self) -> None:
        super().__init__("destination refused")


class Loop(asyncio.SelectorEventLoop):
    """An event loop with a guarded resolver. Until `guard` is called it is an ordinary one."""

    _gate: Gate | None = None

    def guard(self, gate: Gate, proxy: Proxy, exempt: tuple[str, int] | None) -> None:
        """From now on resolve through `gate`.

        exempt: host and port of the upstream proxy, which may stand in the library's own network.
        """
        self._gate = gate
        self._hosts = proxy.hosts
        self._exempt = exempt
        self._own_ports: set[int] = set()
        self._cache: OrderedDict[tuple[str, int], tuple[float, Infos]] = OrderedDict()
        self._lookups: dict[tuple[str, int], asyncio.Future[Infos]] = {}

    def never_to(self, ports: Collection[int]) -> None:
        """Refuse connections to these ports on any address of this machine: the proxy's and the dashboard's own."""
        self._own_ports.update(ports)

    async def getaddrinfo(self, host: Any, port: Any, **kwargs: Any) -> Infos:
        if self._gate is None or host is None:
            return await super().getaddrinfo(host, port, **kwargs)
        if (host, port) == self._exempt:
            infos: Infos = await super().getaddrinfo(host, port, type=socket.SOCK_STREAM)
            return [info for info in infos if not self._is_own(info[4][0], info[4][1])]
        key = (normal_host(str(host)) or str(host), int(port))
        kept = self._cache.get(key)
        if kept and kept[0] > self.time():
            return kept[1]
        infos = self._allowed(self._pinned(*key) or await self._looked_up(key))
        self._keep(key, infos)
        return infos

    def _keep(self, key: tuple[str, int], infos: Infos) -> None:
        """For CACHE_SECONDS; what is older goes, for nobody needs to find it in our memory."""
        self._cache.pop(key, None)
        now = self.time()
        self._cache[key] = (now + CACHE_SECONDS, infos)
        while self._cache and (len(self._cache) > _CACHE_SIZE or next(iter(self._cache.values()))[0] <= now):
            self._cache.popitem(last=False)

    async def _looked_up(self, key: tuple[str, int]) -> Infos:
        """Ask the system's resolver, once for all who wait for the same name.

        In a thread of its own that no stop waits for: dead name servers must not fill the pool in which the ledger
        writes, make other patrons' names wait, or hold up the end of the program.
        """
        waiting = self._lookups.get(key)
        if waiting is None:
            if len(self._lookups) >= _MAX_LOOKUPS:
                raise OSError("too many names are being looked up")
            waiting = self._lookups[key] = self.create_future()
            waiting.add_done_callback(lambda _: self._lookups.pop(key, None))
            threading.Thread(target=self._look_up, args=(key, waiting), name="resolver", daemon=True).start()
        return await asyncio.shield(waiting)

    def _look_up(self, key: tuple[str, int], waiting: asyncio.Future[Infos]) -> None:
        found: Infos | OSError
        try:
            found = list(socket.getaddrinfo(*key, type=socket.SOCK_STREAM))
        except OSError as error:
            found = error
        except UnicodeError:
            found = OSError("not a name")
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.call_soon_threadsafe(_settle, waiting, found)

    def _pinned(self, host: str, port: int) -> Infos:
        if host not in self._hosts:
            return []
        address, own_port = self._hosts[host]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, own_port or port))]

    def _allowed(self, infos: Infos) -> Infos:
        allowed = [info for info in infos if self.may_connect(info[4][0], info[4][1])]
        if infos and not allowed:
            raise DestinationRefused
        return allowed

    def may_connect(self, address: str, port: int) -> bool:
        """Whether this literal address and port may be connected to."""
        if (address, port) == self._exempt:
            return not self._is_own(address, port)
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return self._gate is not None and self._gate.allows_address(parsed) and not self._is_own(str(parsed), port)

    def _is_own(self, address: str, port: int) -> bool:
        return port in self._own_ports and _is_local(address)

    def allows_literal(self, host: str, port: int) -> bool:
        """`may_connect` for literals; a name is True here and judged when it is resolved."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return True
        return self.may_connect(host, port)


def _settle(waiting: asyncio.Future[Infos], found: Infos | OSError) -> None:
    if waiting.done():
        return
    if isinstance(found, OSError):
        waiting.set_exception(found)
    else:
        waiting.set_result(found)


def _is_local(address: str) -> bool:
    """Whether an address is one of this machine's: only those can be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


async def connect(loop: Loop, factory: Callable[[], Any], host: str, port: int, **kwargs: Any) -> asyncio.Transport:
    """Connect to a name or literal that the gate allows, each of its addresses in turn.

    Raises DestinationRefused, another OSError, or TimeoutError.
    """
    if not loop.allows_literal(host, port):  # a literal never reaches getaddrinfo
        raise DestinationRefused
    if kwargs.get("ssl"):
        kwargs.setdefault("server_hostname", host)
    async with asyncio.timeout(CONNECT_SECONDS):
        addresses = [info[4][:2] for info in await loop.getaddrinfo(host, port)]
        for number, (address, real_port) in enumerate(addresses, 1):
            last = number == len(addresses)
            try:
                # asyncio's own race of addresses (RFC 8305) breaks under mitmproxy's eager tasks, so a network
                # without working IPv6 is met by moving on soon.
                async with asyncio.timeout(None if last else ATTEMPT_SECONDS):
                    transport, _ = await loop.create_connection(factory, address, real_port, **kwargs)
                    return transport
            except (OSError, TimeoutError):
                if last:
                    raise
    raise OSError("no address")
